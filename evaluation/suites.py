"""The suites as one calls them: a bundle and its data in, plain JSON out."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from evaluation.everyday.dialogue import WAYS
from evaluation.everyday.lines import read_sets
from evaluation.everyday.suite import choose, evaluate_split, steps
from evaluation.everyday.worlds import world_figures
from evaluation.figures.journal import fingerprint
from evaluation.figures.tables import as_json
from evaluation.locomo.suite import READS, evaluate_conversation
from evaluation.synthetic.end_to_end import evaluate_dialogues
from evaluation.synthetic.operations import evaluate_operations
from evaluation.synthetic.runner import BundleRunner
from evaluation.synthetic.stages import STAGE_SETS
from runtime_py import operations
from runtime_py.bundle import Bundle, Experts
from runtime_py.dialogues import read_dialogues, read_locomo, to_json
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples
from runtime_py.memory import Memory, exchanges, ingest, to_sessions
from runtime_py.progress import Progress, Steps, silent
from runtime_py.store import Store

MODELS = ("experts", "base")


def evaluate_synthetic(
    bundle_path: Path,
    data: Path,
    out: Path,
    splits: Sequence[str] = ("test", "test_templates"),
    kind: str = DEFAULT,
    names: Sequence[str] | None = None,
    models: Sequence[str] = MODELS,
    stage_sets: Sequence[str] = tuple(STAGE_SETS),
    limit: int | None = None,
    dialogue_limit: int | None = None,
    memories: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Scores each operation on `data/datasets/<operation>/<split>.jsonl` and whole dialogues on
    `data/dialogues/<split>.jsonl`.

    Results are kept in the folder `out` as they come: a killed run goes on there. `limit` counts rows, `dialogue_limit`
    dialogues, `memories` those that go into an answer (None: the bundle's own number); `names` are
    operations (None: every one of the bundle's); empty `names` or `stage_sets` leave that part out.

    The result is `{"suite", "bundle", "engine", "splits": {split: {"operations": {operation: {model: figures}},
    "end_to_end": {stage set: figures}}}}`; a figure is `Share.as_json` or `Ratio.as_json`.

    Raises:
        BundleError: the bundle is refused.
        ConfigError: data, journal or a name that cannot be used.
    """
    _check_names("stage set", stage_sets, tuple(STAGE_SETS))
    _check_names("model", models, MODELS)
    bundle = Bundle.open(bundle_path)
    held = [name for name in operations.taught() if name in bundle.operations]
    names = held if names is None else names
    _check_names("operation", names, held)
    runner = BundleRunner(bundle, kind)
    total = 0
    for split in splits:
        for name in names:
            total += len(models) * len(read_examples(data / "datasets" / name / f"{split}.jsonl", limit))
        if stage_sets:
            total += len(stage_sets) * len(list(read_dialogues(data / "dialogues" / f"{split}.jsonl", dialogue_limit)))
    figures: dict[str, Any] = {}
    advance = Steps(progress, "evaluating", total).advance
    for split in splits:
        figures[split] = {}
        if names:
            figures[split]["operations"] = evaluate_operations(
                runner, data / "datasets", split, out, names, models, limit, advance
            )
        if stage_sets:
            experts = {"base": Experts.of_memory(bundle, kind, False), "expert": Experts.of_memory(bundle, kind)}
            figures[split]["end_to_end"] = evaluate_dialogues(
                experts,
                bundle.embedder(),
                runner.config,
                data / "dialogues" / f"{split}.jsonl",
                out / f"end-to-end-{split}.jsonl",
                stage_sets,
                memories or bundle.prompt("generate").retrieve_k,
                dialogue_limit,
                advance,
            )
    return {"suite": "synthetic", "bundle": bundle.sha256, "engine": kind, "splits": as_json(figures)}


