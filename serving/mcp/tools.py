"""The five tools: their docstrings are what a model reads, so they say when to use each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from runtime_py.errors import ConfigError
from runtime_py.memory import Memory
from runtime_py.operations.extract import Message
from runtime_py.text import parse_session_date
from serving.mcp.results import Added, Answered, Forgotten, Found, Listed, Match, Remembered

Day = Annotated[str | None, Field(description="The day, as 2026-05-12; leave it out for today.")]
Limit = Annotated[int, Field(description="How many at most.", ge=1, le=200)]


@dataclass(frozen=True)
class Tools:
    """The memory of one user as functions. `speaker` is his name, as memories should tell it, or nothing.

    Each raises `ConfigError` for a mistake of the caller and `StoreError` where the store cannot be written.
    """

    memory: Memory
    user: str
    speaker: str = ""

    def add(
        self,
        text: Annotated[str, Field(description="What was said, in its very words; one message or a few sentences.")],
        said_on: Day = None,
        speaker: Annotated[str, Field(description="The name of who said it, where it was not the user.")] = "",
    ) -> Added:
        """Remember something that the user said: a fact about his life, a plan, a preference, a change, a correction.

        Give the user's own words in the first person, not a summary: what is worth keeping is chosen here, days like
        `last Friday` are resolved from `said_on`, and what the new words end is marked as past. The result tells what
        became of each memory. The same words of the same day added twice change nothing.
        """
        message = Message("user", speaker or self.speaker, text)
        return Added.of(self.memory.add([message], self.user, _day("said_on", said_on)))

    def search(
        self,
        query: Annotated[str, Field(description="Words or a question; meaning counts, not only the words.")],
        limit: Limit = 10,
    ) -> Found:
        """Find memories of the user that fit a query, best first, with ids that `forget` takes.

        Use it for context before you reply. For one short answer to one question use `ask`.
        """
        found = self.memory.search(query, self.user, limit)
        return Found(memories=[Match.found(one) for one in found])

    def ask(
        self,
        question: Annotated[str, Field(description="One question, in the user's words: `Where do I live?`")],
        asked_on: Day = None,
    ) -> Answered:
        """Answer one question about the user from what he said, with the words it was read from.

        `I` in the question is the user; `last Friday` counts from `asked_on`. Where `is_known` is false nothing that
        was said answers it: say so instead of guessing.
        """
        day = _day("asked_on", asked_on)
        return Answered.of(self.memory.ask(question, self.user, asked_on=day, asker=self.speaker))

    def list(
        self,
        limit: Limit = 50,
        offset: Annotated[int, Field(description="How many of the newest to leave out.", ge=0)] = 0,
    ) -> Listed:
        """List what is remembered of the user, newest first, with ids. `total` says whether there are more."""
        memories = self.memory.get_all(self.user)[::-1]
        shown = [Remembered.of(memory) for memory in memories[offset : offset + limit]]
        return Listed(memories=shown, total=len(memories))

    def forget(
        self, id: Annotated[int, Field(description="The memory's id, as search and list give it.", ge=1)]
    ) -> Forgotten:
        """Forget one memory for good, with the words it came from: nothing brings it back.

        Only when the user asks for it; look the id up with `search` or `list` first. To change a memory, `add` what is
        true now instead.
        """
        memory = self.memory.store.memory(self.user, id)
        if memory is None:
            raise ConfigError(f"no memory {id}: expected the id of a memory of this user, got none; list them first")
        self.memory.delete(id, self.user)
        return Forgotten(id=id, memory=memory.text)

    def by_title(self) -> dict[str, tuple[Callable[..., Any], bool]]:
        """The tools by their titles for people, each with whether it only reads."""
        return {
            "Remember": (self.add, False),
            "Search memories": (self.search, True),
            "Ask the memory": (self.ask, True),
            "List memories": (self.list, True),
            "Forget a memory": (self.forget, False),
        }


def _day(name: str, text: str | None) -> date:
    """The day that `text` names; today where it names none."""
    if text is None or text.strip().lower() in ("", "today"):
        return date.today()
    day = parse_session_date(text)
    if day is None:
        raise ConfigError(f"wrong {name}: expected a day like 2026-05-12, got {text!r:.60}; correct it or leave it out")
    return day.date()
