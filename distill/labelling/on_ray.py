"""The same batches on Ray Data: one worker of `work.Worker` an actor, restarted by Ray where it dies.

A batch whose worker died is tried again and finds the answers so far in its part, so the folder of the answers must be
one that every machine sees. The key is no part of what is sent: every machine has it in its environment.
"""

import logging
import os
import pickle
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from distill.labelling.work import Batch, Job, Report, Runner, Worker
from distill.teachers.teacher import Advance
from runtime_py.errors import ConfigError

ADDRESS = "RAY_ADDRESS"
_LOOPBACK = ("127.0.0.1", "localhost")
_REACHED_WITHIN_S = 10.0
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
    with _explained():
        for row in told.iter_rows():
            report: Report = pickle.loads(row["report"])
            for _ in range(report.size if advance else 0):
                advance()  # type: ignore[misc]
            yield report


@contextmanager
def _explained() -> Iterator[None]:
    """Ray's own errors in a sentence; what the code of a worker raises is a fault of ours and stays what it is."""
    errors = ray.exceptions
    try:
        yield
    except errors.RayError as e:
        cause = getattr(e, "cause", None)
        if isinstance(e, errors.RayTaskError) and not isinstance(cause, errors.RayError | ImportError):
            raise
        raise ConfigError(
            f"Ray: expected workers that label to the end, got {type(e).__name__}: {_last_line(e)}; see that every "
            "machine of the cluster is up and has this package, and run again: what is answered is kept"
        ) from e


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].removesuffix(".") if lines else "no word of it"


@contextmanager
def open_ray(workers: int) -> Iterator[Runner]:
    """A runner on the cluster of `$RAY_ADDRESS`, else on one of this machine that ends with the block."""
    with _cluster(workers), redirect_stdout(sys.stderr):  # Ray prints there what it says of workers that died
        yield _run


@contextmanager
def _cluster(workers: int) -> Iterator[None]:
    """Joins the cluster, or starts one without a dashboard that listens to this machine alone."""
    if not _is_own():
        _reach(os.environ[ADDRESS])
    try:
        _init(workers)
    except (OSError, RuntimeError, ValueError) as e:
        where = "a cluster to start here" if _is_own() else f"a cluster at ${ADDRESS} {os.environ[ADDRESS]}"
        raise ConfigError(f"Ray: expected {where}, got {_last_line(e)}; correct that, or leave --on ray out") from e
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        yield
    finally:
        ray.shutdown()


def _init(workers: int) -> None:
    if not _is_own():
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
        return
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


def _reach(address: str) -> None:
    """Asks whether anybody listens at `host:port`: Ray itself tries for minutes, and says so in its own log alone."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return  # `auto` or another word that Ray knows
    for name in (host, ray.util.get_node_ip_address()) if host in _LOOPBACK else (host,):  # as Ray takes loopback
        try:
            socket.create_connection((name, int(port)), _REACHED_WITHIN_S).close()
            return
        except (OSError, OverflowError) as e:
            failed = e
    raise ConfigError(
        f"${ADDRESS}: expected a Ray cluster that listens at {address}, got {failed}; start it or correct the address"
    ) from failed
