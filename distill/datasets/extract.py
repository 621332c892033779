"""extract rows: an exchange of the corpus -> the facts stated in it."""

from collections.abc import Iterator
from random import Random

from distill.datasets.example import Builder, exchanges
from runtime_py import operations
from runtime_py.dialogues import Dialogue
from runtime_py.files import Example

_DIGITS = frozenset("0123456789")
_KEEP_EMPTY = 0.8
_ONE_TURN = 0.08
_NO_DATE = 0.08


def examples(dialogue: Dialogue, random: Random) -> Iterator[Example]:
    """One row an exchange, the first speaker as the user, as in `memlora ingest`.

    Some are a single turn, some without a date, some of those without a fact are left out."""
    operation = operations.get("extract")
    for exchange in exchanges(dialogue):
        turns = list(exchange.turns)
        if len(turns) > 1 and random.random() < _ONE_TURN:
            turns = [random.choice(turns)]
        facts = [fact for turn in turns for fact in turn.facts or ()]
        if not facts and random.random() > _KEEP_EMPTY:
            continue
        dated = any(_DIGITS & set(fact) for fact in facts)  # a relative date cannot be resolved without a day
        day = exchange.day if dated or random.random() > _NO_DATE else None
        messages = [
            {
                "role": "user" if turn.speaker == dialogue.speakers[0] else "assistant",
                "speaker": turn.speaker,
                "text": turn.text,
            }
            for turn in turns
        ]
        given = {"date": day.isoformat() if day else None, "messages": messages}
        kind = str(len(facts)) if len(facts) < 3 else "3 or more"
        yield Example(f"extract/{exchange.id}", given, operation.render_output(facts), kind)


DATASET: Builder = examples
