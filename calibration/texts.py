"""Texts in chunks of tokens: some calibrate, the others measure."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runtime_py.errors import ConfigError

CHUNK_TOKENS = 384
MEASURED_EVERY = 8
"""Of so many chunks of a text one calibrates nothing and measures."""

Chunk = list[int]


def read_texts(paths: Sequence[Path]) -> list[str]:
    """The text files given, and those in the folders given, sorted; raises `ConfigError` where there is none."""
    files = [file for path in paths for file in (sorted(path.rglob("*.txt")) if path.is_dir() else [path])]
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        told = missing[0] if missing else ", ".join(map(str, paths))
        raise ConfigError(f"{told}: expected text files, or folders with .txt files, found none; correct --data")
    try:
        return [file.read_text(encoding="utf-8") for file in files]
    except UnicodeDecodeError as e:
        raise ConfigError(f"expected text in UTF-8, got other bytes ({e})") from e


def cut(checkpoint: Path, texts: Sequence[str]) -> list[Chunk]:
    """All whole chunks of `texts` by the checkpoint's tokenizer; raises `ConfigError` where there is none.

    Each begins with the token that the tokenizer begins a text with, where it does: Gemma makes no sense without it.
    """
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(checkpoint)
    start = tokenizer("")["input_ids"]
    told = [tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"] for text in texts]
    found = [start + chunk for tokens in told for chunk in _whole(tokens, CHUNK_TOKENS - len(start))]
    if not found:
        raise ConfigError(f"texts: expected at least {CHUNK_TOKENS} tokens in one of them, got fewer")
    return found


def evenly(chunks: Sequence[Chunk], max_tokens: int) -> list[Chunk]:
    """At most `max_tokens` of `chunks`, one at the least, taken evenly from all of them."""
    count = min(len(chunks), max(1, max_tokens // CHUNK_TOKENS))
    return [chunks[place * len(chunks) // count] for place in range(count)]


def apart(chunks: Sequence[Chunk]) -> tuple[list[Chunk], list[Chunk]]:
    """Chunks that calibrate, and those that only measure; raises `ConfigError` for fewer than two."""
    if len(chunks) < 2:
        raise ConfigError(f"texts: expected at least {2 * CHUNK_TOKENS} tokens to calibrate on, got fewer; add texts")
    calibrating = [chunk for place, chunk in enumerate(chunks) if place % MEASURED_EVERY]
    return calibrating, list(chunks[::MEASURED_EVERY])


def digest(chunks: Sequence[Chunk]) -> str:
    """sha256 of the tokens."""
    return hashlib.sha256("\n".join(" ".join(map(str, chunk)) for chunk in chunks).encode()).hexdigest()


def _whole(tokens: Chunk, size: int) -> Iterator[Chunk]:
    for start in range(0, len(tokens) - size + 1, size):
        yield tokens[start : start + size]
