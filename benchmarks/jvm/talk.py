"""What is said and asked, and a store that holds 10,000 memories beforehand."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from distill.corpus.broad import broad_dialogues
from distill.datasets.natural import natural_dialogues
from runtime_py.bundle import Bundle, Experts
from runtime_py.dialogues import Dialogue, Question
from runtime_py.memory import Memory, exchanges, to_sessions
from runtime_py.store import Store
from runtime_py.store.forms import normalise

USER = "me"
_DIALOGUES = 2000  # more than are needed


@dataclass(frozen=True)
class Turn:
    """An exchange that is remembered, then a question about it."""

    user: str
    messages: tuple[dict[str, str], ...]
    date: str
    session: str
    place: str
    question: str
    asker: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def turns() -> Iterator[Turn]:
    """An exchange and a question that it answers, of each dialogue in turn; no expert was taught on these hands."""
    of_dialogues = [list(_turns(dialogue)) for dialogue in natural_dialogues("test")]
    for number in count():
        found = [made[number] for made in of_dialogues if number < len(made)]
        if not found:
            return
        yield from found


def _turns(dialogue: Dialogue) -> Iterator[Turn]:
    questions: dict[str, Question] = {}
    for question in dialogue.questions:
        for turn_id in question.evidence[:1]:
            questions.setdefault(turn_id, question)
    said = iter(dialogue.turns)
    for session, place, messages in exchanges(to_sessions(dialogue)):
        ids = [next(said).id for _ in messages]
        asked = [questions[turn_id] for turn_id in ids if turn_id in questions]
        if asked and session.moment:
            told = tuple({"role": m.role, "name": m.speaker, "content": m.text} for m in messages)
            day = session.moment.isoformat()[:10]
            yield Turn(USER, told, day, session.name, place, asked[0].text, asked[0].asker)


def open_memory(bundle: Bundle, path: Path) -> Memory:
    embedder = bundle.embedder()
    experts = Experts.of_memory(bundle)
    return Memory(experts, embedder, Store(path, embedder), bundle.prompt("generate").retrieve_k)


def fill(bundle: Bundle, path: Path, wanted: int) -> None:
    """A store of `wanted` memories in the new file `path`: made sentences, each with its turn and a random unit vector.

    A search takes as long with these vectors as with an embedder's, which would take half an hour.
    """
    random = np.random.default_rng(11)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    texts = _sentences(wanted)
    with Store(partial, bundle.embedder()) as store, store.writing():
        for number, (text, day) in enumerate(texts):
            vector = random.standard_normal((1, store.dimension()), dtype=np.float32)
            vector /= np.linalg.norm(vector)
            said = [("user", "", text)]
            turns = store.put_exchange(USER, f"k{number}", f"{day}", day, said, "stored", None, vector)
            store.add_memory(USER, text, day, vector[0], turns)
    partial.rename(path)


def _sentences(wanted: int) -> list[tuple[str, date]]:
    """`wanted` different texts of made dialogues and the days they were said on."""
    found: dict[str, tuple[str, date]] = {}
    for dialogue in broad_dialogues("train", _DIALOGUES, 11):
        for session in dialogue.sessions:
            for turn in session.turns:
                if session.date is not None:
                    found.setdefault(normalise(turn.text), (turn.text, session.date))
        if len(found) >= wanted:
            return list(found.values())[:wanted]
    raise RuntimeError(f"expected {wanted} different texts, got {len(found)}")
