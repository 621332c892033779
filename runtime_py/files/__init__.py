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
from runtime_py.files.records import parse_json, read_record

__all__ = [
    "MANIFEST",
    "is_current",
    "parse_json",
    "read_manifest",
    "read_record",
    "sha256_file",
    "write_file_atomic",
    "write_folder",
    "write_json",
    "write_manifest",
]
