"""The same batches on Ray Data: one worker of `work.Worker` an actor, restarted by Ray where it dies.

A batch whose worker died is tried again and finds the answers so far in its part, so the folder of the answers must be
one that every machine sees. The key is no part of what is sent: every machine has it in its environment.
"""

import logging
import os
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from distill.labelling.work import Batch, Job, Report, Runner, Worker
from distill.teachers.teacher import Advance

ADDRESS = "RAY_ADDRESS"
_STORE_BYTES = 100_000_000  # of shared memory: batches and reports are small
_ROOT = Path(__file__).parents[2]
_QUIET = {"RAY_DATA_LOG_LEVEL": "ERROR", "RAY_BACKEND_LOG_LEVEL": "fatal"}
_ALONE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # what makes Ray listen on 127.0.0.1, on Linux too
    "RAY_worker_niceness": "0",  # these workers are the work itself, and Ray's 15 starves them beside anything else
}


def _is_own() -> bool:
    return not os.environ.get(ADDRESS)


def _import_ray() -> Any:
    """Ray reads these when it is imported; `runtime_py.privacy` has switched its usage statistics off by then."""
    for name, value in {**_QUIET, **(_ALONE if _is_own() else {})}.items():
        os.environ.setdefault(name, value)
    import ray
    import ray.data

    return ray


ray = _import_ray()


class RayWorker:
    """A worker as Ray Data wants it: a row with a batch in, a row with its report out."""

    def __init__(self, job: bytes) -> None:
        self._worker = Worker(pickle.loads(job))

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"report": pickle.dumps(self._worker.run(pickle.loads(row["batch"])))}


def _run(job: Job, batches: Sequence[Batch], advance: Advance | None) -> Iterator[Report]:
    """Reports as they come; `advance` is called for the rows of a batch when all of it is done."""
    if not batches:
        return
    rows = ray.data.from_items([{"batch": pickle.dumps(batch)} for batch in batches], override_num_blocks=len(batches))
    told = rows.map(
        RayWorker,
        fn_constructor_args=[pickle.dumps(job)],
        compute=ray.data.ActorPoolStrategy(size=job.workers, max_tasks_in_flight_per_actor=1),
    )
    for row in told.iter_rows():
        report: Report = pickle.loads(row["report"])
        for _ in range(report.size if advance else 0):
            advance()  # type: ignore[misc]
        yield report


@contextmanager
def open_ray(workers: int) -> Iterator[Runner]:
    """A runner on the cluster of `$RAY_ADDRESS`, else on one of this machine that ends with the block."""
    with _cluster(workers), redirect_stdout(sys.stderr):  # Ray prints there what it says of workers that died
        yield _run


@contextmanager
def _cluster(workers: int) -> Iterator[None]:
    """Joins the cluster, or starts one without a dashboard that listens to this machine alone."""
    if _is_own():
        paths = (str(_ROOT), os.environ.get("PYTHONPATH", ""))
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)  # workers import this package
        ray.init(
            "local",
            num_cpus=workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=_STORE_BYTES,
        )
    else:
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        yield
    finally:
        ray.shutdown()
