"""A base's chat, and whether an adapter was taught to end its answers as the base's bundle will end them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from export.sources.model import read_config
from runtime_py.errors import ExportError
from runtime_py.files import MANIFEST, read_manifest
from runtime_py.operations.chat import Chat


def open_chat(base: Path) -> Chat:
    """Tokenizer, template, stop tokens and context of a base folder; raises `ConfigError` as `Chat.open` does."""

    def load(hf: Path) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(hf)

    return Chat.open(base / "hf", load, read_config(base))


def check_stop_tokens(adapter: Path, stop_tokens: Sequence[int]) -> None:
    """Raises `ExportError` for an adapter that was trained with others.

    An adapter without a manifest, or with one that names no stop tokens, is taken to have the base's own.
    """
    if not (adapter / MANIFEST).is_file():
        return
    taught = read_manifest(adapter).get("facts", {}).get("stop_tokens")
    if taught is not None and list(taught) != list(stop_tokens):
        raise ExportError(
            f"{adapter}: expected an adapter that was trained with the stop tokens {list(stop_tokens)}, got {taught}; "
            "train it again on this base"
        )
