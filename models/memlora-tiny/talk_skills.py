"""Skills on talk: who said what, and the same in the third person."""

from scene import Scene, Turns, speaker_facts, with_document

from distill.corpus.attributes import choose, fill
from distill.corpus.speech import greeting, message, small_talk


def rewrite(scene: Scene) -> Turns:
    """What one speaker says, as sentences in the third person; sometimes back again."""
    random = scene.random
    if random.random() < 0.12:
        fact = scene.fact(lost=0.2)
        wordings = fact.attribute.drop if fact.lost else fact.attribute.say
        return [
            (f"{fact.text}\nIn first person:", fill(choose(random, wordings, scene.split), fact.person, fact.values))
        ]
    turns: Turns = []
    for _ in range(random.randint(1, 2)):
        name, other = scene.names(2)
        facts = speaker_facts(scene, name, random.choice([0, 1, 1, 1, 2, 2, 3]))
        text = message(random, [scene.say(fact) for fact in facts], other, scene.split)
        turns.append((f"{name} says: {text}\nIn third person:", "\n".join(fact.text for fact in facts) or "nothing"))
    return turns


def one_side(scene: Scene) -> Turns:
    """Two people talk; what one of them says of herself, in the third person."""
    random, pair = scene.random, scene.names(2)
    facts = {name: speaker_facts(scene, name, random.choice([0, 1, 1, 2])) for name in pair}
    prefix = random.choice([("", ""), ("user: ", "assistant: "), ("A - ", "B - ")])
    talk = [
        f"{mark}{name}: {message(random, [scene.say(f) for f in facts[name]], pair[1 - index], scene.split)}"
        for index, (mark, name) in enumerate(zip(prefix, pair, strict=True))
    ]
    asked = random.sample(pair, random.choice([1, 2, 2]))
    return with_document(
        "\n".join(talk),
        [(f"{name} in third person:", "\n".join(f.text for f in facts[name]) or "nothing") for name in asked],
    )


def who_said(scene: Scene) -> Turns:
    random, pair = scene.random, scene.names(2)
    prefix = random.choice([("", ""), ("user: ", "assistant: "), ("A - ", "B - ")])
    said: list[tuple[str, str]] = []
    talk: dict[str, str] = {}
    for index, name in enumerate(pair):
        parts = [scene.say(fact) for fact in speaker_facts(scene, name, random.randint(0, 2))]
        parts.append(small_talk(random, scene.split))
        random.shuffle(parts)
        said += [(part, name) for part in parts]
        talk[name] = " ".join([greeting(random, pair[1 - index], scene.split), *parts])
    turns: Turns = []
    for _ in range(random.randint(2, 4)):
        part, name = random.choice(said)
        turns.append((f"Who said: {part}", name) if random.random() < 0.7 else (f"Quote {name}:", talk[name]))
    return with_document("\n".join(f"{m}{n}: {talk[n]}" for m, n in zip(prefix, pair, strict=True)), turns)


def tell_news(scene: Scene) -> Turns:
    turns: Turns = []
    for _ in range(scene.random.randint(1, 3)):
        idle = scene.random.random() < 0.5
        text = small_talk(scene.random, scene.split) if idle else scene.say(scene.fact(lost=0.2))
        turns.append((f"small talk or news? {text}", "small talk" if idle else "news"))
    return turns
