"""`datasets/<operation>` of an operation that reads pictures: a file of rows a split, pictures, a manifest."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from distill.corpus.scenes import Scene, generate_scenes
from distill.datasets.build import ROOM
from distill.datasets.vqa import image_name
from runtime_py import operations
from runtime_py.files import is_current, read_manifest, write_example, write_folder, write_manifest

Advance = Callable[[], None]
_MORE = 4
_PACKED_LITTLE = 1  # a grain cannot be packed well, and the best packing takes five times as long as painting


def scenes_of(split: str, count: int, seed: int) -> Iterator[Scene]:
    """The scenes of a split of a dataset: only those of training have more questions than one."""
    return generate_scenes(split, count, seed, _MORE if split == "train" else 0)


def write_scenes(
    folder: Path, operation: str, counts: Mapping[str, int], seed: int, advance: Advance = lambda: None
) -> dict[str, dict[str, int]]:
    """Paints `counts[split]` scenes of each split into `folder`; rows by split and kind of question.

    The same seed gives the same rows and pixels; what is there already and unchanged is left alone.

    Raises:
        ConfigError: no font with pictograms, an operation that reads no pictures, or a folder with other content.
    """
    examples = operations.part(ROOM, operation, "PICTURED")
    config = {"operation": operation, "seed": seed, "counts": dict(counts)}
    if is_current(folder, config):
        return dict(read_manifest(folder)["facts"]["kinds"])
    kinds: dict[str, dict[str, int]] = {}
    with write_folder(folder) as partial:
        (partial / "images").mkdir()
        for split, count in counts.items():
            counted: Counter[str] = Counter()
            with (partial / f"{split}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
                for scene in scenes_of(split, count, seed):
                    scene.paint().save(partial / image_name(scene), compress_level=_PACKED_LITTLE)
                    for example in examples(scene):
                        file.write(write_example(example) + "\n")
                        counted[example.kind] += 1
                    advance()
            kinds[split] = dict(sorted(counted.items()))
        write_manifest(partial, "memlora.dataset", config, ["pillow"], {"kinds": kinds})
    return kinds
