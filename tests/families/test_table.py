"""docs/models.md has a passed row for every model, operation and target, under the heading that is written today."""

from calibration.families import FAMILIES
from runtime_py import operations
from tests.families.models import MODELS
from tests.families.table import FOOT, HEAD, LEGS, TABLE


def test_every_family_operation_and_target_was_run_and_passed() -> None:
    text = TABLE.read_text("utf-8")
    assert text.startswith(HEAD)
    assert text.endswith(FOOT)
    rows = [line.strip("| ").split(" | ") for line in text[len(HEAD) : -len(FOOT)].splitlines()]
    wanted = {(model, operation, leg) for model in MODELS for operation in operations.names() for leg in LEGS.values()}
    assert {(row[0], row[1], row[2]) for row in rows} == wanted, "run python -m tests.families.table and commit"
    assert len(rows) == len(wanted)
    assert all(row[3] == "yes" for row in rows)


def test_every_family_is_described() -> None:
    assert all(f"| `{family}` |" in HEAD for family in FAMILIES)