def evaluate_locomo(
    bundle_path: Path,
    locomo: Path,
    sample: str,
    out: Path,
    store: Path | None = None,
    user: str | None = None,
    kind: str = DEFAULT,
    memories: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Recall of evidence and official F1 on one conversation.

    `store` is one that `memlora ingest` has filled, with `user` as its user (by default the sample's name); without it
    the conversation is remembered first, in a store of this bundle and engine alone. Results are kept in `out`; a
    killed run goes on there. The result is
    `{"suite", "bundle", "engine", "sample", "memories", "retrieval": {way: figures}, "answers": {read: figures}}`.

    Raises:
        BundleError: the bundle is refused.
        ConfigError: the file, sample, store or journal cannot be used.
        StoreError: the store is another bundle's.
    """
    (dialogue,) = read_locomo(locomo, [sample])
    name = user or dialogue.id
    if store is not None and not store.is_file():
        raise ConfigError(f"no store: expected the file {store}; make it with `memlora ingest`, or leave --store out")
    bundle = Bundle.open(bundle_path)
    memories = memories or bundle.prompt("generate").retrieve_k
    out.mkdir(parents=True, exist_ok=True)
    experts, embedder = Experts.of_memory(bundle, kind), bundle.embedder()
    config = f"{bundle.sha256} {kind}"
    kept = out / f"locomo-{sample}-{fingerprint(config)[:12]}"  # what another bundle remembered is not gone on with
    path = store or kept.with_suffix(".db")
    sessions = to_sessions(dialogue)
    pieces = 0 if store else sum(1 for _ in exchanges(sessions))
    advance = Steps(progress, sample, pieces + len(READS) * len(dialogue.questions)).advance
    with Memory(experts, embedder, Store(path, embedder)) as memory:
        if store is None:
            ingest(memory, name, sessions, lambda _outcome: advance("remembering"))
        journal = kept.with_suffix(".jsonl")
        figures = evaluate_conversation(memory, experts, embedder, config, dialogue, name, journal, memories, advance)
    return {
        "suite": "locomo",
        "bundle": bundle.sha256,
        "engine": kind,
        "sample": sample,
        "memories": memories,
        **as_json(figures),
    }


def evaluate_everyday(
    bundle_path: Path,
    data: Path,
    out: Path,
    splits: Sequence[str] = ("test",),
    kind: str = DEFAULT,
    ways: Sequence[str] = WAYS,
    limit: int | None = None,
    memories: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """The written dialogues of `data/dialogues/<split>.jsonl` (`memlora import written`) end to end.

    `limit` dialogues of a split, evenly over hands; `ways` of answering; `memories` turns or memories in an answer
    (None: the bundle's own number). Results are kept in `out`; a killed run goes on there. The result is `{"suite",
    "bundle", "engine", "splits": {split: evaluate_split's figures}, "worlds": world_figures'}`.

    Raises:
        BundleError: the bundle is refused.
        ConfigError: data, journal or a way that cannot be used.
    """
    _check_names("way", ways, WAYS)
    bundle = Bundle.open(bundle_path)
    models = {"expert": Experts.of_memory(bundle, kind), "base": Experts.of_memory(bundle, kind, False)}
    files = {split: data / "dialogues" / f"{split}.jsonl" for split in splits}
    chosen = {split: choose(path, limit) for split, path in files.items()}
    advance = Steps(progress, "everyday", sum(steps(dialogues, ways) for dialogues in chosen.values())).advance
    embedder, read = bundle.embedder(), memories or bundle.prompt("generate").retrieve_k
    figures = {
        split: evaluate_split(
            dialogues,
            models,
            embedder,
            fingerprint(bundle.sha256, kind, files[split]),
            out / f"everyday-{split}.jsonl",
            ways,
            read,
            advance,
        )
        for split, dialogues in chosen.items()
    }
    worlds = world_figures(models["expert"], embedder, read)
    named = {"suite": "everyday", "bundle": bundle.sha256, "engine": kind}
    return {**named, "splits": as_json(figures), "worlds": as_json(worlds)}


def evaluate_lines(
    bundle_path: Path,
    folder: Path,
    day: date,
    out: Path,
    kind: str = DEFAULT,
    ways: Sequence[str] = WAYS,
    memories: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Statements of one person, said on `day` and asked about, from the files of `folder` (`everyday.lines`).

    The result is as `evaluate_everyday`'s, with a set of lines in the place of a split.

    Raises:
        BundleError: the bundle is refused.
        ConfigError: files, journal or a way that cannot be used.
    """
    _check_names("way", ways, WAYS)
    bundle = Bundle.open(bundle_path)
    models = {"expert": Experts.of_memory(bundle, kind), "base": Experts.of_memory(bundle, kind, False)}
    sets = read_sets(folder, day)
    advance = Steps(progress, "lines", steps(sets, ways)).advance
    figures = {
        dialogue.id: evaluate_split(
            [dialogue],
            models,
            bundle.embedder(),
            fingerprint(bundle.sha256, kind, to_json(dialogue)),
            out / f"lines-{dialogue.id}.jsonl",
            ways,
            memories or bundle.prompt("generate").retrieve_k,
            advance,
            day,
        )
        for dialogue in sets
    }
    return {"suite": "lines", "bundle": bundle.sha256, "engine": kind, "splits": as_json(figures)}


def _check_names(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ConfigError(f"unknown {what}: expected some of {', '.join(known)}, got {', '.join(unknown)}")
