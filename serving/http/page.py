"""The page at `/`: one file without parts from elsewhere, which its policy says to the browser."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse

PAGE = Path(__file__).with_name("page.html")


def show_page() -> Any:
    """The page, and what it may load: itself."""
    text, policy = _page()
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(text, headers=headers)


@cache
def _page() -> tuple[str, str]:
    text = PAGE.read_text("utf-8")
    own = "; ".join(f"{kind}-src {_hash(text, kind)}" for kind in ("script", "style"))
    nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return text, f"{nothing}; connect-src 'self'; img-src data:; {own}"


def _hash(text: str, kind: str) -> str:
    """The page's own script or style, named by its hash: nothing that a memory says can run."""
    found = re.search(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
    digest = hashlib.sha256(found.group(1).encode() if found else b"").digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
