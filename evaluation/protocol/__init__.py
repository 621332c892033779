"""The paper's protocol on LoCoMo: split, two views, rows of the table, metrics, judge; models come from outside."""

from evaluation.protocol.protocol import Protocol, read_protocol
from evaluation.protocol.split import Split, is_published, read_split

__all__ = ["Protocol", "Split", "is_published", "read_protocol", "read_split"]
