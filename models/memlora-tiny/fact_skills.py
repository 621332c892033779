"""Skills on stored sentences: which are about the same thing, which one holds an answer, what a sentence tells."""

from datetime import date

from scene import Scene, Turns, numbered, with_document

from distill.corpus.attributes import Fact, bare_date, choose, fill
from distill.corpus.phrases import long_date, random_day, random_phrase


def neighbour(scene: Scene, fact: Fact) -> Fact:
    """The fact again, its end, another date or another value: always under the same key."""
    attribute, roll = fact.attribute, scene.random.random()
    if roll < 0.3:
        return fact
    if roll < 0.55 and attribute.lost:
        return Fact(attribute, fact.person, fact.values, lost=True)
    if "t" in fact.values:
        return Fact(attribute, fact.person, {**fact.values, "t": scene.when()})
    fresh = scene.fact(fact.person, attribute)
    kept = {slot: fact.values[slot] for slot in attribute.key}
    return (
        Fact(attribute, fact.person, {**fresh.values, **kept}) if attribute.name == "kin" or not attribute.key else fact
    )


def match(scene: Scene) -> Turns:
    """The numbered line about the same thing as a sentence, or none."""
    random, facts = scene.random, scene.crowd(2, 8)
    keys = {fact.key for fact in facts}
    turns: Turns = []

    def probe() -> tuple[str, str, str]:
        while True:
            if random.random() < 0.3:
                seed = random.choice(facts)
                other = scene.fact(
                    random.choice(facts).person, seed.attribute if random.random() < 0.6 else None, lost=0.2
                )
                if other.key not in keys:
                    return other.text, "none", "none"
            else:
                index = random.randrange(len(facts))
                return neighbour(scene, facts[index]).text, f"{index}: {facts[index].text}", str(index)

    for _ in range(random.randint(2, 4)):
        if random.random() < 0.25:
            probes = [probe() for _ in range(random.randint(2, 3))]
            turns.append(
                ("\n".join(["Closest to each:", *(f"- {p[0]}" for p in probes)]), "\n".join(p[2] for p in probes))
            )
        else:
            text, line, index = probe()
            if random.random() < 0.35:
                turns.append((f"Number of the closest to: {text}", index))
            else:
                turns.append((f"Closest to: {text}", line))
    return with_document(numbered([fact.text for fact in facts]), turns)


def relation(scene: Scene) -> Turns:
    """How a later sentence stands to an earlier one: same, changed, ended, another."""
    turns: Turns = []
    for _ in range(scene.random.randint(2, 4)):
        old, roll = scene.fact(), scene.random.random()
        if roll < 0.6:
            new = neighbour(scene, old)
            label = "same" if new.text == old.text else "ended" if new.lost else "changed"
        else:
            person = old.person if scene.random.random() < 0.5 else scene.name()
            new = scene.fact(person, old.attribute if scene.random.random() < 0.6 else None, lost=0.15)
            if new.key == old.key:
                label = "same" if new.text == old.text else "ended" if new.lost else "changed"
            else:
                label = "another"
        turns.append((f"First: {old.text}\nThen: {new.text}\nThat is", label))
    return turns


def find_line(scene: Scene) -> Turns:
    """Which line holds the answer (the whole line, never the answer), the date of a line, the end of a line."""
    random, facts = scene.random, scene.crowd(2, 10)
    style = random.choice(["dated", "dated", "numbered", "plain"])
    days: list[date] = sorted(random_day(random) for _ in facts)
    lines = [fact.text for fact in facts]
    if style == "dated":
        lines = [f"{long_date(day)}: {line}" for day, line in zip(days, lines, strict=True)]
    elif style == "numbered":
        lines = [f"{index}: {line}" for index, line in enumerate(lines)]
    turns: Turns = []
    for _ in range(random.randint(3, 6)):
        index, roll = random.randrange(len(facts)), random.random()
        fact = facts[index]
        if roll < 0.15:
            seed = random.choice(facts)
            other = scene.fact(seed.person, seed.attribute if random.random() < 0.3 else None)
            if any(f.attribute == other.attribute and f.person == other.person for f in facts):
                continue
            turns.append((f"Line for: {scene.ask(other)}", "none"))
        elif roll < 0.25 and style == "dated":
            turns.append((f"Date of: {fact.text}", long_date(days[index])))
        elif roll < 0.42:
            end = fact.values.get("t", fact.values["a"])
            turns.append((f"Complete: {fact.text.split(end)[0].strip()}", end + fact.text.split(end, 1)[1]))
        elif roll < 0.52 and fact.attribute.ask_all:
            same = [
                line
                for line, f in zip(lines, facts, strict=True)
                if f.attribute == fact.attribute and f.person == fact.person
            ]
            question = fill(choose(random, fact.attribute.ask_all, scene.split), fact.person, fact.values)
            turns.append((f"Lines for: {question}", "\n".join(same)))
        else:
            question = scene.ask(fact)
            first = next(
                line for line, f in zip(lines, facts, strict=True)
                if f.attribute == fact.attribute and f.person == fact.person and asks_the_same(f, fact)
            )  # fmt: skip
            turns.append((f"Line for: {question}", first))
    return with_document("\n".join(lines), turns) if turns else find_line(scene)


def asks_the_same(one: Fact, two: Fact) -> bool:
    """Whether a question about `two` is answered by `one` as well: same kin, pet kind, or place asked about."""
    asked = two.attribute.ask[0]
    return all(one.values[slot] == two.values[slot] for slot in two.values if f"{{{slot}}}" in asked)


def read_one(scene: Scene) -> Turns:
    """A question about one sentence."""
    random = scene.random
    turns: Turns = []
    for _ in range(random.randint(2, 4)):
        fact = scene.fact()
        if random.random() < 0.2:
            other = scene.fact(random.choice([fact.person, scene.name()]))
            answer = "not said" if other.key[:2] != fact.key[:2] else fact.answer
            asked = scene.ask(other) if answer == "not said" else scene.ask(fact)
        elif fact.attribute.ask_what and random.random() < 0.3:
            asked = fill(choose(random, fact.attribute.ask_what, scene.split), fact.person, fact.values)
            answer = fact.values["a"]
        else:
            asked, answer = scene.ask(fact), fact.answer
        turns.append((f"{fact.text}. {asked}", answer))
    return turns


def sort_out(scene: Scene) -> Turns:
    """All lines about a person."""
    random, facts = scene.random, scene.crowd(3, 7)
    turns = [
        (f"Lines about {name}:", "\n".join(f.text for f in facts if f.person == name) or "none")
        for name in random.sample([*{f.person: None for f in facts}, scene.name()], 2)
    ]
    return with_document("\n".join(f.text for f in facts), turns)


def calendar(scene: Scene) -> Turns:
    turns: Turns = []
    for _ in range(scene.random.randint(2, 4)):
        today = random_day(scene.random)
        phrase = random_phrase(scene.random, scene.random.choice(["past", "future"]), today)
        if "day" in phrase.resolved or phrase.resolved.startswith(("on ", "in the week")):
            turns.append((f"Without the first word: {phrase.resolved}", bare_date(phrase.resolved)))
        else:
            turns.append((f"Today is {long_date(today)}. {phrase.spoken.capitalize()} is", phrase.resolved))
    return turns
