"""The vision suite: questions about pictures, the expert and the base beside what is guessed without a look."""

from pathlib import Path
from typing import Any

from evaluation.figures.journal import fingerprint
from evaluation.figures.tables import as_json
from evaluation.synthetic.operations import MODELS, evaluate_operations
from evaluation.synthetic.runner import BundleRunner
from evaluation.vision.baselines import judge_baselines
from evaluation.vision.captions import CAPTIONS, judge_captions
from evaluation.vision.pictures import picture_rows, pictures_sha256
from runtime_py.bundle import Bundle
from runtime_py.engines import DEFAULT
from runtime_py.files import read_examples
from runtime_py.operations.vqa import OPERATION
from runtime_py.progress import Progress, Steps, silent


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

    Where the bundle answers from texts, captions are scored too (`vision.captions`). Results are kept in the folder
    `out` as they come: a killed run goes on there. The result is `{"suite", "bundle", "engine", "splits": {split:
    {"operations": {"vqa": {model or baseline: figures}}}}}`.

    Raises:
        BundleError: the bundle is refused.
        ConfigError: a bundle without an eye, or data, pictures or journal that cannot be used.
    """
    bundle = Bundle.open(bundle_path)
    folder = data / "datasets" / OPERATION.name
    pictures = picture_rows(bundle, folder)
    asked = {split: read_examples(folder / f"{split}.jsonl", limit) for split in splits}
    has_captions = "generate" in bundle.operations
    passes = len(MODELS) + (len(CAPTIONS) if has_captions else 0)
    advance = Steps(progress, "evaluating", passes * sum(map(len, asked.values()))).advance
    figures: dict[str, Any] = {}
    for split, rows in asked.items():
        file = folder / f"{split}.jsonl"
        shown = pictures_sha256(folder, [str(row.input["image"]) for row in read_examples(file)])
        runner = BundleRunner(bundle, kind, pictures, shown)
        scored: dict[str, Any] = evaluate_operations(
            runner, data / "datasets", split, out, [OPERATION.name], list(MODELS), limit, advance
        )[OPERATION.name]
        if has_captions:
            made_from = fingerprint(runner.config, file, CAPTIONS)
            scored |= judge_captions(runner, rows, out / f"captions-{split}.jsonl", made_from, advance)
        scored |= judge_baselines(read_examples(folder / "train.jsonl"), rows)
        figures[split] = {"operations": {OPERATION.name: scored}}
    return {"suite": "vision", "bundle": bundle.sha256, "engine": kind, "splits": as_json(figures)}
