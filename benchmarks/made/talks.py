"""Dialogues to label: every third exchange tells something, every ninth takes it back with another value."""

from datetime import date

from runtime_py.dialogues import Dialogue, Session, Turn

_THINGS = ("live in", "work at", "play the", "own a")


def dialogue(number: int, exchanges: int = 6) -> Dialogue:
    """One of `exchanges` exchanges in sessions of four."""
    name = f"Ana{number}"
    sessions = []
    for start in range(0, exchanges, 4):
        turns = [turn for place in range(start, min(start + 4, exchanges)) for turn in exchange(name, number, place)]
        sessions.append(Session(date(2026, 1, 1 + start % 28), tuple(turns)))
    return Dialogue(f"d{number}", (name, "Bob"), tuple(sessions))


def exchange(name: str, number: int, place: int) -> tuple[Turn, Turn]:
    """Two turns."""
    thing = _THINGS[place // 3 % len(_THINGS)] if place % 9 else _THINGS[0]
    text = f"I {thing} Kluvo{number}x{place}." if place % 3 == 0 else f"Nice weather number {number} {place}!"
    return Turn(f"t{place}a", name, text), Turn(f"t{place}b", "Bob", f"Well, well, {name} {place}.")


def talks(count: int, exchanges: int = 6) -> list[Dialogue]:
    """`count` dialogues."""
    return [dialogue(number, exchanges) for number in range(count)]
