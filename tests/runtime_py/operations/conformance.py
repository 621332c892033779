"""Writes the table by which another implementation of the operations shows that it is the same.

    python -m tests.runtime_py.operations.conformance

Rows of `tests/conformance/operations.json` are of two kinds: an `input` with the texts made of it, and a model's `text`
with the `output` that it is parsed to, written as it is trained (null: unparsable).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runtime_py import operations
from runtime_py.operations import UnparsableError

ROOT = Path(__file__).parents[3]
FILE = ROOT / "tests" / "conformance" / "operations.json"
GOLDEN = 4  # golden inputs of each operation
ODD = " I\u00a0quit\x1c last\u0085Friday.\tOK?\u3000\U0001f600 "
INPUTS: dict[str, list[dict[str, Any]]] = {
    "extract": [
        {"date": None, "messages": [{"role": "user", "speaker": "", "text": ODD}]},
        {
            "date": "2024-02-29",
            "messages": [{"role": "assistant", "speaker": " A\nB ", "text": "yesterday\r\nand today"}],
        },
    ],
    "select": [
        {"date": None, "messages": [{"role": "assistant", "speaker": "", "text": "One. Two? Three!"}]},
        {
            "date": "2023-05-05",
            "before": [{"role": "user", "speaker": "", "text": text} for text in ("first", "second ", ODD)],
            "messages": [{"role": "user", "speaker": "Tom", "text": ODD}, {"role": "user", "speaker": "", "text": ""}],
        },
    ],
    "update": [
        {"memories": [], "facts": []},
        {"memories": ['He said "no\\"', ODD], "facts": ["tab\there", "\x01 \x1f \x7f \u2028", "a\nb"]},
    ],
    "generate": [
        {"question": "Who?", "memories": []},
        {
            "question": "When did\nI quit? ",
            "asker": "Ann",
            "memories": [
                {"text": ODD, "date": "2026-05-05", "speaker": "Ann"},
                {"text": "\u201cquoted\u201d it's (Vera's) 3/4 e-mail\u2026", "date": None},
                {"text": "last week I ran", "date": "2026-05-05"},
                {"text": "yesterday", "date": "2025-12-31", "speaker": "Bo"},
            ],
        },
    ],
    "vqa": [
        {"image": "images/test-000001.png", "question": "How many dogs\nare there? "},
        {"image": "0" * 64, "question": ODD},
    ],
}
TEXTS = {
    "extract": [
        '{"facts":[]}',
        '{"facts":[" a ","a","","\u00a0","b\\n\\u0041\\"\\\\"]}',
        '{"facts":[1]}',
        '{"facts":"a"}',
        '{"fact":[]}',
        '{"facts":["a"',
        "[]",
        "",
        ' {"facts" : ["\U0001f600"] } ',
        '{"facts":["a"]} b',
        '{"facts":["a\nb"]}',
        "{'facts':[]}",
    ],
    "select": [
        '{"keep":[]}',
        '{"keep":[3,1,3]}',
        '{"keep":[0]}',
        '{"keep":[1.0]}',
        '{"keep":[true]}',
        '{"keep":["1"]}',
        "7",
    ],
    "update": [
        '{"memory":[]}',
        '{"memory":[{"id":"0","text":" a ","event":"ADD"},{"id":"1","text":"b","event":"NONE","old_memory":"c"}]}',
        '{"memory":[{"id":7,"text":"a","event":"DELETE"}]}',
        '{"memory":[{"id":"0","text":"a","event":"add"}]}',
        '{"memory":[{"id":"0","event":"ADD"}]}',
        '{"memory":["a"]}',
        '{"memory":[{"id":"0","text":"a","event":"ADD"}',
    ],
    "generate": ["a", "  a b \n c", "", " \n ", "\u00a0\x1cx\u0085\ny", "a\r\nb", "\u2028a"],
    "vqa": [
        '{"answer":"3","reason":"I count 3 dogs."}',
        '{"answer":" red\\u00a0","reason":"  the kite is \\"red\\" "}',
        '{"reason":"","answer":"a","more":1}',
        '{"answer":"two words","reason":"a"}',
        '{"answer":"two\\u0085words","reason":"a"}',
        '{"answer":"","reason":"a"}',
        '{"answer":" ","reason":"a"}',
        '{"answer":3,"reason":"a"}',
        '{"answer":"3","reason":null}',
        '{"answer":"3"}',
        '["answer","reason"]',
        '{"answer":"3","reason":"a"',
        "3",
        "",
    ],
}


def golden_inputs(name: str) -> list[dict[str, Any]]:
    """The first golden inputs of the operation called `name`."""
    lines = (ROOT / "export" / "golden_inputs" / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["input"] for line in lines[:GOLDEN]]


def rows() -> Iterator[dict[str, Any]]:
    """The table's rows in order."""
    for name in operations.all_names():
        operation = operations.get(name)
        for row in (*golden_inputs(name), *INPUTS[name]):
            given = operation.read_input(row)
            yield {
                "operation": name,
                "input": row,
                "prompt": operation.render(given),
                "likely": operation.likely_text(given),
                "fallback": operation.render_output(operation.fallback(given)),
                "words": operation.words(given) if operation.words else None,
            }
        for text in TEXTS[name]:
            try:
                output = operation.render_output(operation.parse(text))
            except UnparsableError:
                output = None
            yield {"operation": name, "text": text, "output": output}


def table() -> str:
    """The file's content: a row a line."""
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(table(), "utf-8")
