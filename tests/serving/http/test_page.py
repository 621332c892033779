"""The page at `/` is whole in itself, and its policy lets nothing else run."""

import base64
import hashlib
import re

from serving.http.page import PAGE
from tests.serving.http.conftest import Serve


def test_the_page_runs_its_own_script_alone(serve: Serve) -> None:
    with serve().client() as client:
        response = client.get("/")
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    for kind in ("script", "style"):
        [own] = re.findall(rf"<{kind}>(.*?)</{kind}>", response.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_nothing_comes_from_elsewhere_and_no_memory_becomes_a_tag() -> None:
    text = PAGE.read_text("utf-8")
    assert "//" not in re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE).replace("</", "")
    for unsafe in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "onclick="):
        assert unsafe not in text
    assert "prefers-color-scheme: dark" in text
