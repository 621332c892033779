"""Writes changed files of each reader with the verdict of Python's, for readers in other languages to agree with.

    python -m tests.fuzz.verdicts FOLDER

`FOLDER/verdicts.json` holds `{"seed": number, "readers": {reader: [reason class or null, ..]}}`, `FOLDER/<reader>.bin`
the files in that order, each after its length as u32, little-endian.
"""

import json
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from runtime_py.errors import BundleError
from runtime_py.programs import check_embedder_graph, check_graph, check_vision_graph
from tests import seeing
from tests.fuzz.changes import changed
from tests.fuzz.readers import READERS, Read, Reader
from tests.runtime_py.programs.test_graph import FACTS, language_model, product

SEED = 20_260_101
HIDDEN = 16
NAMES = ("manifest", "index", "adapter", "grammar", "graph", "program")


def _on_disk(check: Callable[[Path], object]) -> Read:
    def read(data: bytes, path: Path) -> None:
        path.write_bytes(data)
        check(path)

    return read


OF_GRAPHS = (
    Reader("model", lambda _folder: language_model(), _on_disk(lambda path: check_graph(path, **FACTS))),
    Reader("embedder", lambda _folder: product().SerializeToString(), _on_disk(check_embedder_graph)),
    Reader(
        "vision",
        lambda folder: seeing.write_graph(folder / "good", HIDDEN).read_bytes(),
        _on_disk(lambda path: check_vision_graph(path, seeing.SIDE, seeing.TOKENS, HIDDEN)),
    ),
)


@dataclass(frozen=True)
class Changed:
    """A file's bytes and the reason of its refusal, None where it is taken."""

    data: bytes
    reason: str | None


def change(reader: Reader, count: int, folder: Path, seed: int = SEED) -> list[Changed]:
    """A good file of `reader` and `count` changed ones; changes of what was taken go further in."""
    numbers, good = Random(f"{seed} {reader.name}"), reader.good(folder)
    taken, files = [good], [Changed(good, None)]
    while len(files) <= count:
        data = changed(numbers, numbers.choice(taken))
        try:
            reader.read(data, folder / "file")
            files.append(Changed(data, None))
            if len(taken) < 64:
                taken.append(data)
        except BundleError as e:
            files.append(Changed(data, e.reason))
    return files


def write_verdicts(folder: Path, count: int = 400) -> dict[str, list[Changed]]:
    """Write the files of every reader under `folder`, and `verdicts.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    by_reader = {}
    for reader in (*(reader for reader in READERS if reader.name in NAMES), *OF_GRAPHS):
        with TemporaryDirectory() as place:
            files = by_reader[reader.name] = change(reader, count, Path(place))
        packed = b"".join(struct.pack("<I", len(file.data)) + file.data for file in files)
        (folder / f"{reader.name}.bin").write_bytes(packed)
    verdicts = {name: [file.reason for file in files] for name, files in by_reader.items()}
    (folder / "verdicts.json").write_text(json.dumps({"seed": SEED, "readers": verdicts}))
    return by_reader


if __name__ == "__main__":
    write_verdicts(Path(sys.argv[1]))
