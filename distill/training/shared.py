"""One adapter for several operations, taught the rows of all of them: what an expert each is compared with."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from distill.training.config import TrainingConfig
from distill.training.start import SPLITS
from runtime_py import operations
from runtime_py.errors import MissingExtraError
from runtime_py.files import is_current, read_examples, sha256_file
from runtime_py.progress import Progress, silent
from runtime_py.weights import QuantizedBase

SHARED = "shared"


def train_shared(
    names: Sequence[str],
    base: Path,
    datasets: Path,
    out: Path,
    config: TrainingConfig,
    progress: Progress = silent,
) -> Path:
    """Train one adapter on every linear layer with the rows of the operations `names`; its folder is `out/shared`.

    Every operation's rows are all taken, so that one with more rows is seen more often. A finished adapter of the same
    base, data and config is left as it is; a run that was killed goes on.
    Raises `ConfigError` for bad data or config, `MissingExtraError` without the packages that train.
    """
    folder = out / SHARED
    files = {name: {split: datasets / name / f"{split}.jsonl" for split in SPLITS} for name in names}
    identity: dict[str, Any] = {
        "operation": SHARED,
        "operations": list(names),
        "base_sha256": QuantizedBase.open(base).sha256,
        "base_precision": "int4",
        "data_sha256": {name: {s: sha256_file(path) for s, path in splits.items()} for name, splits in files.items()},
        "training": asdict(config),
    }
    if is_current(folder, identity):
        return folder
    try:
        from distill.training.expert import encode, teach
        from distill.training.model import open_chat
        from distill.training.tokens import TokenRows
    except ModuleNotFoundError as e:
        raise MissingExtraError(
            f"training needs the package {e.name}: expected the extra 'export', found none; "
            "pip install 'memlora[export]'"
        ) from e
    chat = open_chat(base / "hf")
    parts = [
        encode(operations.get(name), {split: read_examples(path) for split, path in files[name].items()}, config, chat)
        for name in names
    ]
    encoded = {
        split: TokenRows(
            tuple(row for part in parts for row in part[split].rows),
            tuple(row for part in parts for row in part[split].too_long),
        )
        for split in SPLITS
    }
    teach(folder, base, encoded, "all_linear", config, identity, chat, None, None, progress)
    return folder
