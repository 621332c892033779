"""The folder of a run: each stage writes its result whole into a folder named by the hash of what it is made from."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evaluation.figures.journal import fingerprint
from runtime_py.files import is_current, write_folder, write_json, write_manifest
from runtime_py.progress import Progress, silent

KIND = "memlora.reproduction"
WORK = "work"
Make = Callable[[Path, Path], Mapping[str, Any]]
"""A folder that outlives a kill, and the stage's own, to be filled -> facts for its manifest."""


class RunFolder:
    """`path` holds a folder for each stage; `progress` is told what is being done."""

    def __init__(self, path: Path, progress: Progress = silent) -> None:
        self.path, self.progress = path, progress
        self.made: list[str] = []

    def named(self, name: str, made_from: Mapping[str, Any]) -> Path:
        """The place of what is `made_from` these values."""
        return self.path / f"{re.sub(r'[^A-Za-z0-9_.]+', '-', name)}-{fingerprint(name, dict(made_from))[:12]}"

    def stage(self, name: str, made_from: Mapping[str, Any], make: Make) -> Path:
        """The stage's folder; `make` is called unless it is there, whole and unchanged."""
        folder = self.named(name, made_from)
        config = {"stage": name, **made_from}
        if is_current(folder, config):
            return folder
        work = self.path / WORK / folder.name
        work.mkdir(parents=True, exist_ok=True)
        with write_folder(folder) as partial:
            facts = make(work, partial)
            write_manifest(partial, KIND, config, facts=facts)
        shutil.rmtree(work)
        self.made.append(folder.name)
        return folder


def write_rows(folder: Path, name: str, value: Any) -> None:
    """`value` as `name`.json of a stage."""
    write_json(folder / f"{name}.json", value)


def read_rows(folder: Path, name: str) -> Any:
    """What `write_rows` wrote."""
    return json.loads((folder / f"{name}.json").read_text("utf-8"))
