"""What MkDocs does with the repository's pages (`make site`): each keeps its path, so that links hold here and there.

The navigation names pages from the repository's root; what they link to, pictures and examples, comes with them. A link
to a folder becomes one to its `README.md`, or plain text where it has none.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
_SOURCE = re.compile(r'src="([^"]+)"')
_FENCE = re.compile(r"`{3,}|~{3,}")
_ITEM = re.compile(r"(?:[-*+]|\d+\.) ")


def on_config(config: MkDocsConfig) -> None:
    """Pages of `docs/` that the navigation does not name stand at its end."""
    named = set(_names(config.nav))
    others = [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")) if f"docs/{path.name}" not in named]
    config.nav = [*(config.nav or []), *([{"More": others}] if others else [])]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """The navigation's pages and what they link to, in the place of what lies in `docs/`."""
    for file in list(files):
        if file.src_dir == config.docs_dir:
            files.remove(file)
    pages = list(_names(config.nav))
    linked = {name for page in pages for name in _linked(page)} - set(pages)
    for name in (*pages, *sorted(name for name in linked if (ROOT / name).is_file())):
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A page's text, its links to folders changed, as Python-Markdown reads it."""

    def changed(link: re.Match[str]) -> str:
        name = _target(page.file.src_uri, link[2])
        if name is None or not (ROOT / name).is_dir():
            return link[0]
        return f"[{link[1]}]({link[2]}/README.md)" if files.get_file_from_path(f"{name}/README.md") else link[1]

    return _for_python_markdown(_LINK.sub(changed, markdown))


def _names(nav: Any) -> Iterator[str]:
    for entry in nav.values() if isinstance(nav, dict) else nav:
        yield from [entry] if isinstance(entry, str) else _names(entry)


def _linked(page: str) -> Iterator[str]:
    """What a page links to or shows, from the repository's root."""
    text = (ROOT / page).read_text("utf-8")
    for to in (*(link[1] for link in _LINK.findall(text)), *_SOURCE.findall(text)):
        if (name := _target(page, to)) is not None:
            yield name


def _target(page: str, to: str) -> str | None:
    """Where a link of a page leads, from the repository's root; None for one to elsewhere."""
    path = to.partition("#")[0]
    if not path or ":" in path or path.startswith("/"):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), path))


def _for_python_markdown(text: str) -> str:
    """GitHub's Markdown as Python-Markdown takes it: lists and tables begin after a blank line and are indented twice
    as far."""
    lines: list[str] = []
    fence, margin, is_list = "", "", False
    for line in text.splitlines():
        bare = line.lstrip(" ")
        indent = line[: len(line) - len(bare)]
        if fence:
            lines.append(margin + line if line else line)
            fence = "" if bare.startswith(fence) else fence
            continue
        before = lines[-1].lstrip() if lines else ""
        if opened := _FENCE.match(bare):
            fence, margin = opened[0], indent
        is_item = bool(_ITEM.match(bare))
        starts = (is_item and not is_list) or (bare.startswith("|") and not before.startswith("|"))
        is_list = is_item or (is_list and not bare.startswith("#") and bool(indent or not bare or before))
        lines += [*([""] if starts and before else []), indent + line]
    return "\n".join(lines) + "\n"
