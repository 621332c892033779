"""The batches one after the other in this process: what needs no cluster."""

from collections.abc import Iterator, Sequence

from distill.labelling.work import Batch, Job, Report, Worker
from distill.teachers.teacher import Advance


def run_here(job: Job, batches: Sequence[Batch], advance: Advance | None) -> Iterator[Report]:
    """Reports in the order of `batches`."""
    worker = Worker(job)
    for batch in batches:
        yield worker.run(batch, advance)
