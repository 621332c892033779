"""Judges stores that a kill left behind: `python -m tests.stores.killed FOLDER`; exit code 1 for one that is not whole.

Each `FOLDER/NAME` holds `store.db` as the kill left it, with its log, and `told.txt`: a line for each turn that was
acknowledged, its number and, behind tabs, `ID TEXT` of the memories that it wrote. `Talker` of
`android_demo/engine`'s tests says what is said.
"""

import sys
from pathlib import Path

from runtime_py.errors import StoreError
from runtime_py.store import Store

USER = "ana"


def faults(folder: Path) -> list[str]:
    """What is wrong with one store; empty when nothing is."""
    told = [line.split("\t") for line in (folder / "told.txt").read_text("utf-8").splitlines()]
    promised = {int(number): text for row in told for number, _, text in (each.partition(" ") for each in row[1:])}
    try:
        with Store(folder / "store.db", None) as store:
            found = [str(fault) for fault in store.check()]
            pages = [row[0] for row in store.rows("PRAGMA integrity_check")]
            texts = [row["text"] for row in store.rows("SELECT text FROM turns ORDER BY id")]
            memories = {memory.id: memory.text for memory in store.memories(USER, include_past=True)}
    except StoreError as e:
        return [str(e)]
    if pages != ["ok"]:
        found += pages
    paid = [text.removesuffix(" euros.").split()[-1] for text in texts]
    if paid != [str(number) for number in range(len(texts))] or len(texts) - len(told) not in (0, 1):
        found.append(f"expected each of {len(told)} turns once, and one more at most, got {paid}")
    if (len(texts) == len(told) and promised != memories) or set(promised) - set(memories):
        found.append(f"expected the memories {promised}, got {memories}")
    return found


def main(folder: Path) -> int:
    """The exit code."""
    stores = sorted(folder.iterdir())
    wrong = {store.name: found for store in stores if (found := faults(store))}
    for name, found in wrong.items():
        sys.stderr.write(f"{name}: {'; '.join(found)}\n")
    sys.stderr.write(f"{len(stores) - len(wrong)} of {len(stores)} stores are whole\n")
    return 1 if wrong or not stores else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
