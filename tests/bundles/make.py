"""Writes the verdict corpus: `y_*` bundles that every reader must open and `n_*` bundles that it must refuse, and why.

    python -m tests.bundles.make FOLDER

`FOLDER/verdicts.json` holds `{name: {"reason": reason class or null, "file": what the refusal must name}}`. The graphs,
programs and goldens are a few bytes: a loader does not look inside them before it has refused.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from runtime_py.files.artifact import write_json
from tests.bundles.cases import BAD, GOOD
from tests.bundles.good import write_good


@dataclass(frozen=True)
class Verdict:
    """The reason class of the refusal and the file that its sentence names; both None for a good bundle."""

    reason: str | None
    file: str | None


def write_corpus(folder: Path) -> dict[str, Verdict]:
    """Write every case under `folder`, and `verdicts.json`."""
    good = folder / "y_packaged"
    write_good(good)
    verdicts = {"y_packaged": Verdict(None, None)}
    cases: dict[str, Callable[[Path], object]] = {k: v for k, v in GOOD.items() if k != "y_packaged"}
    for name, mutate in {**cases, **{name: case[0] for name, case in BAD.items()}}.items():
        shutil.copytree(good, folder / name)
        mutate(folder / name)
        verdicts[name] = Verdict(*BAD[name][1:]) if name in BAD else Verdict(None, None)
    write_json(folder / "verdicts.json", {name: asdict(verdict) for name, verdict in verdicts.items()})
    return verdicts


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]))
