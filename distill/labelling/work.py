"""What a worker does, wherever it runs: it asks for what of a batch no shard holds, and keeps each answer at once."""

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distill.labelling.conversation import LabelledRows, label_dialogue
from distill.labelling.shards import Part, Shards, key_of
from distill.teachers.asking import Asker, RefusedError, UnansweredError
from distill.teachers.endpoint import EndpointConfig
from distill.teachers.openai import first_error
from distill.teachers.pace import Pace
from distill.teachers.teacher import Advance, TeacherError, prompt_for
from runtime_py import operations
from runtime_py.dialogues import Dialogue
from runtime_py.errors import MemloraError
from runtime_py.files import Example

MOST_BAD_IN_A_ROW = 40
"""Rows that fail one after the other, none answered between them: then it is the server, not the rows."""


@dataclass(frozen=True)
class Job:
    """What every worker knows. Limits are for all workers together; the key is in nobody's hands but the environment's.

    `has_key` says that the driver found one, so that a worker on a machine without it says so.
    """

    teacher: EndpointConfig
    answers: Path
    workers: int = 1
    requests_a_minute: float | None = None
    tokens_a_minute: float | None = None
    has_key: bool = False

    def pace(self) -> Pace:
        """One worker's share of the limits."""
        requests, tokens = self.requests_a_minute, self.tokens_a_minute
        return Pace(requests and requests / self.workers, tokens and tokens / self.workers)

    def key(self, operation: str, example: Example) -> str:
        """What the answer to a row is kept under."""
        return key_of(self.request(operation, example))

    def request(self, operation: str, example: Example) -> dict[str, Any]:
        """What a row is asked with: the instructions first, the same for all rows of an operation."""
        return self.teacher.request(prompt_for(operations.get(operation), example))


@dataclass(frozen=True)
class Batch:
    """Rows that are apart, or whole dialogues; one of the two is empty."""

    rows: tuple[tuple[str, Example], ...] = ()
    dialogues: tuple[Dialogue, ...] = ()

    @property
    def name(self) -> str:
        """By its content, so that another attempt at the same batch finds what the one before was told."""
        ids = [f"{operation}:{row.id}" for operation, row in self.rows] + [each.id for each in self.dialogues]
        return hashlib.sha256(json.dumps(ids).encode()).hexdigest()[:32]

    def __len__(self) -> int:
        return len(self.rows) + len(self.dialogues)


@dataclass
class Report:
    """What came of one batch. `error`: the server refuses every request, in a sentence; the run ends."""

    size: int = 0
    requests: int = 0
    answered: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    labelled: dict[str, LabelledRows] = field(default_factory=dict)
    error: str = ""


Runner = Callable[[Job, Sequence[Batch], Advance | None], Iterator[Report]]
"""Runs batches somewhere and gives their reports as they come. `Advance` is called for each row where it can be."""


class Worker:
    """Labels batches one after the other, the rows of a batch at once as far as `concurrency` allows."""

    def __init__(self, job: Job) -> None:
        self._job, self._pace = job, job.pace()
        self._bad_in_a_row = 0

    def run(self, batch: Batch, advance: Advance | None = None) -> Report:
        """Never raises for what the teacher does: that stands in the report."""
        try:
            return asyncio.run(self._run(batch, advance))
        except MemloraError as e:
            return Report(len(batch), error=str(e))

    async def _run(self, batch: Batch, advance: Advance | None) -> Report:
        job, report = self._job, Report(len(batch))
        key = job.teacher.read_key()
        if job.has_key and key is None:
            raise TeacherError(
                f"${job.teacher.api_key_env}: expected the teacher's key on every machine of the cluster, found none "
                "on one; set it where its workers are started"
            )
        shards = Shards(job.answers)
        locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        with Part(job.answers, batch.name) as part:
            async with Asker.client(job.teacher, key) as client:
                asker = Asker(job.teacher, key, client, self._pace)

                async def ask(operation: str, example: Example) -> str:
                    request = job.request(operation, example)
                    name = key_of(request)
                    async with locks[name]:  # two rows that ask the same wait for one answer
                        text = part.get(name)
                        text = shards.get(name) if text is None else text
                        if text is None:
                            text = await self._count_bad(asker.ask(example.id, request, name))
                            await _to_its_end(part.put, name, text)
                            report.answered += 1
                    return text

                async def label(unit: tuple[str, Example] | Dialogue) -> None:
                    if isinstance(unit, Dialogue):
                        report.labelled[unit.id] = await label_dialogue(unit, ask)
                    else:
                        with suppress(UnansweredError, RefusedError):  # its dialogue asks once more, and says why
                            await ask(*unit)
                    if advance:
                        advance()

                await _each((*batch.rows, *batch.dialogues), label, job.teacher.concurrency)
            report.requests, report.prompt_tokens = asker.requests, asker.prompt_tokens
            report.answer_tokens = asker.answer_tokens
        shards.close()
        return report

    async def _count_bad(self, asked: Awaitable[str]) -> str:
        try:
            text = await asked
        except (UnansweredError, RefusedError) as e:
            self._bad_in_a_row += 1
            if self._bad_in_a_row >= MOST_BAD_IN_A_ROW:
                raise TeacherError(f"{self._bad_in_a_row} rows failed one after the other; the last: {e}") from e
            raise
        self._bad_in_a_row = 0
        return text


async def _to_its_end(keep: Callable[[str, str], None], key: str, text: str) -> None:
    """`keep` in a thread. An end of the run waits for it: the answer is paid."""
    keeping = asyncio.ensure_future(asyncio.to_thread(keep, key, text))
    try:
        await asyncio.shield(keeping)
    except asyncio.CancelledError:
        await keeping
        raise


async def _each(units: Iterable[Any], work: Callable[[Any], Awaitable[None]], at_once: int) -> None:
    """`work` on every unit, at most `at_once` at a time."""
    left = iter(units)

    async def take() -> None:
        for unit in left:  # shared: each takes the next one
            await work(unit)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(take())
    except BaseExceptionGroup as errors:
        raise first_error(errors) from None


def cut(units: Sequence[Any], job: Job, most: int) -> Iterator[Sequence[Any]]:
    """Batches of at most `most` units: several for each worker, unless they would hold fewer than it asks at once."""
    several, full = -(-len(units) // (4 * job.workers)), -(-len(units) // job.workers)
    size = max(1, min(most, max(several, min(full, job.teacher.concurrency))))
    return (units[start : start + size] for start in range(0, len(units), size))
