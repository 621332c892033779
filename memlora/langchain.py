"""LangChain on a memory (extra `memlora[langchain]`): what fits a question as documents, and a conversation."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from memlora.memory import Memory, Row
from runtime_py.errors import MissingExtraError

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
_ROLES = {"human": "user", "ai": "assistant"}
_EVERY = 1_000_000_000  # turns: all of a conversation


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
    message that is added to a conversation again is said again.
    """

    def __init__(self, memory: Memory, user_id: str, session_id: str) -> None:
        self._memory, self._user, self._session = memory._memory, user_id, session_id

    @property
    def messages(self) -> list[BaseMessage]:
        """What was said so far, in order."""
        turns = self._memory.store.last_turns(self._user, self._session, _EVERY)
        return [
            (HumanMessage if turn.role == "user" else AIMessage)(turn.text, name=turn.speaker or None) for turn in turns
        ]

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Keep and remember what was said, today."""
        said = [
            {"role": _ROLES[message.type], "content": str(message.text), "name": message.name or ""}
            for message in messages
            if message.type in _ROLES and str(message.text).strip()
        ]
        if said:
            place = str(len(self.messages))  # tells the same words said later from these
            self._memory.add(said, self._user, date.today(), session=self._session, place=place)

    def clear(self) -> None:
        """Forget what was said in this conversation and what came of it, down to the bytes."""
        if self.messages:
            self._memory.forget_session(self._session, self._user)


def _document(row: Row) -> Document:
    return Document(row["memory"], id=str(row["id"]), metadata={name: row[name] for name in _TOLD})
