"""Forgetting what was said: a session, several, single turns, and what came of them."""

from pathlib import Path

import pytest

from runtime_py.errors import ConfigError
from runtime_py.store import Store
from tests.runtime_py.store.parts import DAY, EMBEDDER, VECTOR, open_store
from tests.runtime_py.store.test_forgetting import add, bytes_of


def in_session(store: Store, session: str, text: str) -> list[int]:
    said = [("user", "Ana", text)]
    return store.put_exchange("ana", f"{session}: {text}", session, DAY, said, "stored", None, EMBEDDER.embed([text]))


def test_a_session_is_forgotten_with_what_came_of_it_and_was_reworded_by_it(tmp_path: Path) -> None:
    """Zorp ended Kluvo of another session, whose hat it painted in other words; of its own Vlim was ended elsewhere."""
    path = tmp_path / "folder" / "s.db"
    path.parent.mkdir()
    with open_store(path) as store:
        one, worn = in_session(store, "one", "kluvohome"), in_session(store, "one", "kluvohat")
        two = in_session(store, "two", "zorphome zorphat vlimjob")
        in_session(store, "two", "zorpgreeting")
        three = in_session(store, "three", "brimjob")
        kluvo, hat = add(store, "lives in kluvohome", one), add(store, "has a kluvohat", worn)
        zorp, vlim = add(store, "lives in zorphome", two), add(store, "works in vlimjob", two)
        store.supersede("ana", kluvo, zorp, DAY, two)
        store.update_memory("ana", hat, "has a zorphat", DAY, VECTOR, two)
        brim = add(store, "works in brimjob", three)
        store.supersede("ana", vlim, brim, DAY, three)
        gone = store.forget_session("ana", "two")
        assert gone.memories == (hat, zorp, vlim)
        left = store.memories("ana", include_past=True)
        assert [(memory.id, memory.state, memory.superseded_by) for memory in left] == [
            (kluvo, "past", None),
            (brim, "live", None),
        ]
        assert [turn.text for turn in store.turns("ana")] == ["kluvohome", "brimjob"]
        assert not any(word in bytes_of(path) for word in (b"zorp", b"vlim", b"kluvohat"))
        assert b"kluvohome" in bytes_of(path)
        assert store.check() == []


def test_several_sessions_are_forgotten_all_or_none(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        in_session(store, "Zoe\u0308", "one")
        in_session(store, "b", "two")
        in_session(store, "c", "three")
        assert store.sessions("ana") == ["Zo\u00eb", "b", "c"]
        assert [turn.text for turn in store.turns_of("ana", ["b", "Zoe\u0308", "x"])] == ["one", "two"]
        with pytest.raises(ConfigError, match="no session x"):
            store.forget_sessions("ana", ["b", "x"])
        assert store.forget_sessions("ana", []).turns == ()
        assert len(store.forget_sessions("ana", ["b", "Zoe\u0308", "b"]).turns) == 2
        assert store.sessions("ana") == ["c"]
        assert store.turns_of("bob", ["c"]) == []


def test_what_was_said_is_forgotten_with_what_came_of_it(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        sung, idle = in_session(store, "s", "I sing"), in_session(store, "s", "hm")
        sings = add(store, "Ana sings", sung)
        for user, wrong in (("bob", idle), ("ana", [*idle, 99])):
            with pytest.raises(ConfigError, match="no turn"):
                store.forget_turns(user, wrong)
        assert store.forget_turns("ana", idle).turns == tuple(idle)
        gone = store.forget_turns("ana", sung)
        assert (gone.memories, gone.turns) == ((sings,), tuple(sung))
        assert store.check() == []


def test_of_a_session_what_gave_no_memory_is_forgotten_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "s.db"
    path.parent.mkdir()
    with open_store(path) as store:
        kept, idle = in_session(store, "Zoe\u0308", "I sing"), in_session(store, "Zoe\u0308", "xyloquartz is my word")
        past = in_session(store, "Zoe\u0308", "I lived in Kluvo")
        other = in_session(store, "other", "xylophones")
        sings, kluvo = add(store, "Ana sings", kept), add(store, "Ana lived in Kluvo", past)
        store.supersede("ana", kluvo, None, DAY)
        gone = store.forget_session("ana", "Zo\u00eb", with_memories=False)
        assert (gone.memories, gone.turns, gone.kept_turns) == ((), tuple(idle), (*kept, *past))
        assert [memory.id for memory in store.memories("ana", include_past=True)] == [sings, kluvo]
        assert [turn.id for turn in store.turns("ana")] == [*kept, *past, *other]
        assert b"quartz" not in bytes_of(path)
        everything = store.forget_session("ana", "Zoe\u0308")
        assert (everything.memories, everything.turns) == ((sings, kluvo), (*kept, *past))
        with pytest.raises(ConfigError, match="no session Zoe"):
            store.forget_session("ana", "Zoe\u0308")
        assert store.check() == []
