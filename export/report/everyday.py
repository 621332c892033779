"""The page's parts about talk: one conversation with what was kept and answered, and the everyday suite's figures."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from export.report.html import join, markup, table
from export.report.plots import Bar, bar_plot
from export.report.sections import format_figure

Json = Mapping[str, Any]
_WAYS = {
    "both": "turns and facts: what ships",
    "turns": "turns alone",
    "memories": "facts alone",
    "base": "base without experts",
    "refusal": "always refusing",
}
_PLOTTED = ("answered", "unanswerable, refused")


def answers(result: Json) -> Markup:
    """Questions answered and refused by each way of answering, then by kind, then what was stored and what it cost."""
    html = Markup("")
    for split, figures in result["splits"].items():
        html += markup("<h3>Split <code>{}</code>, {} dialogues</h3>", split, figures["dialogues"])
        ways = figures["answers"]
        groups = {name: [_bar(way, row[name]) for way, row in ways.items() if name in row] for name in _PLOTTED}
        html += markup('<div class="scroll">{}</div>', bar_plot(f"Everyday questions, {split}", groups))
        names = dict.fromkeys(name for row in ways.values() for name in row)
        rows = [(name, *(format_figure(row[name]) if name in row else "–" for row in ways.values())) for name in names]
        html += table("Every figure, by kind of question", ("", *(_WAYS.get(way, way) for way in ways)), rows)
        stored = [(name, format_figure(figure)) for name, figure in figures.get("memory", {}).items()]
        if stored:
            html += table("What was stored", ("", "share"), stored)
        for way, why in figures.get("missing", {}).items():
            html += markup("<p>No figures of {}: {}</p>", _WAYS.get(way, way), why)
        if "cost" in figures:
            html += _cost(figures["cost"])
        if "example" in figures:
            html += _example(figures["example"])
    if "worlds" in result:
        found = [(name, format_figure(figure)) for name, figure in result["worlds"].items()]
        html += table("A world of our own: what must never be found, and what must", ("", "share"), found)
    return html


def _cost(cost: Mapping[str, Json]) -> Markup:
    rows = [
        (name, f"{row['seconds']['median']:.3f} N={row['seconds']['n']}", format_figure(row["calls"]))
        for name, row in cost.items()
    ]
    return table("Cost", ("", "seconds, median", "calls of the model, mean"), rows)


def _example(example: Json) -> Markup:
    """One dialogue: what was said, what was stored of it and how it was judged, every way's answers."""
    said = [(turn["id"], turn["day"], turn["speaker"], turn["text"]) for turn in example["turns"]]
    stored = [(" and ".join(row["turns"]), row["verdict"], row["text"]) for row in example["stored"]]
    ways = list(example["questions"][0]["answers"]) if example["questions"] else []
    asked = [
        (
            question["text"],
            " or ".join(question["gold"]),
            *(f"{'✓' if row['right'] else '✗'} {row['answer']}" for row in question["answers"].values()),
        )
        for question in example["questions"]
    ]
    head = ("question", "true answer", *(_WAYS.get(way, way) for way in ways))
    tables = table("What was said", ("turn", "day", "who", "what"), said, left=(1, 2, 3))
    tables += table("What was stored of it", ("turns", "verdict", "memory"), stored, left=(1, 2))
    tables += table("Questions", head, asked, left=tuple(range(1, len(head))))
    return markup("<details><summary>One dialogue, {}</summary>{}</details>", example["id"], tables)


def _bar(way: str, figure: Json) -> Bar:
    style = "" if way == "both" else "base"
    return Bar(_WAYS.get(way, way), figure["value"], figure["low"], figure["high"], format_figure(figure), style)


def conversation(told: Json) -> Markup:
    """What was said, what was kept of it, and questions with the true and the given answers."""
    said = [(turn["date"], turn["speaker"], turn["text"]) for turn in told.get("turns", ())]
    parts = [
        table("What was said", ("day", "who", "what"), said, left=(1, 2)) if said else Markup(""),
        table("What was kept", ("memory",), [(memory,) for memory in told["memories"]]),
        table(
            "Asked afterwards",
            ("question", "true answer", "the memory's answer"),
            [(row["question"], str(row["expected"]), row["answer"]) for row in told["questions"]],
            left=(1, 2),
        ),
    ]
    if told.get("photos"):
        parts.append(album(told["photos"]))
    return join(parts)


def album(photos: Sequence[Json]) -> Markup:
    """Each PNG with the day and words with which it was shown, and what was asked about it and answered."""
    cards = [
        markup(
            '<figure><img src="data:image/png;base64,{}" alt="{}"><p><b>{}</b> {}</p><p>{}</p>'
            '<p class="{}">{} {}</p><p>{}</p></figure>',
            b64encode(Path(photo["file"]).read_bytes()).decode(),
            photo["words"],
            photo["day"],
            photo["words"],
            photo["question"],
            "pass" if photo["is_right"] else "fail",
            "✓" if photo["is_right"] else "✗",
            photo["answer"] if photo["is_right"] else f"{photo['answer']} (true: {photo['expected']})",
            photo["reason"] if photo["is_looked_at"] else "It did not look at this picture.",
        )
        for photo in photos
    ]
    heading = markup("<h3>Pictures, shown after the conversation and asked about at its end</h3>")
    return heading + markup('<div class="album">{}</div>', join(cards))
