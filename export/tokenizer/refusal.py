"""What the compiler does not take."""

from runtime_py.errors import ExportError


class UnknownTokenizer(ExportError):
    """A tokenizer of a kind that tables have no words for; its bundle has no table, and phones refuse it."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(
            f"no table of the tokenizer: expected {expected}, got {got}; take a base with a tokenizer of a known kind "
            "to run it on a phone"
        )
