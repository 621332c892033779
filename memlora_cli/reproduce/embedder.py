"""The sentence embedder of a run, before there is a bundle: the very files that a bundle holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from export.embedder.files import write_embedder
from export.embedder.source import read_source
from memlora_cli.reproduce.run_folder import RunFolder, read_rows, write_rows
from runtime_py.bundle.embedder import Embedder
from runtime_py.engines import DEFAULT


def open_embedder(run: RunFolder) -> Embedder:
    """The embedder that every bundle of the run has too."""

    def make(_work: Path, out: Path) -> Mapping[str, Any]:
        write_rows(out, "entry", write_embedder(out, None, (DEFAULT,)))
        return {}

    folder = run.stage("embedder", {"source": read_source(None).id, "engine": DEFAULT}, make)
    entry = read_rows(folder, "entry")
    program, tokenizer = folder / entry["programs"][DEFAULT], folder / entry["tokenizer"]
    return Embedder(program, tokenizer, entry["id"], entry["dimension"], entry["max_tokens"], DEFAULT)
