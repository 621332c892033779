"""The conformance table of the operations is what they say."""

from tests.runtime_py.operations.conformance import FILE, table


def test_the_table_is_written_anew_alike() -> None:
    assert FILE.read_text("utf-8") == table(), "run python -m tests.runtime_py.operations.conformance"
