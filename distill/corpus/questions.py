"""Questions about a finished story: single-hop, multi-hop, temporal and unanswerable, with answer and evidence."""

from collections.abc import Callable, Sequence

from distill.corpus.attributes import Attribute, Fact, attributes, bare_date, choose, fill, random_values
from distill.corpus.story import Memory, Story
from runtime_py.dialogues import CATEGORIES, Question
from runtime_py.operations.generate import UNANSWERABLE

_SHARES = {"single_hop": 40, "multi_hop": 20, "temporal": 25, "unanswerable": 15}
# to learn whose fact it is, an expert needs the questions whose only match is the other person's
_TRAINING_SHARES = {"single_hop": 35, "multi_hop": 20, "temporal": 20, "unanswerable": 25}

Draft = tuple[str, str, tuple[str, ...]]  # question, answer, evidence


def ask(story: Story, count: int) -> tuple[Question, ...]:
    """At most `count` different questions; fewer where the story has no material for a kind."""
    makers: dict[str, Callable[[Story], Draft | None]] = {
        "single_hop": _single_hop,
        "multi_hop": _multi_hop,
        "temporal": _temporal,
        "unanswerable": _unanswerable,
    }
    shares = _TRAINING_SHARES if story.split == "train" else _SHARES
    found: dict[str, Question] = {}
    for kind in story.random.choices(list(shares), list(shares.values()), k=count):
        for _ in range(8):
            draft = makers[kind](story)
            if draft is not None and draft[0] not in found:
                text, answer, evidence = draft
                found[text] = Question(f"q{len(found) + 1}", text, kind, answer, evidence, CATEGORIES[kind])
                break
    return tuple(found.values())


def _word(story: Story, wordings: Sequence[str], fact: Fact) -> str:
    return fill(choose(story.random, wordings, story.split), fact.person, fact.values)


def _values_asked(attribute: Attribute) -> tuple[str, ...]:
    """Slots that a plain question about the attribute mentions (the kind of pet, the place visited)."""
    return tuple(slot for slot, _ in attribute.slots if any(f"{{{slot}}}" in wording for wording in attribute.ask))


def _answers(story: Story, fact: Fact) -> list[Memory]:
    """Memories that a plain question about the fact is about."""
    asked = _values_asked(fact.attribute)
    return [
        memory
        for memory in story.memories.values()
        if memory.fact.attribute == fact.attribute
        and memory.fact.person == fact.person
        and all(memory.fact.values[slot] == fact.values[slot] for slot in asked)
    ]


def _pick(story: Story, memories: Sequence[Memory]) -> Memory | None:
    return story.random.choice(memories) if memories else None


def _single_hop(story: Story) -> Draft | None:
    memory = _pick(story, list(story.memories.values()))
    if memory is None:
        return None
    fact = memory.fact
    if fact.attribute.time:
        same = [
            m
            for m in story.memories.values()
            if (m.fact.attribute, m.fact.person, m.fact.values.get("t"))
            == (fact.attribute, fact.person, fact.values["t"])
        ]
        if len(same) > 1:
            return None
        return _word(story, fact.attribute.ask_what, fact), fact.values["a"], (memory.turn,)
    if len(_answers(story, fact)) > 1:
        return None
    return _word(story, fact.attribute.ask, fact), fact.answer, (memory.turn,)


def _temporal(story: Story) -> Draft | None:
    memory = _pick(story, [m for m in story.memories.values() if m.fact.attribute.time])
    if memory is None:
        return None
    return _word(story, memory.fact.attribute.ask, memory.fact), bare_date(memory.fact.values["t"]), (memory.turn,)


def _multi_hop(story: Story) -> Draft | None:
    """All values of an attribute, oldest first, or a fact about a relative who is named elsewhere."""
    drafts: list[Draft] = []
    for memory in story.memories.values():
        fact = memory.fact
        if fact.attribute.ask_all:
            same = [
                m for m in story.memories.values() if (m.fact.attribute, m.fact.person) == (fact.attribute, fact.person)
            ]
            same.sort(key=lambda m: m.day)
            if len(same) > 1 and memory is same[0]:
                question = _word(story, fact.attribute.ask_all, fact)
                drafts.append((question, ", ".join(m.fact.values["a"] for m in same), tuple(m.turn for m in same)))
        if fact.attribute.ask_bridge:
            for kin in story.memories.values():
                if kin.fact.attribute.name == "kin" and kin.fact.values["a"] == fact.person:
                    wording = choose(story.random, fact.attribute.ask_bridge, story.split)
                    question = wording.format(P=kin.fact.person, b=kin.fact.values["b"])
                    drafts.append((question, fact.answer, (kin.turn, memory.turn)))
    return story.random.choice(drafts) if drafts else None


def _unanswerable(story: Story) -> Draft | None:
    """Never said, taken back, or true only of the other person."""
    random, roll = story.random, story.random.random()
    if roll < 0.35 and story.ended:
        fact = random.choice(story.ended).fact
    elif roll < 0.75 and story.memories:
        other = random.choice(list(story.memories.values())).fact
        if other.person not in story.speakers:
            return None
        person = story.speakers[1 - story.speakers.index(other.person)]
        fact = Fact(other.attribute, person, other.values)
    else:
        attribute = random.choice([a for a in attributes().values() if a.about == "self"])
        fact = Fact(attribute, random.choice(story.speakers), random_values(random, attribute, story.split, "soon"))
    if _answers(story, fact):
        return None
    return _word(story, fact.attribute.ask, fact), UNANSWERABLE, ()
