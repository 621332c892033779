"""The page in a real browser: `python -m tests.serving.http.browser BUNDLE PICTURES`, with playwright and chromium.

Tells something, asks, corrects, looks at history and source, forgets, and leaves a picture of each in light and dark.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import expect, sync_playwright

from runtime_py.engines import DEFAULT
from serving.http import Opened, Settings
from tests.serving.http.conftest import serving

CHROMIUM = "/usr/bin/chromium"
TOKEN = "browser-0123456789"
TOLD = ("My name is Ana and I live in Leeds.", "My sister Mia works as a nurse.", "I have a dog called Rex.")


def talk(page: Any, text: str) -> str:
    """What is said back to `text`."""
    before = page.locator(".reply").count()
    page.get_by_label("What you say").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("button", name="Send")).to_be_enabled(timeout=300_000)
    expect(page.locator(".reply")).to_have_count(before + 1)
    return str(page.locator(".reply").last.inner_text())


def use(page: Any, pictures: Path, scheme: str) -> None:
    """The whole story; raises where the page does not do what it says."""
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#memories .none")).to_have_text("Nothing is remembered yet.")
    page.screenshot(path=pictures / f"serve-empty-{scheme}.png")
    for text in TOLD:
        assert "Remembered" in talk(page, text)
    answer = talk(page, "Where do I live?")
    assert answer, "expected an answer"
    expect(page.locator(".memory")).to_have_count(len(TOLD))
    first = page.locator(".memory").filter(has_text="Leeds")
    first.get_by_role("button", name="Edit").click()
    field = page.get_by_label("The memory in other words")
    field.fill(field.input_value().replace("Leeds", "Hull"))
    page.get_by_role("button", name="Save").click()
    corrected = page.locator(".memory").filter(has_text="Hull")
    expect(corrected).to_have_count(1)
    assert "Hull" in talk(page, "Where do I live?"), "expected what was corrected"
    corrected.get_by_role("button", name="History").click()
    expect(corrected.locator(".more")).to_contain_text("UPDATE")
    page.screenshot(path=pictures / f"serve-{scheme}.png")
    corrected.get_by_role("button", name="Source").click()
    expect(corrected.locator(".more")).to_contain_text("Leeds")
    corrected.get_by_role("button", name="Forget").click()
    corrected.get_by_role("button", name="Forget").click()
    expect(page.locator(".memory")).to_have_count(len(TOLD) - 1)
    page.get_by_label("Search the memories").fill("dog")
    expect(page.locator("#count")).to_contain_text("found")
    expect(page.locator(".memory").first).to_contain_text("Rex")
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=pictures / f"serve-narrow-{scheme}.png", full_page=True)


def main(bundle: Path, pictures: Path) -> None:
    """Both schemes, each with a store of its own; raises for anything that the page reports or loads from elsewhere."""
    pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            opened = Opened.open(bundle, Path(folder) / f"{scheme}.db", DEFAULT)
            with serving(opened, Settings(port=0, tokens={TOKEN: "ana"})) as served:
                page = browser.new_page(color_scheme=scheme, viewport={"width": 1180, "height": 720})
                wrong: list[str] = []
                page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
                page.on("request", lambda asked, own=served.url, wrong=wrong: note(asked.url, own, wrong))
                page.goto(served.url)
                use(page, pictures, scheme)
                page.close()
                assert wrong == [], wrong
        browser.close()


def note(asked: str, own: str, wrong: list[str]) -> None:
    """A request to anywhere else."""
    if not asked.startswith((own, "data:")):
        wrong.append(asked)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
