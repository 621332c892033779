"""A memory turn as it happens: what a bundle's experts are asked in a conversation, and what they say."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runtime_py import operations
from runtime_py.bundle import Bundle, Experts
from runtime_py.dialogues import Dialogue
from runtime_py.files import Example
from runtime_py.memory import Memory, ingest, to_sessions
from runtime_py.operations.generate import GenerateInput
from runtime_py.operations.generator import Generated
from runtime_py.operations.select import SelectInput
from runtime_py.store import Store


class Recorder:
    """A bundle's experts; keeps every input and the text that came of it."""

    def __init__(self, bundle: Bundle) -> None:
        self.rows: dict[str, list[Example]] = {}
        self._experts = Experts.of_memory(bundle)

    @property
    def operations(self) -> Collection[str]:
        """As `Generator.operations`."""
        return self._experts.operations

    def run(self, operation: str, given: Any) -> Generated:
        """As `Generator.run`."""
        text, is_cut = self._experts.complete(operation, given)
        rows = self.rows.setdefault(operation, [])
        rows.append(Example(f"{operation}/{len(rows) + 1}", to_row(given), text))
        return Generated(operations.get(operation).parse(text), is_cut)

    def fits(self, operation: str, given: Any) -> bool:
        """As `Generator.fits`."""
        return self._experts.fits(operation, given)


def to_row(given: SelectInput | GenerateInput) -> dict[str, Any]:
    """An input as its operation's `read_input` reads it."""
    row = asdict(given)
    if isinstance(given, SelectInput):
        row["date"] = row.pop("session_date")
    else:
        row["memories"] = [{"text": m["text"], "date": m["day"], "speaker": m["speaker"]} for m in row["memories"]]
    found: dict[str, Any] = _plain(row)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def record(bundle: Bundle, dialogue: Dialogue) -> dict[str, list[Example]]:
    """Operation -> the rows of a conversation that is remembered and then asked about."""
    recorder, embedder = Recorder(bundle), bundle.embedder()
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "memory.db", embedder)
        with Memory(recorder, embedder, store, bundle.prompt("generate").retrieve_k) as memory:
            ingest(memory, dialogue.id, to_sessions(dialogue))
            for question in dialogue.questions:
                memory.ask(question.text, dialogue.id, asker=question.asker)
    return recorder.rows


def evenly(rows: Sequence[Example], count: int) -> list[Example]:
    """`count` of the rows, as far from each other as from the ends."""
    return [rows[(2 * place + 1) * len(rows) // (2 * count)] for place in range(count)]
