"""A row of the table on one conversation: remembered, asked, scored; each is a stage, and equal ones are one stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.figures.intervals import Ratio, Share
from evaluation.figures.journal import Journal, fingerprint
from evaluation.protocol.answers import answer_all
from evaluation.protocol.figures import score, summarise
from evaluation.protocol.judging import Judge
from evaluation.protocol.rows import ANSWER, FACTS, MEMORY, Row, generator_of
from evaluation.protocol.texts import Composite
from evaluation.protocol.views import exchanges_of, remember
from memlora_cli.reproduce.bank import STORE
from memlora_cli.reproduce.experts import Source
from memlora_cli.reproduce.run_folder import RunFolder, read_rows, write_rows
from runtime_py.dialogues import Dialogue, to_json
from runtime_py.memory import Memory
from runtime_py.progress import Steps
from runtime_py.store import Embedder, Store

Cast = Mapping[str, Mapping[str, Source]]
"""By who does an operation (`base`, `expert`, `shared`) and its name: what does it."""


@dataclass(frozen=True)
class Measure:
    """`measured_by` names the models behind `composite`."""

    run: RunFolder
    embedder: Embedder
    per_speaker: int
    composite: Composite
    measured_by: str
    judge: Judge

    def figures(self, row: Row, cast: Cast, dialogues: Sequence[Dialogue]) -> dict[str, Share | Ratio]:
        """Of all answers of the row to all questions of the conversations together."""
        return summarise([record for dialogue in dialogues for record in self._scored(row, cast, dialogue)])

    def _scored(self, row: Row, cast: Cast, dialogue: Dialogue) -> list[dict[str, Any]]:
        answers = self._answers(row, cast, dialogue)
        judged_by = {"judge": self.judge.name, "prompt": self.judge.prompt_sha256}
        made_from = {"answers": answers.name, "measured_by": self.measured_by, **judged_by}

        def make(_work: Path, out: Path) -> Mapping[str, Any]:
            scored = score(dialogue, read_rows(answers, "answers"), self.composite, self.judge)
            write_rows(out, "scores", scored)
            return {"answers": len(scored)}

        found: list[dict[str, Any]] = read_rows(self.run.stage(f"scores {dialogue.id}", made_from, make), "scores")
        return found

    def _answers(self, row: Row, cast: Cast, dialogue: Dialogue) -> Path:
        memory = self._memory(row, cast, dialogue)
        made_from = {
            "memory": memory.name,
            "generate": _identity(row, cast, ANSWER),
            "reads": row.reads,
            "memories_per_speaker": self.per_speaker,
        }

        def make(work: Path, out: Path) -> Mapping[str, Any]:
            copy = work / STORE
            copy.write_bytes((memory / STORE).read_bytes())  # a store that is opened changes, and a stage must not
            generator = generator_of(row, _generators(cast))
            steps = Steps(self.run.progress, f"{row.name}: {dialogue.id}, asked", len(dialogue.questions))
            with (
                Journal(work / "answers.jsonl", fingerprint(made_from)) as journal,
                Memory(generator, self.embedder, Store(copy, self.embedder)) as opened,
            ):
                told = answer_all(
                    row, generator, opened, dialogue, self.per_speaker, journal, lambda _what: steps.advance()
                )
            write_rows(out, "answers", told)
            return {"answers": len(told), "row": row.name}

        return self.run.stage(f"answers {dialogue.id}", made_from, make)

    def _memory(self, row: Row, cast: Cast, dialogue: Dialogue) -> Path:
        made_from = {
            "dialogue": fingerprint(to_json(dialogue)),
            "embedder": self.embedder.id,
            **{name: _identity(row, cast, name) for name in (FACTS, MEMORY)},
        }

        def make(work: Path, out: Path) -> Mapping[str, Any]:
            generator = generator_of(row, _generators(cast))
            steps = Steps(self.run.progress, f"{row.name}: {dialogue.id}, remembered", 2 * exchanges_of(dialogue))
            with Memory(generator, self.embedder, Store(work / STORE, self.embedder)) as opened:
                tallies = remember(opened, dialogue, lambda _what: steps.advance())
            (out / STORE).write_bytes((work / STORE).read_bytes())
            return {
                name: {"stored": t.stored, "empty": t.empty, "failed": t.failed, "events": t.events}
                for name, t in tallies.items()
            }

        return self.run.stage(f"memory {dialogue.id}", made_from, make)


def _identity(row: Row, cast: Cast, name: str) -> str:
    who = row.who[name]
    return who if who == "add" else cast[who][name].identity


def _generators(cast: Cast) -> dict[str, dict[str, Any]]:
    return {who: {name: source.generator for name, source in found.items()} for who, found in cast.items()}
