"""The sentence embedder: a sentence-transformers folder -> `embed.onnx` and `embed.pte`, both 8-bit, pooling inside."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from export.embedder.source import EmbedderSource, read_source
from export.machine.cache import cached, sources_sha256
from export.machine.process import apart
from runtime_py.files import sha256_file, write_file_atomic, write_json

GRAPH, PROGRAM, TOKENIZER, FACTS = "embed.onnx", "embed.pte", "embed_tokenizer.json", "embed.json"


def write_embedder(out: Path, source: Path | None = None, targets: tuple[str, ...] = ("onnx",)) -> dict[str, Any]:
    """Writes the embedder's files into `out` and returns its manifest entry.

    Graph and program: int64 `input_ids` and `attention_mask` `[1, T]` -> float32 `[1, d]` of length 1.
    `source` is a local sentence-transformers folder, None the all-MiniLM-L6-v2 of its package. The ONNX graph is what
    every reader of a bundle opens by default and is always written, `embed.pte` when `executorch` is in `targets`.
    Raises `ExportError`.
    """
    found = read_source(source)
    write_file_atomic(out / GRAPH, _graph(found))
    program = None
    if "executorch" in targets:
        from export.embedder import executorch

        program = PROGRAM
        write_file_atomic(out / PROGRAM, executorch.make_program(found))
    _write_tokenizer(found.folder / "tokenizer.json", out / TOKENIZER)
    dimension = json.loads((found.folder / "config.json").read_text("utf-8"))["hidden_size"]
    facts = {"id": found.id, "dimension": dimension, "max_tokens": found.max_tokens}
    write_json(out / FACTS, facts | {"sha256": sha256_file(out / GRAPH)})
    return {"graph": GRAPH, "program": program, "tokenizer": TOKENIZER, **facts}


def _graph(found: EmbedderSource) -> bytes:
    depends_on = {
        "id": found.id,  # with the digest of the weights
        "config": (found.folder / "config.json").read_text("utf-8"),
        "tools": {name: version(name) for name in ("torch", "transformers", "onnx", "onnxscript")},
        "sources": sources_sha256("export.embedder.onnx", "export.embedder.encoder"),
    }
    return cached("embed", depends_on, lambda: apart(_make_graph, found))


def _make_graph(found: EmbedderSource) -> bytes:
    from export.embedder.onnx import make_graph

    return make_graph(found)


def _write_tokenizer(source: Path, target: Path) -> None:
    """The tokenizer without its stored padding and truncation: the runtime cuts to `max_tokens` itself."""
    tokenizer = json.loads(source.read_text("utf-8")) | {"truncation": None, "padding": None}
    write_file_atomic(target, json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")).encode())
