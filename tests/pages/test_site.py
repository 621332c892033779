"""The docs site builds strictly from the repository's own pages, and no page of it asks a network for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=\"?([^\"\s>]+)")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site in a folder; a link that leads nowhere is an error."""
    pytest.importorskip("material", reason="mkdocs-material is missing: pip install 'memlora[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_of_docs_is_there_under_its_path(site: Path) -> None:
    pages = [path.relative_to(ROOT) for path in (ROOT / "docs").glob("*.md")]
    assert [str(page) for page in pages if not (site / page.with_suffix(".html")).is_file()] == []
    assert "A private memory that understands everyday English" in (site / "index.html").read_text("utf-8")
    assert (site / "benchmarks" / "index.html").is_file()


def test_what_a_page_loads_is_in_the_site(site: Path) -> None:
    missing = []
    for page in site.rglob("*.html"):
        for to in _LOADED.findall(page.read_text("utf-8")):
            if to.startswith("data:"):
                continue
            found = (page.parent / to.partition("?")[0]).resolve()
            if ":" in to or to.startswith("//") or not (found.is_file() or (site / to.lstrip("/")).is_file()):
                missing.append(f"{page.relative_to(site)}: {to}")
    assert missing == []


def test_lists_are_lists(site: Path) -> None:
    """GitHub's rules for them are looser than those of what makes the site."""
    text = (site / "docs" / "serving.html").read_text("utf-8")
    assert re.search(r"<li>(<p>)?Of a chat the last message counts", text)
    text = (site / "docs" / "decisions.html").read_text("utf-8")
    assert re.search(r"<td[^>]*>vector</td>", text), "expected the table inside a list"
