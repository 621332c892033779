"""Validity and source of facts, and that every id is looked for among its user's alone."""

from datetime import date
from pathlib import Path

import pytest

from runtime_py.errors import ConfigError, ContractError
from runtime_py.retrieval import Retrieval
from runtime_py.store import Kind, Store
from tests.runtime_py.store.parts import DAY, EMBEDDER, VECTOR, open_store, put

MARCH, MAY, JULY = date(2023, 3, 1), date(2023, 5, 1), date(2023, 7, 1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "s.db")


def add(store: Store, text: str, day: date | None = None, **values: object) -> int:
    return store.add_memory("ana", text, day, EMBEDDER.embed([text])[0], **values)  # type: ignore[arg-type]


def texts(store: Store, at: date | None = None, include_past: bool = False) -> list[str]:
    return [memory.text for memory in store.memories("ana", at, include_past)]


def test_what_is_superseded_stays_and_is_found_on_request(store: Store) -> None:
    old = add(store, "Ana lives in Kluvo", MARCH, source="user")
    new = add(store, "Ana lives in Zorp", MAY, source="other")
    said = put(store)
    store.supersede("ana", old, new, MAY, said[:1])
    assert (texts(store), texts(store, include_past=True)) == (
        ["Ana lives in Zorp"],
        ["Ana lives in Kluvo", "Ana lives in Zorp"],
    )
    past = store.memory("ana", old, include_past=True)
    assert past is not None
    assert store.memory("ana", old) is None
    assert (past.state, past.valid_from, past.valid_to, past.superseded_by) == ("past", MARCH, MAY, new)
    assert [memory.source for memory in store.memories("ana", include_past=True)] == ["user", "other"]
    assert [row.event for row in store.history("ana", old)] == ["ADD", "SUPERSEDE"]
    assert [turn.id for turn in store.provenance("ana", old)] == said[:1]
    retrieval, query = Retrieval(store), EMBEDDER.embed(["Kluvo"])[0]
    places: tuple[tuple[Kind, list[int]], ...] = (("memory", [new]), ("past", [old]))
    for kind, expected in places:
        assert [hit.id for hit in retrieval.near("ana", query, 9, kind)] == expected
        assert retrieval.by_words("ana", "lives", 9, kind) == expected
        assert [hit.id for hit in retrieval.search("ana", "lives", query, 9, kind)] == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (date(2023, 2, 28), []),
        (MARCH, ["Kluvo"]),
        (date(2023, 4, 30), ["Kluvo"]),
        (MAY, ["Zorp"]),
        (date(2023, 6, 30), ["Zorp"]),
        (JULY, ["Tarn"]),
        (date(2030, 1, 1), ["Tarn"]),
    ],
)
def test_a_day_has_the_facts_that_held_on_it(store: Store, at: date, expected: list[str]) -> None:
    towns = [add(store, town, day) for town, day in (("Kluvo", MARCH), ("Zorp", MAY), ("Tarn", JULY))]
    store.supersede("ana", towns[0], towns[1], MAY)
    store.supersede("ana", towns[1], towns[2], JULY)
    assert texts(store, at) == expected


def test_unknown_days(store: Store) -> None:
    """An unknown beginning is long ago, an open end ahead; a past fact of unknown end is given for no day."""
    add(store, "always")
    add(store, "until July", None, valid_to=JULY)
    ended = add(store, "some time", MARCH)
    store.supersede("ana", ended, None, None)
    assert texts(store, MARCH) == ["always", "until July"]
    assert texts(store, JULY) == ["always"]
    assert texts(store, include_past=True) == ["always", "until July", "some time"]


def test_the_same_words_after_a_change_live_again(store: Store) -> None:
    first, second = add(store, "Ana lives in Kluvo", MARCH), add(store, "Ana lives in Zorp", MAY)
    store.supersede("ana", first, second, MAY)
    third = add(store, "Ana lives in Kluvo", JULY)
    store.supersede("ana", second, third, JULY)
    assert [memory.id for memory in store.memories("ana")] == [third]
    assert [memory.id for memory in store.memories("ana", MARCH)] == [first]


def test_an_end_before_the_beginning_is_refused(store: Store) -> None:
    old, new = add(store, "Ana lives in Kluvo", MAY), add(store, "Ana lives in Zorp", MARCH)
    with pytest.raises(ContractError, match="a day not before 2023-05-01"):
        store.supersede("ana", old, new, MARCH)
    with pytest.raises(ContractError, match="another memory"):
        store.supersede("ana", old, old, MAY)
    with pytest.raises(ContractError, match="expected an end after"):
        add(store, "Ana hums", MAY, valid_to=MARCH)
    store.supersede("ana", old, new, MAY)
    assert texts(store, MAY) == ["Ana lives in Zorp"]


def test_another_users_ids_are_unknown(store: Store) -> None:
    mine, other = add(store, "Ana sings", DAY), store.add_memory("bob", "Bob hums", DAY, VECTOR)
    said = put(store)
    store.supersede("ana", add(store, "Ana hums", DAY, turns=said), None, DAY)
    for user in ("bob", "nobody"):
        assert store.memory(user, mine, include_past=True) is None
        assert store.memories_by_id(user, [mine, 3], include_past=True) == []
        assert store.history(user, mine) == []
        assert store.provenance(user, 3) == []
        assert store.turn(user, said[0]) is None
        assert store.turns_by_id(user, said) == []
        for refused in (
            lambda user=user: store.update_memory(user, mine, "x", DAY, VECTOR),
            lambda user=user: store.supersede(user, mine, None, DAY),
            lambda user=user: store.forget_memories(user, [mine]),
        ):
            with pytest.raises(ConfigError, match=r"no memory \d"):
                refused()
    with pytest.raises(ConfigError, match="no memory 1"):
        store.supersede("bob", other, mine, DAY)
    assert texts(store) == ["Ana sings"]


def test_a_memory_is_taken_from_its_first_exchange_alone(store: Store) -> None:
    first, second = put(store, text="first"), put(store, "later", text="second")
    lives = add(store, "Ana lives in Rome", turns=first)
    moved = add(store, "Ana lives in Oslo", turns=second)
    store.supersede("ana", lives, moved, None, second)
    found = store.taken_from("ana", [*first, *second])
    states = {turn: tuple((m.id, m.state) for m in taken) for turn, taken in found.items()}
    assert states == dict.fromkeys(first, ((lives, "past"),)) | dict.fromkeys(second, ((moved, "live"),))
    assert store.taken_from("bob", first) == {}


def test_what_is_read_by_ids_takes_no_longer_in_a_large_store(store: Store) -> None:
    """Counted in steps of SQLite's machine: first beside one turn, then beside four hundred."""

    def steps() -> int:
        taken = 0

        def step() -> None:
            nonlocal taken
            taken += 1

        store._connection.set_progress_handler(step, 1)
        assert [turn.text for turn in store.turns_by_id("ana", said[:1])] == ["first"]
        assert [turn.id for turn in store.turns_behind("ana", [memory])[memory]] == said[:1]
        assert [found.id for found in store.taken_from("ana", said[:1])[said[0]]] == [memory]
        store._connection.set_progress_handler(None, 0)
        return taken

    said = put(store, text="first")
    memory = add(store, "Ana sings", turns=said[:1])
    alone = steps()
    for number in range(200):
        put(store, f"key {number}", f"number {number}")
    assert steps() < 2 * alone
    assert store.turns_behind("bob", [memory]) == {}
