"""Whole dialogues remembered and asked about, with each stage done by the base, its expert or the oracle."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evaluation.figures.intervals import Share
from evaluation.figures.journal import Journal, fingerprint
from evaluation.synthetic.operations import Advance, Summary
from evaluation.synthetic.scores import answers_match
from evaluation.synthetic.stages import (
    STAGE_SETS,
    Oracle,
    RememberedEmbedder,
    RememberedGenerator,
    StageGenerator,
    StageSet,
)
from runtime_py.dialogues import Dialogue, Question, read_dialogues
from runtime_py.memory import MEMORIES_PER_QUESTION, Memory, ingest, to_sessions
from runtime_py.operations.generate import DatedMemory, GenerateInput
from runtime_py.operations.generator import Generator
from runtime_py.store import Embedder, Store


def _evidence(memory: Memory, dialogue: Dialogue, question: Question) -> tuple[DatedMemory, ...]:
    """The memories that came from the question's evidence turns."""
    stored = (turn.id for turn in memory.store.turns(dialogue.id))
    names = dict(zip(stored, (turn.id for turn in dialogue.turns), strict=True))
    return tuple(
        DatedMemory(row.text, row.day)
        for row in memory.get_all(dialogue.id)
        if set(question.evidence) & {names[turn.id] for turn in memory.store.provenance(dialogue.id, row.id)}
    )


def run_dialogue(
    dialogue: Dialogue,
    stages: StageSet,
    models: Mapping[str, Generator],
    embedder: Embedder,
    memories: int,
    folder: Path,
) -> dict[str, Any]:
    """One dialogue from an empty store in `folder` to its last question: outcomes, answers and seconds."""
    named = {**models, "oracle": Oracle(dialogue)}
    generator = StageGenerator({name: named[who] for name, who in stages.who.items()})
    started = time.perf_counter()
    with Memory(generator, embedder, Store(folder / "memory.db", embedder)) as memory:
        tally = ingest(memory, dialogue.id, to_sessions(dialogue))
        answers = []
        for question in dialogue.questions:
            if stages.oracle_retrieval:
                given = GenerateInput(question.text, _evidence(memory, dialogue, question))
                answer = str(generator.run("generate", given).value)
            else:
                answer = memory.ask(question.text, dialogue.id, memories).text
            exact = answers_match(answer, question.answer, question.kind)
            answers.append({"id": question.id, "kind": question.kind, "answer": answer, "exact": exact})
    outcomes = {"stored": tally.stored, "empty": tally.empty, "failed": tally.failed}
    return {"outcomes": outcomes, "answers": answers, "seconds": round(time.perf_counter() - started, 3)}


def summarise(results: Sequence[Mapping[str, Any]]) -> Summary:
    """Question accuracy over all and by kind, and the exchanges that a model failed on."""
    answers = [answer for result in results for answer in result["answers"]]
    kinds = sorted({answer["kind"] for answer in answers})
    by_kind: Summary = {kind: Share.of([a["exact"] for a in answers if a["kind"] == kind]) for kind in kinds}
    outcomes: Counter[str] = sum((Counter(result["outcomes"]) for result in results), Counter())
    failed = Share(outcomes["failed"], outcomes.total())
    return {"all": Share.of([a["exact"] for a in answers]), **by_kind, "exchanges failed": failed}


def evaluate_dialogues(
    models: Mapping[str, Generator],
    embedder: Embedder,
    config: str,
    data: Path,
    journal: Path,
    names: Sequence[str] = tuple(STAGE_SETS),
    memories: int = MEMORIES_PER_QUESTION,
    limit: int | None = None,
    advance: Advance = lambda _what: None,
) -> dict[str, Summary]:
    """Figures by stage set, over the first `limit` dialogues; `memories` go into an answer.

    `models` has `base` and `expert`; `config` names them, so that results never mix.

    Raises:
        ConfigError: data or journal that cannot be used.
    """
    dialogues = list(read_dialogues(data, limit))
    remembered = {name: RememberedGenerator(model) for name, model in models.items()}
    vectors = RememberedEmbedder(embedder)
    with Journal(journal, fingerprint(config, data, memories)) as results:
        for dialogue in dialogues:
            for name in names:
                key = f"{name}/{dialogue.id}"
                if key not in results:
                    with TemporaryDirectory(prefix="memlora-evaluation-") as folder:
                        stages = STAGE_SETS[name]
                        result = run_dialogue(dialogue, stages, remembered, vectors, memories, Path(folder))
                    results.add(key, result)
                advance(f"end to end, {name}")
        return {name: summarise([results[f"{name}/{d.id}"] for d in dialogues]) for name in names}
