"""The vision suite: questions about pictures, the expert and the base beside what is guessed without a look."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from evaluation.figures.tables import as_json
from evaluation.synthetic.operations import MODELS, evaluate_operations
from evaluation.synthetic.runner import BundleRunner
from evaluation.vision.baselines import judge_baselines
from runtime_py.bundle import Bundle
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError, ImageError
from runtime_py.files import read_examples
from runtime_py.images import decode
from runtime_py.operations.vqa import OPERATION
from runtime_py.parts import Embeddings
from runtime_py.progress import Progress, Steps, silent

_KEPT = 8  # pictures: the questions about one stand together


def evaluate_vision(
    bundle_path: Path,
    data: Path,
    out: Path,
    splits: tuple[str, ...] = ("test",),
    kind: str = DEFAULT,
    limit: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Scores `vqa` on `data/datasets/vqa/<split>.jsonl`, whose pictures lie beside it; baselines learn on `train`.

    Results are kept in the folder `out` as they come: a killed run goes on there. The result is `{"suite", "bundle",
    "engine", "splits": {split: {"operations": {"vqa": {model or baseline: figures}}}}}`.

    Raises:
        BundleError: the bundle is refused.
        ConfigError: a bundle without an eye, or data, pictures or journal that cannot be used.
    """
    bundle = Bundle.open(bundle_path)
    encoder = bundle.image_encoder()
    if encoder is None:
        raise ConfigError(f"{bundle_path}: expected a bundle that reads pictures, got one of text; export it with vqa")
    folder = data / "datasets" / OPERATION.name

    @lru_cache(maxsize=_KEPT)
    def rows_of(name: str) -> Embeddings:
        try:
            return Embeddings(encoder.encode(decode((folder / name).read_bytes(), name)))
        except (OSError, ImageError) as e:
            raise ConfigError(f"{folder / name}: expected a picture, got none that can be read: {e}") from e

    runner = BundleRunner(bundle, kind, rows_of)
    asked = {split: read_examples(folder / f"{split}.jsonl", limit) for split in splits}
    advance = Steps(progress, "evaluating", len(MODELS) * sum(map(len, asked.values()))).advance
    figures: dict[str, Any] = {}
    for split, rows in asked.items():
        made = evaluate_operations(
            runner, data / "datasets", split, out, [OPERATION.name], list(MODELS), limit, advance
        )
        guessed = judge_baselines(read_examples(folder / "train.jsonl"), rows)
        figures[split] = {"operations": {OPERATION.name: {**made[OPERATION.name], **guessed}}}
    return {"suite": "vision", "bundle": bundle.sha256, "engine": kind, "splits": as_json(figures)}
