"""The embedder's files in a bundle: a program for each target, its tokenizer, and facts for people."""

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from export.embedder.source import read_source
from export.targets import target
from export.tokenizer import written_table
from runtime_py.engines import DEFAULT
from runtime_py.files import sha256_file, write_file_atomic, write_json

TOKENIZER, FACTS = "embed_tokenizer.json", "embed.json"


def write_embedder(
    out: Path,
    source: Path | None = None,
    targets: Collection[str] = (),
    tell: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """Writes the embedder's files into `out` and returns its manifest entry.

    Every program: int64 `input_ids` and `attention_mask` `[1, T]` -> float32 `[1, d]` of length 1. `source` is a local
    sentence-transformers folder, None the all-MiniLM-L6-v2 of its package. The default engine's program is what every
    reader of a bundle opens unless told otherwise and is always written, others where they are in `targets`;
    `tell(text)` is called when its tokenizer gets no table. Raises `ExportError`.
    """
    found = read_source(source)
    programs = {name: target.get(name).write_embedder(found, out) for name in dict.fromkeys((DEFAULT, *targets))}
    _write_tokenizer(found.folder / "tokenizer.json", out / TOKENIZER)
    dimension = json.loads((found.folder / "config.json").read_text("utf-8"))["hidden_size"]
    facts = {"id": found.id, "dimension": dimension, "max_tokens": found.max_tokens}
    write_json(out / FACTS, facts | {"sha256": sha256_file(programs[DEFAULT])})
    by_kind = {name: path.name for name, path in programs.items()}
    return {"programs": by_kind, "tokenizer": TOKENIZER, **written_table(out / TOKENIZER, tell), **facts}


def _write_tokenizer(source: Path, target: Path) -> None:
    """The tokenizer without its stored padding and truncation: the runtime cuts to `max_tokens` itself."""
    tokenizer = json.loads(source.read_text("utf-8")) | {"truncation": None, "padding": None}
    write_file_atomic(target, json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")).encode())
