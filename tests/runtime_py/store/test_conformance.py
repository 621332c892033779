"""The tables of forms, which other languages replay too."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from runtime_py.store import exchange_key, normalise, sketch_of, small, words_form

FOLDER = Path(__file__).parents[2] / "conformance"


def rows(name: str) -> list[dict[str, Any]]:
    table: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return table


def test_texts_have_the_forms_of_the_table() -> None:
    for row in rows("forms"):
        assert (normalise(row["text"]), words_form(row["text"])) == (row["normal"], row["words"])


def test_letters_have_the_forms_of_the_table() -> None:
    for row in rows("letters"):
        letters = [chr(code) for code in range(row["first"], row["end"])]
        forms = "\n".join(f"{small(f'x{c}')}\t{normalise(f'x{c}y')}\t{words_form(f'x{c}y')}" for c in letters)
        assert hashlib.sha256(forms.encode()).hexdigest() == row["sha256"], row


def test_exchanges_have_the_keys_of_the_table() -> None:
    for row in rows("exchange_keys"):
        day = date.fromisoformat(row["day"]) if row["day"] else None
        assert exchange_key(row["session"], day, row["place"], row["said"], row.get("photos", ())) == row["key"]


def test_vectors_have_the_sketches_of_the_table() -> None:
    for row in rows("sketches"):
        assert sketch_of(bytes.fromhex(row["vector"])).hex() == row["sketch"]
