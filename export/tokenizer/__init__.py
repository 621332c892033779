"""Tables of tokenizers, which phones read (docs/tokenizer-format.md)."""

from collections.abc import Callable
from pathlib import Path

from export.tokenizer.compile import compile_table
from export.tokenizer.refusal import UnknownTokenizer
from runtime_py.files import write_file_atomic

__all__ = ["UnknownTokenizer", "compile_table", "written_table"]


def written_table(document: Path, tell: Callable[[str], None]) -> dict[str, str]:
    """The manifest's entry of the table that is written beside `document`, which has its name but `.bin`.

    A tokenizer of an unknown kind has none: `tell` is called, and phones refuse the bundle.
    """
    table = document.with_suffix(".bin")
    try:
        write_file_atomic(table, compile_table(document.read_bytes()))
    except UnknownTokenizer as refusal:
        tell(str(refusal))
        return {}
    return {"table": table.name}
