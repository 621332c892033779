"""What a demo is made from: the real base with the experts of this repository, or the small one, taught on the spot."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memlora_cli.terminal import drawn_progress, say
from runtime_py.dialogues import Dialogue
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError

ROOT = Path(__file__).parents[2]
TINY = ROOT / "models" / "memlora-tiny"
REAL = ROOT / "models" / "smollm2-135m"
CONVERSATION = ROOT / "examples" / "conversation.txt"
TINY_RETRIEVE_K = 3  # more bring more of the other person's facts: docs/decisions.md
TINY_ROWS, TINY_HELD_OUT_ROWS, TINY_DIALOGUES = 4_000, 50, 2
REAL_RETRIEVE_K = 10
REAL_TARGETS = (DEFAULT,)  # on ExecuTorch a few greedy steps differ, more than its leg allows: docs/decisions.md
REAL_DIALOGUES = 2


@dataclass(frozen=True)
class Ingredients:
    """Folders of the base, of one adapter an operation, and of the data to judge them on."""

    base: Path
    adapters: Path
    data: Path


@dataclass(frozen=True)
class Story:
    """A demo's ingredients, made in a folder; the dialogue it remembers; how its answers are judged."""

    name: str
    targets: tuple[str, ...]
    retrieve_k: int
    make: Callable[[Path], Ingredients]
    dialogue: Callable[[Path], Dialogue]
    judge: Callable[[Path, Path, Path], dict[str, Any]]
    """Bundle, data and a folder for results -> the suite's figures."""


def step(text: str) -> None:
    """Tells what comes next."""
    say(f"· {text}")


def _make_real(out: Path) -> Ingredients:
    from calibration.quantize import quantize_checkpoint
    from calibration.sources import fetch_checkpoint
    from distill.datasets.natural import write_natural

    step("SmolLM2-135M: download, check, convert")
    checkpoint = fetch_checkpoint("smollm2-135m", out / "checkpoint")
    step("int8 base")
    base = quantize_checkpoint(checkpoint, out / "base")
    step("written dialogues")
    if not (out / "data").is_dir():
        write_natural(out / "data", passes=1)
    return Ingredients(base, REAL / "adapters", out / "data")


def _real_dialogue(_data: Path) -> Dialogue:
    from distill.corpus.natural_text import read_natural

    return read_natural(CONVERSATION)[0]


def _judge_real(bundle: Path, data: Path, results: Path) -> dict[str, Any]:
    from evaluation.suites import evaluate_everyday

    step("questions of people who wrote no training text")
    with drawn_progress() as progress:
        return evaluate_everyday(bundle, data, results, limit=REAL_DIALOGUES, progress=progress)


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
    return Ingredients(base, out / "adapters", out / "data")


def _tiny_dialogue(data: Path) -> Dialogue:
    from runtime_py.dialogues import read_dialogues

    return next(iter(read_dialogues(data / "dialogues" / "test.jsonl")))


def _judge_tiny(bundle: Path, data: Path, results: Path) -> dict[str, Any]:
    from evaluation.suites import evaluate_synthetic

    step("before and after")
    stage_sets = ("none", "experts")
    with drawn_progress() as progress:
        return evaluate_synthetic(bundle, data, results, ("test",), stage_sets=stage_sets, progress=progress)


def story(tiny: bool) -> Story:
    """The small base's story or the real one's; raises `ConfigError` outside a checkout of the repository."""
    model = TINY if tiny else REAL
    if not model.is_dir():
        raise ConfigError(f"no experts: expected {model}, found none; run the demo in a checkout of the repository")
    if tiny:
        from export.targets.target import plain_names

        return Story("memlora-tiny", tuple(plain_names()), TINY_RETRIEVE_K, _make_tiny, _tiny_dialogue, _judge_tiny)
    return Story("memlora-smollm2", REAL_TARGETS, REAL_RETRIEVE_K, _make_real, _real_dialogue, _judge_real)
