"""What is taken for a sentence embedder: all that its own library would compute, or a refusal."""

import json
from pathlib import Path
from typing import Any

import pytest

from export.embedder import read_source
from runtime_py.errors import ExportError

MEAN = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
CONFIG = {"hidden_size": 8, "max_position_embeddings": 64}
KINDS = ("Transformer", "Pooling", "Normalize")


def folder_of(folder: Path, pooling: Any = MEAN, config: Any = CONFIG, kinds: tuple[str, ...] = KINDS) -> Path:
    modules = [{"idx": n, "type": f"sentence_transformers.models.{kind}"} for n, kind in enumerate(kinds)]
    written = {"1_Pooling/config.json": pooling, "config.json": config, "modules.json": modules, "tokenizer.json": {}}
    for name, value in written.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(value if isinstance(value, str) else json.dumps(value))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_a_plain_one_is_taken(tmp_path: Path) -> None:
    assert read_source(folder_of(tmp_path)).max_tokens == 64


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kinds": ("Transformer", "Pooling", "Dense")}, "expected the modules .*, got Dense, which would be left out"),
        (
            {"pooling": MEAN | {"pooling_mode_cls_token": True}},
            r"expected mean pooling alone, got \['cls_token', 'mean",
        ),
        ({"pooling": {"pooling_mode_cls_token": True}}, "expected mean pooling alone"),
        ({"pooling": []}, "expected a dict, got list"),
        ({"config": "{"}, "config.json: expected JSON, got damaged text"),
        ({"config": {"hidden_size": 8}}, "expected max_position_embeddings in config.json, got None"),
    ],
)
def test_what_would_give_other_vectors_is_refused(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ExportError, match=message):
        read_source(folder_of(tmp_path, **given))
