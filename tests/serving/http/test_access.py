"""Who may call: loopback without a token, others with one, nobody for another user."""

from pathlib import Path

import pytest

from runtime_py.errors import ConfigError
from serving.http import Settings, check_token, read_tokens
from tests.runtime_py.script import texts
from tests.serving.http.conftest import Serve

ANA, BOB, ALL = "ana-0123456789abcdef", "bob-0123456789abcdef", "all-0123456789abcdef"
TOKENS = {ANA: "ana", BOB: "bob", ALL: "*"}


def test_another_host_needs_a_token() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        with pytest.raises(ConfigError, match="no token for"):
            Settings(host)
        assert not Settings(host, tokens=TOKENS).is_local
    for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        assert Settings(host).is_local


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_a_token_opens_its_users_memory_alone(serve: Serve, scheme: str) -> None:
    served = serve(tokens=TOKENS)
    with served.client(headers={"Authorization": f"{scheme} {ANA}"}) as ana:
        assert ana.post("/memories", json={"messages": "*Ana's*"}).status_code == 200
        assert ana.post("/memories", json={"messages": "*x*", "user_id": "bob"}).status_code == 403
        chat = {"user": "bob", "messages": [{"role": "user", "content": "Who?"}]}
        assert ana.post("/v1/chat/completions", json=chat).status_code == 403
        assert ana.post("/search", json={"query": "x", "filters": {"user_id": "bob"}}).status_code == 403
        assert ana.get("/memories", params={"user_id": "bob"}).status_code == 403
        assert ana.delete("/memories", params={"user_id": "bob"}).status_code == 403
        assert ana.delete("/v2/entities/user/bob").status_code == 403
        assert ana.post("/reset").status_code == 403
    with served.client(headers={"X-API-Key": BOB}) as bob:
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/history"), ("GET", "/source")):
            assert bob.request(method, f"/memories/1{path}").status_code == 404
        assert bob.put("/memories/1", json={"text": "mine"}).status_code == 404
        assert bob.request("DELETE", "/v1/batch/", json={"memories": [{"memory_id": "1"}]}).status_code == 404
        assert bob.get("/users").json()["results"] == []
    with served.client(headers={"Authorization": f"Bearer {ALL}"}) as application:
        assert application.get("/memories/1").json()["memory"] == "Ana's"
        assert [row["name"] for row in application.get("/users").json()["results"]] == ["ana"]
    assert texts(served.opened.memory) == ["Ana's"]


def test_no_token_no_answer(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    served = serve(tokens=TOKENS)
    with served.client() as client:
        for headers in ({}, {"Authorization": "Bearer wrong-wrong-wrong-wrong"}, {"Authorization": f"Basic {ANA}"}):
            for path in ("/v1/models", "/memories", "/v1/ping/", "/users"):
                response = client.get(path, headers=headers)
                assert response.status_code == 401
                assert "wrong-wrong" not in response.text
        assert client.get("/").status_code == 200  # the page holds nothing of anybody
    assert "wrong-wrong" not in caplog.text


def test_pages_of_elsewhere_cannot_use_a_browser(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        assert client.get("/users", headers={"Host": "rebound.example"}).status_code == 403
        assert client.get("/", headers={"Host": "rebound.example:80"}).status_code == 403
        assert client.get("/users", headers={"Origin": "https://elsewhere.example"}).status_code == 403
        assert client.get("/users", headers={"Origin": "null"}).status_code == 403
        assert client.get("/users", headers={"Origin": "http://[elsewhere"}).status_code == 403
        assert client.get("/users", headers={"Origin": served.url}).status_code == 200
        # what a form can send without asking is not read
        said = b'{"messages": "*x*"}'
        assert client.post("/memories", content=said, headers={"Content-Type": "text/plain"}).status_code == 415


def test_a_file_of_tokens() -> None:
    text = f"# who may call\nana {ANA}\n\n* {ALL}\n"
    assert read_tokens(text, "t") == {ANA: "ana", ALL: "*"}
    for wrong in ("", "ana", "ana short", f"ana {ANA}\nbob {ANA}", f"ana {ANA} more", "ana tökentökentökentöken"):
        with pytest.raises(ConfigError, match=r"expected|got") as refused:
            read_tokens(wrong, "t")
        assert ANA not in str(refused.value)
    with pytest.raises(ConfigError, match="16 letters"):
        check_token("short", "MEMLORA_TOKEN")


def test_the_command_takes_its_token_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from memlora_cli.memory.serve import read_access

    monkeypatch.setenv("MEMLORA_TOKEN", ANA)
    assert read_access(None, "ana") == {ANA: "ana"}
    monkeypatch.setenv("MEMLORA_TOKEN", "")
    assert read_access(None, "ana") == {}
    (tmp_path / "tokens").write_text(f"ana {ANA}\n", "utf-8-sig")
    assert read_access(tmp_path / "tokens", "me") == {ANA: "ana"}
    (tmp_path / "tokens").write_bytes(b"ana \xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_access(tmp_path / "tokens", "ana")
