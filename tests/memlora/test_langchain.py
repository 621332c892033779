"""The adapter in LangChain's own runnables."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import memlora
from runtime_py import memory as inner
from runtime_py.store import Store
from tests.runtime_py.script import Script, WordEmbedder

pytest.importorskip("langchain_core", reason="langchain-core is missing: pip install 'memlora[langchain]'")

from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnablePassthrough
from langchain_core.runnables.history import RunnableWithMessageHistory

from memlora.langchain import MemoryHistory, MemoryRetriever


@pytest.fixture
def memory(tmp_path: Path) -> memlora.Memory:
    embedder = WordEmbedder()
    return memlora.Memory(inner.Memory(Script(), embedder, Store(tmp_path / "m.db", embedder)))


def test_a_retriever_in_a_chain(memory: memlora.Memory) -> None:
    memory.add("*Tom lives in Zwolle*", user_id="tom", metadata={"mood": "good"})
    memory.add("*Tom owns a Volvo*", user_id="tom")
    memory.add("*Eve lives in Zwolle*", user_id="eve")
    retriever = MemoryRetriever(memory=memory, user_id="tom", limit=1)
    (found,) = retriever.invoke("Who lives in Zwolle?")
    assert (found.page_content, found.id, found.metadata["metadata"]) == ("Tom lives in Zwolle", "1", {"mood": "good"})
    assert 0 < found.metadata["score"] <= 1
    prompt = ChatPromptTemplate.from_template("{known}\n{question}")
    chain = {"known": retriever | _joined, "question": RunnablePassthrough()} | prompt
    (message,) = chain.invoke("Which Volvo?").to_messages()
    assert message.content == "Tom owns a Volvo\nWhich Volvo?"


def _joined(found: Any) -> str:
    return "\n".join(document.page_content for document in found)


def test_a_retriever_for_event_loops(memory: memlora.Memory) -> None:
    import asyncio

    memory.add("*Tom lives in Zwolle*", user_id="tom")
    (found,) = asyncio.run(MemoryRetriever(memory=memory, user_id="tom").ainvoke("Zwolle"))
    assert found.page_content == "Tom lives in Zwolle"


def test_a_conversation_is_kept_and_remembered(memory: memlora.Memory) -> None:
    model = FakeListChatModel(responses=["Nice.", "I know.", "In Zwolle."])
    prompt = ChatPromptTemplate.from_messages(
        [("system", "Be short."), MessagesPlaceholder("history"), ("human", "{said}")]
    )
    talk = RunnableWithMessageHistory(
        prompt | model,
        lambda session_id: MemoryHistory(memory, "tom", session_id),
        input_messages_key="said",
        history_messages_key="history",
    )

    def say(text: str, session: str = "monday") -> str:
        return str(talk.invoke({"said": text}, config={"configurable": {"session_id": session}}).content)

    assert say("*Tom lives in Zwolle*") == "Nice."
    assert say("*Tom lives in Zwolle*") == "I know."
    assert say("Where do I live?", "tuesday") == "In Zwolle."
    monday = MemoryHistory(memory, "tom", "monday")
    assert [message.content for message in monday.messages] == [
        "*Tom lives in Zwolle*", "Nice.", "*Tom lives in Zwolle*", "I know.",
    ]  # fmt: skip
    assert [type(message) for message in monday.messages[:2]] == [HumanMessage, AIMessage]
    assert [row["memory"] for row in memory.get_all("tom")["results"]] == ["Tom lives in Zwolle"]
    assert MemoryHistory(memory, "eve", "monday").messages == []
    monday.clear()
    monday.clear()
    assert monday.messages == []
    assert memory.get_all("tom")["results"] == []
    assert len(MemoryHistory(memory, "tom", "tuesday").messages) == 2


def test_only_what_was_said_is_kept(memory: memlora.Memory) -> None:
    history = MemoryHistory(memory, "tom", "s")
    history.add_messages(
        [SystemMessage("*Tom is a king*"), AIMessage(""), HumanMessage([{"type": "text", "text": "Hi"}])]
    )
    history.add_messages([])
    assert [(message.content, message.name) for message in history.messages] == [("Hi", None)]
    history.add_messages([HumanMessage("*Ann owns a boat*", name="Ann")])
    assert history.messages[-1].name == "Ann"
    assert [row["memory"] for row in memory.get_all("tom")["results"]] == ["Ann owns a boat"]


def test_a_streamed_reply_is_kept(memory: memlora.Memory) -> None:
    """What a stream leaves joined is a message of a kind of its own."""
    talk = RunnableWithMessageHistory(
        ChatPromptTemplate.from_messages([MessagesPlaceholder("history"), ("human", "{said}")])
        | FakeListChatModel(responses=["Nice."]),
        lambda session_id: MemoryHistory(memory, "tom", session_id),
        input_messages_key="said",
        history_messages_key="history",
    )
    config: Any = {"configurable": {"session_id": "s"}}
    assert "".join(str(piece.content) for piece in talk.stream({"said": "Hi"}, config=config)) == "Nice."
    told = MemoryHistory(memory, "tom", "s").messages
    assert [(type(message), message.content) for message in told] == [(HumanMessage, "Hi"), (AIMessage, "Nice.")]


def test_a_conversation_of_two_days_keeps_both(memory: memlora.Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    inner_memory = memory._memory
    inner_memory.add("*Tom is old*", "tom", date(2026, 2, 1), session="s")  # as all of it was kept once
    for day in (date(2026, 3, 1), date(2026, 4, 1)):
        monkeypatch.setattr("memlora.langchain.date", SimpleNamespace(today=lambda day=day: day))
        MemoryHistory(memory, "tom", "s").add_messages([HumanMessage(f"*Tom ran on {day}*")])
        MemoryHistory(memory, "tom", "s 2").add_messages([HumanMessage("Elsewhere")])
    history = MemoryHistory(memory, "tom", "s")
    assert [message.content for message in history.messages] == [
        "*Tom is old*", "*Tom ran on 2026-03-01*", "*Tom ran on 2026-04-01*",
    ]  # fmt: skip
    days = [turn.day for turn in inner_memory.store.turns("tom") if "ran" in turn.text]
    assert days == [date(2026, 3, 1), date(2026, 4, 1)]
    history.clear()
    assert history.messages == []
    assert len(MemoryHistory(memory, "tom", "s 2").messages) == 2


def test_said_again_after_something_was_forgotten_it_is_kept(memory: memlora.Memory) -> None:
    history = MemoryHistory(memory, "tom", "s")
    for text in ("*Tom sings*", "Well", "Well"):
        history.add_messages([HumanMessage(text)])
    memory.delete(1, "tom")
    history.add_messages([HumanMessage("Well")])
    assert [message.content for message in history.messages] == ["Well", "Well", "Well"]


def test_without_its_package_the_extra_is_named() -> None:
    code = "import sys; sys.modules['langchain_core'] = None\nimport memlora\ntry:\n    import memlora.langchain\n"
    code += "except memlora.MissingExtraError as e:\n    print(e)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'memlora[langchain]'" in done.stdout


def test_a_day_of_one_conversation_is_not_another_one(memory: memlora.Memory) -> None:
    """`s 2026-03-01` is what the first day of `s` is called in the store, and may be a conversation's own name."""
    history = MemoryHistory(memory, "tom", "s")
    history.add_messages([HumanMessage("Mine")])
    other = MemoryHistory(memory, "tom", f"s {date.today()}")
    assert other.messages == []
    other.add_messages([HumanMessage("Other")])
    other.clear()
    assert [message.content for message in history.messages] == ["Mine"]
