"""Skills on text as such: repeating, looking up, numbering, editing, writing JSON."""

from scene import Scene, Turns, dumps, numbered, with_document

KEYS = (
    "items", "list", "names", "values", "lines", "words", "data", "result",
    "output", "entries", "notes", "things", "rows", "keys", "facts", "memory",
)  # fmt: skip
COLUMNS = ("name", "city", "id", "text", "title", "kind", "note", "age", "event", "value", "status")
CODES = ("ADD", "UPDATE", "DELETE", "NONE", "OPEN", "DONE", "NEW", "OLD", "YES", "NO", "KEEP", "DROP")


def repeat(scene: Scene) -> Turns:
    random = scene.random
    turns = []
    for _ in range(random.randint(1, 2)):
        if random.random() < 0.6:
            text = " ".join(scene.item() for _ in range(random.randint(2, 12)))
        else:
            text = " ".join(f"{line}." for line in scene.lines(random.randint(1, 3), 1.0))
        turns.append((f"Repeat: {text}", text))
    return turns


def look_up(scene: Scene) -> Turns:
    random = scene.random
    separator = random.choice([": ", " = ", " - "])
    table = {scene.item(): scene.item() for _ in range(random.randint(3, 9))}
    turns = []
    for _ in range(random.randint(2, 5)):
        key, roll = random.choice(list(table)), random.random()
        if roll < 0.2:
            turns.append((f"Look up: {scene.word().capitalize()}", "none"))
        elif roll < 0.4:
            turns.append((f"Key of: {table[key]}", next(k for k in table if table[k] == table[key])))
        else:
            turns.append((f"Look up: {key}", table[key]))
    return with_document("\n".join(f"{key}{separator}{value}" for key, value in table.items()), turns)


def write_json(scene: Scene) -> Turns:
    random = scene.random
    lines, key, roll = scene.lines(random.randint(0, 4), 0.7), random.choice(KEYS), random.random()
    if roll < 0.4:
        return [("\n".join([f"Make a JSON list, key {key}:", *(f"- {line}" for line in lines)]), dumps({key: lines}))]
    if roll < 0.65:
        columns = random.sample(COLUMNS, random.randint(1, 4))
        rows = [
            {c: str(random.randint(0, 9)) if c == "id" else scene.item() for c in columns}
            for _ in range(random.randint(1, 3))
        ]
        shown = "\n".join(", ".join(f"{c}: {v}" for c, v in row.items()) for row in rows)
        return [(f"Make JSON rows, key {key}:\n{shown}", dumps({key: rows}))]
    if roll < 0.88:
        columns = random.choice(
            [["id", "text", "event"], ["id", "text", "status"], ["id", "note", "kind"], ["id", "text"]]
        )
        rows = [
            {
                c: str(random.randint(0, 9)) if c == "id" else line if c in ("text", "note") else random.choice(CODES)
                for c in columns
            }
            for line in scene.lines(random.randint(1, 3), 0.9)
        ]
        shown = "\n".join(" | ".join(row.values()) for row in rows)
        return [(f"Make JSON rows, key {key}, columns {' '.join(columns)}:\n{shown}", dumps({key: rows}))]
    return [(f"Read the JSON: {dumps({key: lines})}", "\n".join(f"- {line}" for line in lines) or "empty")]


def number(scene: Scene) -> Turns:
    random = scene.random
    lines = scene.lines(random.randint(2, 8), 0.7)
    turns = []
    for _ in range(random.randint(2, 4)):
        index, roll = random.randrange(len(lines)), random.random()
        if roll < 0.35:
            turns.append((f"Text of {index}?", lines[index]))
        elif roll < 0.8:
            turns.append((f"Number of: {lines[index]}", str(lines.index(lines[index]))))
        else:
            turns.append(("Next free number?", str(len(lines))))
    return with_document(numbered(lines), turns)


def edit(scene: Scene) -> Turns:
    random, roll = scene.random, scene.random.random()
    if roll < 0.5:
        words = scene.fact(lost=0.2).text.split(" ")
        old, new = random.choice(words), scene.item()
        return [
            (f"Replace {old} with {new}: {' '.join(words)}", " ".join(new if word == old else word for word in words))
        ]
    lines = scene.lines(random.randint(2, 5), 0.7)
    shown = [f"- {line}" for line in lines]
    if roll < 0.75:
        gone = random.choice(lines)
        return [("\n".join([f"Remove {gone}:", *shown]), "\n".join(f"- {line}" for line in lines if line != gone))]
    extra = scene.lines(1, 0.7)[0]
    return [("\n".join([f"Add {extra}:", *shown]), "\n".join([*shown, f"- {extra}"]))]
