"""How an outcome reads in the terminal."""

from rich.text import Text

from runtime_py.memory import Applied, Empty, Outcome, Stored

_STYLES = {"ADD": "green", "UPDATE": "yellow", "DELETE": "red", "NONE": "dim"}


def describe(outcome: Outcome) -> list[Text]:
    """A line for each memory that was remembered, changed or forgotten."""
    if isinstance(outcome, Stored):
        return [Text(sentence(event), _STYLES[event.event]) for event in outcome.events]
    if isinstance(outcome, Empty):
        return [Text(f"nothing to remember: {outcome.reason}", "dim")]
    return [Text(f"kept word for word only: {outcome.reason}", "red")]


def sentence(event: Applied) -> str:
    """What happened to one memory."""
    if event.event == "ADD":
        return f"remembered {event.id}: {event.memory}"
    if event.event == "UPDATE":
        return f"changed {event.id}: {event.previous_memory} -> {event.memory}"
    if event.event == "DELETE":
        return f"forgotten {event.id}: {event.memory}"
    return f"known already: {event.memory}"
