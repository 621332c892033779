"""LangChain on a memory (extra `memlora[langchain]`): what fits a question as documents, and a conversation."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from memlora.memory import Memory, Row
from runtime_py.errors import MissingExtraError
from runtime_py.store import Turn, compose

try:
    from langchain_core.chat_history import BaseChatMessageHistory
    from langchain_core.documents import Document
    from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
    from langchain_core.retrievers import BaseRetriever
    from pydantic import ConfigDict
except ModuleNotFoundError as e:
    raise MissingExtraError(
        f"missing package: expected {e.name} to be installed, got none; run `pip install 'memlora[langchain]'`"
    ) from e

_TOLD = ("id", "date", "score", "source", "metadata")
_ROLES = {HumanMessage: "user", AIMessage: "assistant"}
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


class MemoryRetriever(BaseRetriever):  # type: ignore[misc]  # its package is not followed
    """The memories of one user that fit a text best, best first, as documents; nothing is remembered.

    `id`, `date`, `score` (0 to 1), `source` and `metadata` of a memory are its document's metadata. `filters` are those
    of `Memory.get_all`; memories with a score below `threshold` are left out.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: Memory
    user_id: str
    limit: int = 10
    threshold: float = 0.0
    filters: Mapping[str, Any] | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        found = self.memory.search(query, self.user_id, self.limit, self.threshold, self.filters)["results"]
        return [_document(row) for row in found]


class MemoryHistory(BaseChatMessageHistory):  # type: ignore[misc]  # its package is not followed
    """One conversation of a user, its words kept in the store and remembered; for `RunnableWithMessageHistory`.

    What people and models say is kept, under their `name` where they have one; system and tool messages are not. A
    message that is added to a conversation again is said again. Each day of it is a session of the store, for a session
    has one date.
    """

    def __init__(self, memory: Memory, user_id: str, session_id: str) -> None:
        self._memory, self._user, self._session = memory._memory, user_id, session_id

    @property
    def messages(self) -> list[BaseMessage]:
        """What was said so far, in order."""
        return [
            (HumanMessage if turn.role == "user" else AIMessage)(turn.text, name=turn.speaker or None)
            for turn in self._turns()
        ]

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Keep and remember what was said, today."""
        said = [
            {"role": role, "content": str(message.text), "name": message.name or ""}
            for message in messages
            if (role := _role_of(message)) and str(message.text).strip()
        ]
        if said:
            turns, today = self._turns(), date.today()
            place = str(turns[-1].id if turns else 0)  # tells the same words said later from these
            self._memory.add(said, self._user, today, session=f"{self._session} {today}", place=place)

    def clear(self) -> None:
        """Forget what was said in this conversation and what came of it, down to the bytes."""
        self._memory.store.forget_sessions(self._user, self._days())

    def _turns(self) -> list[Turn]:
        return self._memory.store.turns_of(self._user, self._days())

    def _days(self) -> list[str]:
        """The names of its sessions; before each day had one, all of it was one.

        A name that ends with a day may be another conversation's session of that day, and is not read as its own.
        """
        name = compose(self._session)
        own = re.compile(
            f"{re.escape(name)} {_DAY}" if re.search(f" {_DAY}$", name) else f"{re.escape(name)}(?: {_DAY})?"
        )
        return [name for name in self._memory.store.sessions(self._user) if own.fullmatch(name)]


def _role_of(message: BaseMessage) -> str | None:
    """Also of the pieces that a stream leaves joined, which are of kinds of their own."""
    return next((role for kind, role in _ROLES.items() if isinstance(message, kind)), None)


def _document(row: Row) -> Document:
    return Document(row["memory"], id=str(row["id"]), metadata={name: row[name] for name in _TOLD})
