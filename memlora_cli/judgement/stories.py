"""What a demo is made from: the real base with the experts of this repository, for texts or for pictures too, or the
small one, taught on the spot."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memlora_cli.judgement.album import Shown, has_pictograms, paint_album
from memlora_cli.terminal import drawn_progress, say
from runtime_py.dialogues import Dialogue
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError

ROOT = Path(__file__).parents[2]
TINY = ROOT / "models" / "memlora-tiny"
REAL = ROOT / "models" / "smollm2-135m"
VISION = ROOT / "models" / "memlora-vision"
REAL_NAME = "memlora-smollm2"
CONVERSATION = ROOT / "examples" / "conversation.txt"
TINY_RETRIEVE_K = 3  # more bring more of the other person's facts: docs/decisions.md
TINY_ROWS, TINY_HELD_OUT_ROWS, TINY_DIALOGUES = 4_000, 50, 2
REAL_RETRIEVE_K = 10
REAL_TARGETS = (DEFAULT,)  # on ExecuTorch a few greedy steps differ, more than its leg allows: docs/decisions.md
REAL_DIALOGUES = 2
SCENES = {"train": 240, "test": 24}
"""Pictures that are painted to score on: the first of each split's own."""


@dataclass(frozen=True)
class Ingredients:
    """Folders of the base, of adapters (one an operation in each), and of the data to judge them on; pictures."""

    base: Path
    adapters: tuple[Path, ...]
    data: Path
    album: tuple[Shown, ...] = ()


@dataclass(frozen=True)
class Story:
    """A demo's ingredients, made in a folder; the dialogue it remembers; how its answers are judged."""

    name: str
    targets: tuple[str, ...]
    retrieve_k: int
    make: Callable[[Path], Ingredients]
    dialogue: Callable[[Path], Dialogue]
    judge: Callable[[Path, Path, Path], dict[str, Any]]
    """Bundle, data and a folder for results -> the suite's figures, none where it cannot be run."""


def step(text: str) -> None:
    """Tells what comes next."""
    say(f"· {text}")


def _make_real(out: Path) -> Ingredients:
    return Ingredients(_real_base(out), (REAL / "adapters",), _written(out / "data"))


def _real_base(out: Path) -> Path:
    from calibration.quantize import quantize_checkpoint
    from calibration.sources import fetch_checkpoint

    step("SmolLM2-135M: download, check, convert")
    checkpoint = fetch_checkpoint("smollm2-135m", out / "checkpoint")
    step("int8 base")
    return quantize_checkpoint(checkpoint, out / "base")


def _written(data: Path) -> Path:
    from distill.datasets.natural import write_natural

    step("written dialogues")
    if not data.is_dir():
        write_natural(data, passes=1)
    return data


def _real_dialogue(_data: Path) -> Dialogue:
    from distill.corpus.natural_text import read_natural

    return read_natural(CONVERSATION)[0]


def _judge_real(bundle: Path, data: Path, results: Path) -> dict[str, Any]:
    from evaluation.suites import evaluate_everyday

    step("questions of people who wrote no training text")
    with drawn_progress() as progress:
        return evaluate_everyday(bundle, data, results, limit=REAL_DIALOGUES, progress=progress)


def _make_seeing(out: Path) -> Ingredients:
    """The base is that of the demo for texts, made once for both."""
    with_pictograms = has_pictograms()  # what is missing is told before the long work
    base = _real_base(out.with_name(REAL_NAME))
    data = _written(out / "data")
    step("pictures" if with_pictograms else "pictures of drawn things alone, as no font of pictograms is installed")
    if with_pictograms:
        from distill.datasets.pictured import write_scenes
        from runtime_py import operations

        for name in operations.pictured():
            write_scenes(data / "datasets" / name, name, SCENES, 0)
    return Ingredients(base, (REAL / "adapters", VISION / "adapters"), data, paint_album(out / "pictures"))


def _judge_seeing(bundle: Path, data: Path, results: Path) -> dict[str, Any]:
    from evaluation.vision.suite import evaluate_vision

    if not has_pictograms():
        return {}
    step("questions about pictures of things that no training showed")
    with drawn_progress() as progress:
        return evaluate_vision(bundle, data, results, progress=progress)


def _make_tiny(out: Path) -> Ingredients:
    from calibration.quantize import quantize_checkpoint
    from distill.training.start import train_expert
    from memlora_cli.bundle.corpus import make_corpus
    from runtime_py import operations

    step("dialogues and datasets")
    make_corpus(out / "data", TINY_ROWS, TINY_HELD_OUT_ROWS, TINY_DIALOGUES, seed=1)
    step("int4 base")
    base = quantize_checkpoint(TINY, out / "base", scale_search="mse")
    for name in operations.names():
        step(f"expert: {name}")
        with drawn_progress() as progress:
            train_expert(name, base, out / "data" / "datasets", out / "adapters", preset="quick", progress=progress)
    return Ingredients(base, (out / "adapters",), out / "data")


def _tiny_dialogue(data: Path) -> Dialogue:
    from runtime_py.dialogues import read_dialogues

    return next(iter(read_dialogues(data / "dialogues" / "test.jsonl")))


def _judge_tiny(bundle: Path, data: Path, results: Path) -> dict[str, Any]:
    from evaluation.suites import evaluate_synthetic

    step("before and after")
    stage_sets = ("none", "experts")
    with drawn_progress() as progress:
        return evaluate_synthetic(bundle, data, results, ("test",), stage_sets=stage_sets, progress=progress)


def story(tiny: bool, vision: bool) -> Story:
    """The small base's story, the real one's, or the real one's with pictures.

    Raises `ConfigError` for both at once, and outside a checkout of the repository.
    """
    if tiny and vision:
        raise ConfigError("no pictures for the small base: expected --tiny or --vision, got both; leave one out")
    for model in [TINY] if tiny else [REAL, VISION] if vision else [REAL]:
        if not model.is_dir():
            raise ConfigError(f"no experts: expected {model}, found none; run the demo in a checkout of the repository")
    if tiny:
        from export.targets.target import plain_names

        return Story("memlora-tiny", tuple(plain_names()), TINY_RETRIEVE_K, _make_tiny, _tiny_dialogue, _judge_tiny)
    if vision:
        return Story("memlora-vision", REAL_TARGETS, REAL_RETRIEVE_K, _make_seeing, _real_dialogue, _judge_seeing)
    return Story(REAL_NAME, REAL_TARGETS, REAL_RETRIEVE_K, _make_real, _real_dialogue, _judge_real)
