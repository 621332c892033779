"""The committed golden inputs are what their script makes."""

import pytest

from tests.export.golden_inputs import COUNTS, FOLDER, golden_inputs


@pytest.mark.parametrize("operation", sorted(COUNTS))
def test_committed_inputs_are_the_generated_ones(operation: str) -> None:
    assert (FOLDER / f"{operation}.jsonl").read_text("utf-8") == golden_inputs(operation)
    assert len(golden_inputs(operation).splitlines()) == COUNTS[operation]
