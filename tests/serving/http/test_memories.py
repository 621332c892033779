"""Mem0's REST shapes: the paths of its hosted API, and those of its own server."""

from typing import Any

import httpx
import pytest

from tests.runtime_py.script import texts
from tests.serving.http.conftest import Serve


def add(client: httpx.Client, text: Any, user: str = "ana", **more: Any) -> Any:
    response = client.post("/v3/memories/add/", json={"messages": text, "user_id": user, **more})
    assert response.status_code == 200, response.text
    return response.json()


def test_added_found_changed_forgotten(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        [row] = add(client, "*Ana lives in Leeds* and *Ana has a dog*.")["results"][:1]
        assert row == {"id": "1", "memory": "Ana lives in Leeds", "event": "ADD", "previous_memory": None}
        found = client.post("/v3/memories/search/", json={"query": "dog", "filters": {"user_id": "ana"}}).json()
        assert found["results"][0]["memory"] == "Ana has a dog"
        changed = client.put("/v1/memories/1/", json={"text": "Ana lives in Hull"}).json()
        assert (changed["id"], changed["memory"]) == ("1", "Ana lives in Hull")
        history = client.get("/v1/memories/1/history/").json()
        assert [row["event"] for row in history] == ["ADD", "UPDATE"]
        assert history[1]["old_memory"] == "Ana lives in Leeds"
        said = client.get("/memories/1/source").json()["results"]
        assert said[0]["text"] == "*Ana lives in Leeds* and *Ana has a dog*."
        assert client.delete("/v1/memories/2/").status_code == 200
        assert client.get("/v1/memories/2/").status_code == 404
        assert texts(served.opened.memory) == ["Ana lives in Hull"]
        assert client.delete("/v1/memories/", params={"user_id": "ana"}).status_code == 200
        assert client.delete("/v1/memories/", params={"user_id": "ana"}).status_code == 200
    assert texts(served.opened.memory) == []


@pytest.mark.parametrize("path", ["/memories", "/v1/memories/", "/v2/memories/", "/v3/memories/"])
def test_every_generation_lists(serve: Serve, path: str) -> None:
    with serve().client() as client:
        for text in ("*a*", "*b*", "*c*"):
            add(client, text)
        if path.startswith(("/v2", "/v3")):
            rows = client.post(path, json={"filters": {"AND": [{"user_id": "ana"}]}}).json()
        else:
            rows = client.get(path, params={"user_id": "ana"}).json()
        assert [row["memory"] for row in rows["results"]] == ["a", "b", "c"]
        assert rows["count"] == 3


def test_pages(serve: Serve) -> None:
    with serve().client() as client:
        for text in ("*a*", "*b*", "*c*"):
            add(client, text)
        filters = {"filters": {"user_id": "ana"}}
        page = client.post("/v3/memories/", json=filters, params={"page": 2, "page_size": 2}).json()
        assert [row["memory"] for row in page["results"]] == ["c"]
        assert (page["count"], page["next"]) == (3, None)
        assert "page=1" in page["previous"]


def test_labels_and_filters(serve: Serve) -> None:
    with serve().client() as client:
        add(client, "*a*", run_id="r1", metadata={"mood": "good"})
        add(client, "*b*", agent_id="x")
        find = {"filters": {"AND": [{"user_id": "ana"}, {"run_id": "r1"}]}}
        assert [row["memory"] for row in client.post("/v3/memories/", json=find).json()["results"]] == ["a"]
        find_mood = {"filters": {"user_id": "ana", "metadata": {"mood": "good"}}}
        [row] = client.post("/v3/memories/", json=find_mood).json()["results"]
        assert (row["run_id"], row["metadata"]) == ("r1", {"mood": "good"})
        refused: tuple[Any, ...] = (
            {"OR": [{"user_id": "ana"}]},
            {"user_id": {"in": ["ana"]}},
            {"user_id": "*"},
            {"colour": "red"},
        )
        for wrong in refused:
            response = client.post("/v3/memories/", json={"filters": wrong})
            assert response.status_code == 400, wrong
            assert "expected" in response.json()["detail"]
        assert client.delete("/v1/memories/", params={"filters": "{'user_id': 'ana', 'run_id': 'r1'}"}).is_success
        left = client.get("/memories", params={"user_id": "ana"}).json()["results"]
        assert [row["memory"] for row in left] == ["b"]


def test_what_is_to_go_is_never_more_than_was_named(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        add(client, "*a*", metadata={"mood": "good"})
        add(client, "*b*")
        for more in ({"metadata": '{"mood": "good"}'}, {"filters": '{"keywords": "x"}'}, {"top_k": "1"}):
            response = client.delete("/v1/memories/", params={"user_id": "ana", **more})
            assert (response.status_code, "nothing was forgotten" in response.text) == (400, True), more
        assert texts(served.opened.memory) == ["a", "b"]
        mood = {"filters": '{"metadata": {"mood": "good"}}', "user_id": "ana", "org_id": "memlora"}
        assert client.delete("/v1/memories/", params=mood).status_code == 200
        assert texts(served.opened.memory) == ["b"]


def test_word_for_word_and_an_earlier_day(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "I moved."}]
        add(client, messages, infer=False, timestamp=1_700_000_000)
        [row] = client.get("/memories", params={"user_id": "ana"}).json()["results"]
    assert (row["memory"], row["date"]) == ("I moved.", "2023-11-14")


def test_many_stand_or_fall_together(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        for text in ("*a*", "*b*"):
            add(client, text)
        rows = [{"memory_id": "1", "text": "a2"}, {"memory_id": "9", "text": "x"}]
        assert client.put("/v1/batch/", json={"memories": rows}).status_code == 404
        assert texts(served.opened.memory) == ["a", "b"]
        assert client.put("/v1/batch/", json={"memories": rows[:1]}).status_code == 200
        assert texts(served.opened.memory) == ["a2", "b"]
        gone = {"memories": [{"memory_id": "1"}, {"memory_id": "2"}]}
        assert client.request("DELETE", "/v1/batch/", json=gone).status_code == 200
    assert texts(served.opened.memory) == []


def test_users_and_undoing(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        add(client, "*a*")
        add(client, "*b*", "bob")
        users = client.get("/v1/entities/").json()["results"]
        assert [(row["name"], row["total_memories"]) for row in users] == [("ana", 1), ("bob", 1)]
        assert client.post("/undo", json={"user_id": "bob"}).json()["forgotten"] == ["2"]
        assert client.delete("/v2/entities/user/ana/").status_code == 200
        assert client.delete("/v2/entities/user/ana/").status_code == 404
        assert client.delete("/v2/entities/agent/x/").status_code == 400
        add(client, "*c*")
        assert client.post("/reset").status_code == 200
    assert texts(served.opened.memory) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/memories", {"user_id": "ana"}, 400),
        ("POST", "/memories", {"user_id": "ana", "messages": []}, 400),
        ("POST", "/memories", {"user_id": "ana", "messages": [{"role": "user"}, 3]}, 400),
        ("POST", "/memories", {"user_id": "ana", "messages": "x", "metadata": {"a": []}}, 400),
        ("POST", "/memories", {"user_id": "ana", "messages": "x", "timestamp": "soon"}, 400),
        ("POST", "/memories", {"app_id": "app", "messages": "x"}, 400),
        ("POST", "/search", {"user_id": "ana"}, 400),
        ("POST", "/search", {"user_id": "ana", "query": "x", "top_k": 0}, 400),
        ("PUT", "/memories/x", {"text": "y"}, 404),
        ("PUT", "/memories/99999999999", {"text": "y"}, 404),
        ("DELETE", "/v1/batch/", {"memories": 3}, 400),
        ("DELETE", "/memories", None, 400),
        ("PATCH", "/memories", None, 405),
        ("GET", "/nowhere", None, 404),
        ("GET", "/memories/%00", None, 404),
    ],
)
def test_wrong_requests_are_refused_in_a_sentence(serve: Serve, method: str, path: str, body: Any, status: int) -> None:
    with serve().client() as client:
        response = client.request(method, path, json=body)
    assert response.status_code == status, response.text
    assert "expected" in response.json()["detail"]
