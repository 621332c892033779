"""Chat completions: statements are remembered, questions answered, and a request sent again changes nothing."""

import json
from typing import Any

import pytest

from runtime_py.operations import get
from tests.runtime_py.memory.conftest import keep_all
from tests.runtime_py.script import Script, texts
from tests.serving.http.conftest import Serve, Served


def ask(served: Served, *said: str, **more: Any) -> Any:
    """The response to a chat whose last message is the last of `said`, every other one the assistant's."""
    roles = ["user" if (len(said) - place) % 2 else "assistant" for place in range(len(said))]
    messages = [{"role": role, "content": text} for role, text in zip(roles, said, strict=True)]
    with served.client() as client:
        return client.post("/v1/chat/completions", json={"model": "any", "user": "ana", "messages": messages, **more})


def reply(served: Served, *said: str, **more: Any) -> str:
    response = ask(served, *said, **more)
    assert response.status_code == 200, response.text
    return str(response.json()["choices"][0]["message"]["content"])


def events(served: Served, *said: str, **more: Any) -> list[Any]:
    response = ask(served, *said, stream=True, **more)
    assert response.headers["content-type"].startswith("text/event-stream")
    rows = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert rows.pop() == "[DONE]"
    return [json.loads(row) for row in rows]


def test_a_statement_is_remembered_and_a_question_answered(serve: Serve) -> None:
    served = serve()
    assert reply(served, "*Ana lives in Leeds*.") == "Remembered: Ana lives in Leeds"
    assert reply(served, "Where do I live?") == "Ana lives in Leeds"
    assert texts(served.opened.memory) == ["Ana lives in Leeds"]


def test_a_stream_says_what_the_whole_answer_says(serve: Serve) -> None:
    served = serve()
    reply(served, "*Ana lives in Leeds*.")
    rows = events(served, "Where do I live?", stream_options={"include_usage": True})
    assert rows[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(row["choices"][0]["delta"].get("content", "") for row in rows[:-1]) == "Ana lives in Leeds"
    assert rows[-2]["choices"][0]["finish_reason"] == "stop"
    assert rows[-1]["usage"]["completion_tokens"] > 0
    assert len({row["id"] for row in rows}) == 1


def test_what_is_refused_is_not_remembered(serve: Serve) -> None:
    served = serve()
    for wrong in ({"stream_options": "all"}, {"stream": "yes"}, {"store": 1}, {"response_format": "json"}):
        assert ask(served, "*Ana lives in Leeds*.", **({"stream": True} | wrong)).status_code == 400
    assert served.opened.memory.store.turns("ana") == []


def test_sent_again_it_changes_nothing_and_said_again_later_it_is_news(serve: Serve) -> None:
    served = serve(Script(select=keep_all))
    reply(served, "I live in Leeds.")
    assert reply(served, "I live in Leeds.") == "Nothing new to remember: this exchange was stored before."
    reply(served, "I live in Leeds.", "Fine.", "I live in Hull.")
    assert texts(served.opened.memory)[-1] == "The user lives in Hull."
    reply(served, "I live in Leeds.", "Fine.", "I live in Hull.", "Fine.", "I live in Leeds.")
    assert texts(served.opened.memory)[-1] == "The user lives in Leeds."


def test_what_is_not_to_be_stored_is_only_answered(serve: Serve) -> None:
    served = serve()
    assert "keep nothing" in reply(served, "*Ana lives in Leeds*.", store=False)
    assert texts(served.opened.memory) == []


def test_words_forget_nothing(serve: Serve) -> None:
    served = serve()
    reply(served, "*Ana lives in Leeds*.")
    assert "1: Ana lives in Leeds" in reply(served, "Forget that Ana lives in Leeds.")
    assert texts(served.opened.memory) == ["Ana lives in Leeds"]


def test_a_name_is_the_speaker_and_parts_are_one_text(serve: Serve) -> None:
    served = serve(Script(select=keep_all))
    parts = [{"type": "text", "text": "I live in Leeds."}]
    with served.client() as client:
        body = {"messages": [{"role": "user", "name": "Tom", "content": parts}], "user": "tom"}
        assert client.post("/v1/chat/completions", json=body).status_code == 200
    assert texts(served.opened.memory, "tom") == ["Tom lives in Leeds."]


def test_an_operations_schema_is_served_by_its_expert(serve: Serve) -> None:
    served = serve()
    form = {"type": "json_schema", "json_schema": {"name": "facts", "schema": get("extract").schema}}
    assert json.loads(reply(served, "*Ana lives in Leeds*.", response_format=form)) == {"facts": ["Ana lives in Leeds"]}
    form["json_schema"] = {"name": "events", "schema": get("update").schema}
    row = json.dumps({"memories": ["Ana lives in Leeds"], "facts": ["Ana lives in Hull"]})
    [event] = json.loads(reply(served, row, response_format=form))["memory"]
    assert event["event"] == "ADD"
    assert texts(served.opened.memory) == []


def test_facts_are_found_by_selecting_where_there_is_no_extract(serve: Serve) -> None:
    served = serve(Script(select=keep_all))
    form = {"type": "json_schema", "json_schema": {"name": "facts", "schema": get("extract").schema}}
    assert json.loads(reply(served, "I live in Leeds.", response_format=form)) == {
        "facts": ["The user lives in Leeds."]
    }


SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}, 400, "unserved response_fo"),
        ({"response_format": {"type": "json_object"}}, 400, "unserved response_format"),
        ({"tools": [{"type": "function"}]}, 400, "tools are not served"),
        ({"n": 2}, 400, "wrong n"),
        ({"messages": []}, 400, "wrong messages"),
        ({"messages": [{"role": "user", "content": "  "}]}, 400, "nothing to answer"),
        ({"messages": [{"role": "judge", "content": "x"}]}, 400, "wrong message"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "wrong image_url"),
        ({"stream": "yes"}, 400, "wrong stream"),
        ({"user": 3}, 400, "wrong user"),
    ],
)
def test_what_is_not_served_is_refused_in_a_sentence(serve: Serve, more: Any, status: int, says: str) -> None:
    response = ask(serve(), "Hello?", **more)
    assert response.status_code == status
    assert says in response.json()["error"]["message"]
    assert response.json()["error"]["message"] == response.json()["detail"]


def test_embeddings_are_the_embedders(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        given = {"model": "any", "input": ["Ana lives in Leeds", "x"]}
        rows = client.post("/v1/embeddings", json=given).json()["data"]
        assert [row["index"] for row in rows] == [0, 1]
        assert rows[0]["embedding"] == pytest.approx(served.opened.embedder.embed(["Ana lives in Leeds"])[0].tolist())
        refused: tuple[Any, ...] = (
            {"input": 3},
            {"input": []},
            {"input": "x", "dimensions": 7},
            {"input": ["x"] * 999},
        )
        for wrong in refused:
            assert client.post("/v1/embeddings", json=wrong).status_code == 400
        assert [row["id"] for row in client.get("/v1/models").json()["data"]] == ["script", "words"]
