"""What new facts do to near memories where no model is asked: the rule of `relations`, in the events of update."""

from collections.abc import Sequence

from runtime_py.memory.rules.parts import remaining
from runtime_py.memory.rules.relations import compare
from runtime_py.operations.update import MemoryEvent


def decide_changes(memories: Sequence[str], facts: Sequence[str]) -> list[MemoryEvent]:
    """Events for `facts` beside near `memories`, which they name by their places.

    A fact that tells the relation of a memory anew updates the newest such one; one that takes memories back ends them
    and is added itself, as it may say what holds now; any other is added. Of a memory of several sentences those that
    the fact does not touch stay, as an update to themselves; its place names those for the facts that follow.
    """
    memories, events = list(memories), list[MemoryEvent]()
    changed: set[int] = set()
    for fact in facts:
        open_places = [place for place in range(len(memories)) if place not in changed]
        rests = {place: remaining(memories[place], fact) for place in open_places}
        relations = {place: compare(memories[place], fact) for place in open_places}
        same = [place for place, relation in relations.items() if relation == "same"]
        ended = [place for place, relation in relations.items() if relation == "retracts" or rests[place] == ""]
        cut = {place: rest for place, rest in rests.items() if rest}
        changed |= {*same[-1:], *ended}
        events += [MemoryEvent(str(place), memories[place], "DELETE") for place in ended]
        for place, rest in cut.items():
            events.append(MemoryEvent(str(place), rest, "UPDATE"))
            memories[place] = rest
        if same:
            events.append(MemoryEvent(str(same[-1]), fact, "UPDATE"))
        else:
            events.append(MemoryEvent(str(len(memories)), fact, "ADD"))
    return events
