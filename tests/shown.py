"""What tests showed of targets: a test claims it, and fails where `docs/targets.json` says another thing.

`MEMLORA_RECORD_TARGETS=1` writes the claims of the tests that run, in one process; then `python docs/draw_targets.py`.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from runtime_py.parity import LEGS

RECORD = Path(__file__).parents[1] / "docs" / "targets.json"
VARIABLE = "MEMLORA_RECORD_TARGETS"


def show(target: str, form: str, operation: str, stage: str, on: str, parity: str = "", record: Path = RECORD) -> None:
    """Claims that `operation` in `form` (weights, adapters) was "lowered" to files, "compiled" for a chip or "run" on.

    Raises `AssertionError` for a claim that is not recorded so.
    """
    by = os.environ["PYTEST_CURRENT_TEST"].partition(" ")[0].partition("[")[0]
    claim = {
        "target": target, "form": form, "operation": operation, "stage": stage, "on": on, "parity": parity, "by": by
    }  # fmt: skip
    recorded = json.loads(record.read_text("utf-8"))
    if os.environ.get(VARIABLE):
        others = [other for other in recorded if _key(other) != _key(claim)]
        lines = sorted(json.dumps(each) for each in [*others, claim])
        record.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")
        return
    assert claim in recorded, f"{record.name}: expected {claim}; record what was shown ({VARIABLE}=1)"


def within(leg: str) -> str:
    """What a runtime's leg asks for: the claim of a test whose goldens passed it."""
    bounds = LEGS[leg]
    return f"logits {bounds.max_relative_error:g}, steps {bounds.min_step_agreement:.1%}"


def _key(claim: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(claim[name] for name in ("target", "form", "operation", "stage", "on"))
