"""Folders, files and strict records: what is written beside its place and renamed, and JSON that is read strictly."""

from runtime_py.files.artifact import (
    MANIFEST,
    is_current,
    read_manifest,
    sha256_file,
    write_file_atomic,
    write_folder,
    write_json,
    write_manifest,
)
from runtime_py.files.examples import Example, read_examples, write_example
from runtime_py.files.lines import read_lines
from runtime_py.files.records import parse_json, read_record
from runtime_py.files.strict import StrictObject
from runtime_py.files.training_log import TRAINING_LOG, LogEntry, read_training_log, write_training_log

__all__ = [
    "MANIFEST",
    "TRAINING_LOG",
    "Example",
    "LogEntry",
    "StrictObject",
    "is_current",
    "parse_json",
    "read_examples",
    "read_lines",
    "read_manifest",
    "read_record",
    "read_training_log",
    "sha256_file",
    "write_example",
    "write_file_atomic",
    "write_folder",
    "write_json",
    "write_manifest",
    "write_training_log",
]
