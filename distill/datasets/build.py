"""`datasets/<operation>/<split>.jsonl` beside a manifest."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from distill.datasets.example import Builder
from runtime_py import operations
from runtime_py.dialogues import Dialogue
from runtime_py.files import Example, write_example, write_folder, write_manifest

ROOM = "distill.datasets"


def build_datasets(dialogues: Iterable[Dialogue], operation: str) -> Iterator[Example]:
    """Examples of one operation from dialogues with oracle facts and events, in their order; the same on every run.

    Raises:
        ConfigError: an unknown operation or one without a dataset, or a dialogue without an oracle.
    """
    build: Builder = operations.part(ROOM, operation, "DATASET")
    return (example for dialogue in dialogues for example in build(dialogue, Random(f"{operation}:{dialogue.id}")))


def write_datasets(
    folder: Path,
    operation: str,
    splits: Mapping[str, Iterable[Example]],
    counts: Mapping[str, int],
    config: Mapping[str, Any],
) -> dict[str, int]:
    """Writes the first `counts[split]` examples of each split; returns how many rows each split got.

    `folder` becomes `datasets/<operation>`: a file a split, and `manifest.json` (config, sha256, rows and kinds).
    """
    rows: dict[str, int] = {}
    kinds: dict[str, dict[str, int]] = {}
    with write_folder(folder) as partial:
        for split, examples in splits.items():
            counted: Counter[str] = Counter()
            with (partial / f"{split}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
                for example in islice(examples, counts[split]):
                    file.write(write_example(example) + "\n")
                    counted[example.kind] += 1
            rows[split], kinds[split] = counted.total(), dict(sorted(counted.items()))
        write_manifest(
            partial, "memlora.dataset", {**config, "operation": operation}, facts={"rows": rows, "kinds": kinds}
        )
    return rows
