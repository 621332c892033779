"""Two views of a conversation: it is remembered once for each speaker, who is the user there, and both are read."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from runtime_py.dialogues import Dialogue
from runtime_py.memory import Memory, Outcome, Session, ingest, to_sessions
from runtime_py.memory.ingest import Tally
from runtime_py.operations.generate import DatedMemory

Advance = Callable[[str], None]
Told = tuple[int, DatedMemory]
"""What may be read: a number in the order in which it was stored, and the memory or turn."""


def user_of(dialogue: Dialogue, speaker: str) -> str:
    """The store's user for one view."""
    return f"{dialogue.id}/{speaker}"


def view_of(dialogue: Dialogue, speaker: str) -> list[Session]:
    """The sessions with `speaker` as the user and the other one as the assistant."""
    others = tuple(name for name in dialogue.speakers if name != speaker)
    return to_sessions(replace(dialogue, speakers=(speaker, *others)))


def exchanges_of(dialogue: Dialogue) -> int:
    """Exchanges of one view."""
    return sum(-(-len(session.turns) // 2) for session in dialogue.sessions)


def remember(memory: Memory, dialogue: Dialogue, advance: Advance = lambda _what: None) -> dict[str, Tally]:
    """Both views into the store, by speaker; goes on where it was killed. Raises `StoreError`."""

    def step(_outcome: Outcome) -> None:
        advance(f"remembering {dialogue.id}")

    return {name: ingest(memory, user_of(dialogue, name), view_of(dialogue, name), step) for name in dialogue.speakers}


def read_facts(memory: Memory, dialogue: Dialogue, question: str, per_speaker: int) -> list[Told]:
    """The best `per_speaker` memories of each speaker, best first; what both views hold in equal words is read once."""
    hits = [hit for name in dialogue.speakers for hit in memory.search(question, user_of(dialogue, name), per_speaker)]
    best = sorted(hits, key=lambda hit: (-hit.score, hit.memory.id))
    first = {hit.memory.text: hit.memory for hit in reversed(best)}
    order = dict.fromkeys(hit.memory.text for hit in best)
    return [(first[text].id, DatedMemory(text, first[text].day)) for text in order]


def read_turns(memory: Memory, dialogue: Dialogue, question: str, limit: int) -> list[Told]:
    """The best `limit` raw turns, best first; both views hold the same ones."""
    turns = memory.search_turns(question, user_of(dialogue, dialogue.speakers[0]), limit)
    return [(turn.id, DatedMemory(turn.text, turn.day, turn.speaker)) for turn in turns]


def read_everything(memory: Memory, dialogue: Dialogue) -> list[Told]:
    """Every raw turn, the newest first: what does not fit is dropped from the oldest on."""
    turns = memory.store.turns(user_of(dialogue, dialogue.speakers[0]))
    return [(turn.id, DatedMemory(turn.text, turn.day, turn.speaker)) for turn in reversed(turns)]


def in_order(told: Sequence[Told]) -> tuple[DatedMemory, ...]:
    """As they were stored: `generate` sorts by day and keeps this order within one."""
    return tuple(entry for _, entry in sorted(told, key=lambda pair: pair[0]))
