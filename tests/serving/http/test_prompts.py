"""Mem0's prompts on scripted experts: what is answered where a bundle has other experts, and what is refused."""

import json
from typing import Any

import pytest

from tests.runtime_py.memory.conftest import keep_all
from tests.runtime_py.script import Script, events, texts
from tests.serving.http.conftest import Serve, Served

FACTS = ("system", "You are a Personal Information Organizer, specialized in accurately storing facts.")
ADDITIVE = ("system", "\n\n# ROLE\n\nYou are a Memory Extractor \u2014 a precise processor.")
UPDATE = "You are a smart memory manager which controls the memory of a system.\n```json\n[]\n```\n"


def ask(served: Served, *said: tuple[str, str]) -> Any:
    messages = [{"role": role, "content": text} for role, text in said]
    with served.client() as client:
        form = {"type": "json_object"}
        return client.post("/v1/chat/completions", json={"messages": messages, "response_format": form})


def answer(served: Served, *said: tuple[str, str]) -> Any:
    response = ask(served, *said)
    assert response.status_code == 200, response.text
    return json.loads(response.json()["choices"][0]["message"]["content"])


def update(old: str, facts: str) -> tuple[str, str]:
    below = f"Below is the current content of my memory\n```\n{old}\n```\n" if old else "Current memory is empty.\n"
    return (
        "user",
        f"{UPDATE}{below}The new facts:\n```\n{facts}\n```\nReturn JSON.",
    )


def test_facts_are_what_the_memory_would_store(serve: Serve) -> None:
    served = serve(Script(select=keep_all))
    said = ("user", "Input:\nsystem: Be kind.\nuser: I live in Leeds.\nI have a dog.\nassistant: How nice.\n")
    assert answer(served, FACTS, said) == {"facts": ["The user lives in Leeds. The user has a dog."]}
    assert texts(served.opened.memory) == []


def test_additions_leave_out_what_is_known(serve: Serve) -> None:
    said = (
        '## Existing Memories\n[{"id": "0", "text": "a cat"}]\n\n## New Messages\nuser: *a cat* and *a dog*\n\n'
        "## Observation Date\n2026-05-05\n\n# Output:"
    )
    [row] = answer(serve(), ADDITIVE, ("user", said))["memory"]
    assert row == {"id": "0", "text": "a dog", "attributed_to": "user"}


def test_changes_name_the_old_memories_by_their_ids(serve: Serve) -> None:
    served = serve(Script(update=events(("0", "Ana lives in Hull", "UPDATE"), ("1", "Ana has a dog", "ADD"))))
    rows = answer(served, update("[{'id': '7', 'text': 'Ana lives in Leeds'}]", "['Ana lives in Hull', 'a dog']"))
    assert rows["memory"] == [
        {"id": "7", "text": "Ana lives in Hull", "event": "UPDATE", "old_memory": "Ana lives in Leeds"},
        {"id": "1", "text": "Ana has a dog", "event": "ADD"},
    ]


def test_what_is_known_stays_and_what_is_new_is_numbered(serve: Serve) -> None:
    rows = answer(serve(), update("[{'id': '4', 'text': 'Name is Ana'}]", "['Name is Ana', 'a dog', 'a cat']"))[
        "memory"
    ]
    assert [(row["id"], row["text"], row["event"]) for row in rows] == [
        ("4", "Name is Ana", "NONE"),
        ("1", "a dog", "ADD"),
        ("2", "a cat", "ADD"),
    ]


def test_rules_change_where_there_is_no_expert(serve: Serve) -> None:
    served = serve(Script(select=keep_all))
    rows = answer(served, update("[{'id': '0', 'text': 'Ana lives in Leeds.'}]", '["Ana lives in Hull."]'))["memory"]
    assert [(row["event"], row["text"]) for row in rows] == [("UPDATE", "Ana lives in Hull.")]


@pytest.mark.parametrize(
    "said",
    [
        (("user", f"{UPDATE}no memories at all"),),
        (update("not a list", "['a']"),),
        (update("[1]", "['a']"),),
        (update("", "[1]"),),
        (ADDITIVE, ("user", "## Summary\nnothing")),
        (("system", "You are a memory summarization system that .."), ("user", "x")),
    ],
)
def test_what_cannot_be_told_is_refused(serve: Serve, said: tuple[tuple[str, str], ...]) -> None:
    response = ask(serve(), *said)
    assert response.status_code == 400
    assert "expected" in response.json()["detail"]
