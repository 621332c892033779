"""Whatever a memory is given, a result or one sentence comes back: wrong kinds, huge ids, NUL, half surrogates."""

import inspect
from contextlib import suppress
from datetime import date
from typing import Any

import pytest

import memlora
from runtime_py import memory as inner
from runtime_py.operations.generator import Generated
from runtime_py.store import Store
from tests.runtime_py.memory.photos.sight import FakeEncoder, SeeingScript, plain
from tests.runtime_py.script import WordEmbedder

WRONG_KINDS: list[Any] = [None, 5, 1.5, True, b"x", ["x"], {}, object()]
STRANGE = ["", " \n", "a\0b *x\0y*", "\0" * 3000, "x" * 20_000, "*a \ud800 b*", "\udfff", "\u202e*x*"]
TEXTS: list[Any] = [*STRANGE, *WRONG_KINDS]
NUMBERS: list[Any] = [-1, 0, 2**31, 2**63, 10**20, -(10**20), float("nan"), float("inf"), "1", *WRONG_KINDS]
DAYS: list[Any] = ["2023-05-08", date.min, date.max, *WRONG_KINDS]
VALUES = {"user_id": TEXTS, "query": TEXTS, "question": TEXTS, "data": TEXTS, "memory_id": NUMBERS}
VALUES |= {"limit": NUMBERS, "threshold": NUMBERS, "said_on": DAYS, "asked_on": DAYS, "filters": TEXTS}
VALUES |= {"asker": TEXTS, "agent_id": TEXTS, "run_id": TEXTS, "metadata": [*TEXTS, *({"k": text} for text in TEXTS)]}
VALUES["messages"] = [
    *TEXTS,
    *([text] for text in TEXTS),
    *({"role": "user", "content": "*hi*", key: text} for key in ("role", "content", "name") for text in TEXTS),
    {"role": "user", "content": "*hi*", 5: "x"},
]
VALUES |= {
    "photo_id": NUMBERS,
    "is_thumbnail": [True],
    "images": [*TEXTS, *([text] for text in TEXTS), [plain("red"), 5]],
}
RIGHT: dict[str, Any] = {"messages": "*I live in Kluvo*", "user_id": "tom", "query": "Kluvo", "question": "Who?"}
RIGHT |= {"memory_id": 1, "data": "New", "photo_id": 1}
NOT_TRIED = {"self", "stream", "infer"}  # no values of a caller's own


class _Strict(SeeingScript):
    """Refuses what is too long by the sentence that a model's experts have."""

    def run(self, operation: str, given: Any) -> Generated:
        if not self.fits(operation, given):
            raise memlora.ContractError("the input is too long: expected less, got more; shorten it")
        return super().run(operation, given)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> memlora.Memory:
    embedder = WordEmbedder()
    store = Store(tmp_path_factory.mktemp("hostile") / "m.db", embedder)
    sight = inner.Sight(FakeEncoder, store)
    return memlora.Memory(inner.Memory(_Strict(sight.rows_of, room=1500), embedder, store, sight=sight))


def methods() -> dict[str, inspect.Signature]:
    public = {name: method for name, method in vars(memlora.Memory).items() if inspect.isfunction(method)}
    return {name: inspect.signature(method) for name, method in public.items() if not name.startswith("_")}


def cases() -> list[tuple[str, str]]:
    return [
        (name, argument)
        for name, signature in methods().items()
        for argument in signature.parameters
        if argument not in NOT_TRIED
    ]


@pytest.mark.parametrize(("method", "argument"), cases())
def test_a_result_or_a_sentence(method: str, argument: str, memory: memlora.Memory) -> None:
    parameters = methods()[method].parameters.values()
    for value in VALUES[argument]:
        memory.add("*Tom lives in Zwolle*", "tom")
        given = {p.name: RIGHT[p.name] for p in parameters if p.name != "self" and p.default is p.empty}
        with suppress(memlora.MemloraError):  # any other error is a bug
            getattr(memory, method)(**{**given, argument: value})


def test_wrong_kinds_are_named(memory: memlora.Memory) -> None:
    with pytest.raises(memlora.ConfigError, match=r"wrong memory_id: expected a whole number, got '1' \(str\)"):
        memory.get("1", "tom")  # type: ignore[arg-type]
    with pytest.raises(memlora.ConfigError, match="wrong said_on: expected a date, got '2023-05-08'"):
        memory.add("*x*", "tom", "2023-05-08")  # type: ignore[arg-type]
    with pytest.raises(memlora.ConfigError, match="wrong message: expected a text, a dictionary or a list of these"):
        memory.add([5], "tom")  # type: ignore[list-item]


def test_ids_that_no_row_can_have_are_nobodys(memory: memlora.Memory) -> None:
    for impossible in (-1, 0, 2**31, 2**63, 10**20):
        for call in (memory.get, memory.delete, memory.history):
            with pytest.raises(memlora.ConfigError, match=f"no memory {impossible}"):
                call(impossible, "tom")


def test_a_large_limit_is_everything(memory: memlora.Memory) -> None:
    memory.add("*Bea lives in Zwolle*", "bea")
    assert len(memory.search("Zwolle", "bea", limit=10**20)["results"]) == 1
    assert len(memory.get_all("bea", limit=10**20)["results"]) == 1
    assert memory.search("Zwolle", "bea", limit=-1)["results"] == []
