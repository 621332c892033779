"""Text as the memory sees it: tokens, and the days that words name."""

from runtime_py.text.dates import format_date, parse_session_date
from runtime_py.text.days import annotate, parse_day, parse_moment
from runtime_py.text.tokenizer import Tokenizer
from runtime_py.text.tokenizer_table import check_table

__all__ = [
    "Tokenizer",
    "annotate",
    "check_table",
    "format_date",
    "parse_day",
    "parse_moment",
    "parse_session_date",
]
