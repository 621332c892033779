"""The conformance tables of grammars are what this reader says."""

import pytest

from tests.runtime_py.decoding.conformance import FOLDER, tables


@pytest.mark.parametrize(("name", "text"), tables().items(), ids=list(tables()))
def test_the_table_is_written_anew_alike(name: str, text: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == text, "run python -m tests.runtime_py.decoding.conformance"
