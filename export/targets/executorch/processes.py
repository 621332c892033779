"""Several structures are lowered at once, each in a process of its own: lowering takes minutes of one core."""

from collections.abc import Iterable

from export.lowered.templates import get_template
from export.machine.process import Apart
from export.targets.executorch.link import Structure, lower_template

_ONE_CORE = {"OMP_NUM_THREADS": "1"}


def lower_side_by_side(structures: Iterable[Structure], at_once: int) -> None:
    """Lowers every structure into the cache, `at_once` at a time.

    Raises `ExportError` with the sentence of the first process that fails; the others are stopped then.
    """
    waiting, running = list(structures), list[Apart[None]]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(Apart(_ONE_CORE, _lower, waiting.pop(0)))
            running.pop(0).result()
    except BaseException:
        for other in running:
            other.stop()
        raise


def _lower(structure: Structure) -> None:
    """The template goes into the cache, where the process that asked finds it."""
    get_template(structure.key, lambda: lower_template(structure))
