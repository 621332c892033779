"""The page in a real browser: `python -m tests.serving.http.browser BUNDLE PICTURES`, with playwright and chromium.

Tells something, asks, corrects, looks at history and source, forgets, and leaves a picture of each in light and dark.
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import expect, sync_playwright

from runtime_py.engines import DEFAULT
from serving.http import Opened, Settings
from tests.serving.http.conftest import serving

TOKEN = "browser-0123456789"


@dataclass(frozen=True)
class Story:
    """What is told; the place in it that `where` asks for and the one it becomes; words that find `found`."""

    told: tuple[str, ...]
    where: str
    place: str
    corrected: str
    search: str
    found: str


REAL = Story(
    ("My name is Ana and I live in Leeds.", "My sister Mia works as a nurse.", "I have a dog called Rex."),
    *("Where do I live?", "Leeds", "Hull", "dog", "Rex"),
)
TINY = Story(("I live in Kluvo.", "I work as a baker."), "Where do I live?", "Kluvo", "Paris", "baker", "baker")
"""In words that the embedded base knows."""


def talk(page: Any, text: str) -> str:
    """What is said back to `text`."""
    before = page.locator(".reply").count()
    page.get_by_label("What you say").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("button", name="Send")).to_be_enabled(timeout=300_000)
    expect(page.locator(".reply")).to_have_count(before + 1)
    return str(page.locator(".reply").last.inner_text())


def use(page: Any, pictures: Path, scheme: str, story: Story) -> None:
    """The whole story; raises where the page does not do what it says."""
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#memories .none")).to_have_text("Nothing is remembered yet.")
    page.screenshot(path=pictures / f"serve-empty-{scheme}.png")
    for text in story.told:
        assert "Remembered" in talk(page, text)
    assert talk(page, story.where), "expected an answer"
    expect(page.locator(".memory")).to_have_count(len(story.told))
    first = page.locator(".memory").filter(has_text=story.place)
    first.get_by_role("button", name="Edit").click()
    field = page.get_by_label("The memory in other words")
    field.fill(field.input_value().replace(story.place, story.corrected))
    page.get_by_role("button", name="Save").click()
    corrected = page.locator(".memory").filter(has_text=story.corrected)
    expect(corrected).to_have_count(1)
    assert story.corrected in talk(page, story.where), "expected what was corrected"
    corrected.get_by_role("button", name="History").click()
    expect(corrected.locator(".more")).to_contain_text("UPDATE")
    page.screenshot(path=pictures / f"serve-{scheme}.png")
    corrected.get_by_role("button", name="Source").click()
    expect(corrected.locator(".more")).to_contain_text(story.place)
    corrected.get_by_role("button", name="Forget").click()
    corrected.get_by_role("button", name="Forget").click()
    expect(page.locator(".memory")).to_have_count(len(story.told) - 1)
    page.get_by_label("Search the memories").fill(story.search)
    expect(page.locator("#count")).to_contain_text("found")
    expect(page.locator(".memory").first).to_contain_text(story.found)
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=pictures / f"serve-narrow-{scheme}.png", full_page=True)


def main(bundle: Path, pictures: Path, story: Story = REAL) -> None:
    """Both schemes, each with a store of its own; raises for anything that the page reports or loads from elsewhere."""
    pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            opened = Opened.open(bundle, Path(folder) / f"{scheme}.db", DEFAULT)
            with serving(opened, Settings(port=0, tokens={TOKEN: "ana"})) as served:
                page = browser.new_page(color_scheme=scheme, viewport={"width": 1180, "height": 720})
                wrong: list[str] = []
                page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
                page.on("request", lambda asked, own=served.url, wrong=wrong: note(asked.url, own, wrong))
                page.goto(served.url)
                use(page, pictures, scheme, story)
                page.close()
                assert wrong == [], wrong
        browser.close()


def note(asked: str, own: str, wrong: list[str]) -> None:
    """A request to anywhere else."""
    if not asked.startswith((own, "data:")):
        wrong.append(asked)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
