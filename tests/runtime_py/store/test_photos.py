"""Photos in the store: kept once by a user, found by what was said with them, and gone to the last byte."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime_py.errors import ConfigError, ContractError, ImageError, StoreError
from runtime_py.images import png_bytes, read_png
from runtime_py.store import THUMBNAIL_SIDE, Photo, Store, exchange_key
from tests.runtime_py.store.parts import DAY, EMBEDDER, PHOTO, VECTOR, open_store, photo, put

ROWS = np.random.default_rng(5).standard_normal((4, 24)).astype(np.float32)
PIECE = 24
"""Bytes that are looked for; a shorter run could be anything's."""


def say(store: Store, key: str, text: str, photos: list[Photo], user: str = "ana", session: str = "s") -> list[int]:
    said = [("user", "Ana", text)]
    turns = store.put_exchange(user, key, session, DAY, said, "stored", None, EMBEDDER.embed([text]))
    store.put_photos(user, turns, photos)
    return turns


def remember(store: Store, text: str, turns: list[int]) -> int:
    return store.add_memory("ana", text, DAY, EMBEDDER.embed([text])[0], turns)


def pieces(data: bytes) -> list[bytes]:
    """Pieces of `data` at places that no other run of bytes shares."""
    dice = random.Random(len(data))
    return [data[at : at + PIECE] for at in (dice.randrange(40, len(data) - PIECE) for _ in range(60))]


def is_held(folder: Path, data: bytes) -> bool:
    held = b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
    return any(piece in held for piece in pieces(data))


def test_a_photo_is_kept_once_with_its_thumbnail_and_what_was_said(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        first, again = say(store, "1", "My cat Minka", [PHOTO]), say(store, "2", "Minka again", [PHOTO, photo(2)])
        (minka, other) = store.photos("ana")
        assert (minka.name, minka.caption, minka.day) == (PHOTO.name, "My cat Minka Minka again", DAY)
        assert ([turn.id for turn in minka.turns], [turn.id for turn in other.turns]) == ([*first, *again], again)
        assert (read_png(store.photo_png("ana", minka.id)) == PHOTO.pixels).all()
        small = read_png(store.photo_png("ana", minka.id, is_thumbnail=True))
        assert small.shape == (96, THUMBNAIL_SIDE, 3)
        assert (store.photo_pixels(PHOTO.name) == PHOTO.pixels).all()
        assert store.put_photos("ana", again, [photo(2), PHOTO]) == [other.id, minka.id]
        assert store.check() == []
        for user, row in (("bob", minka.id), ("ana", 9), ("ana", -1)):
            with pytest.raises(ConfigError, match=f"no photo {row}: expected the id of a photo of {user}"):
                store.photo(user, row)
        with pytest.raises(ConfigError, match="no photo aa"):
            store.photo_pixels("aa")
        with pytest.raises(ContractError, match="expected turns of one exchange, got 2"):
            store.put_photos("ana", [*first, *again], [PHOTO])
        with pytest.raises(ContractError, match="expected turns of one exchange, got 0"):
            store.put_photos("bob", first, [PHOTO])


def test_memories_and_turns_have_the_photos_they_came_with(tmp_path: Path) -> None:
    """A past memory has those of what it was taken from, not of what ended it."""
    with open_store(tmp_path / "s.db") as store:
        before, cat = put(store, "0"), say(store, "1", "My cat", [PHOTO], session="s1")
        after, elsewhere = put(store, "2"), say(store, "3", "My dog", [photo(2)], session="s2")
        old, new = remember(store, "Ana has a cat", cat), remember(store, "Ana has a dog", elsewhere)
        store.supersede("ana", old, new, DAY, elsewhere)
        assert store.photos_behind("ana", [old, new]) == {old: [1], new: [2]}
        assert store.photos_behind("bob", [old, new]) == {}
        everything = [*before, *cat, *after, *elsewhere]
        assert store.photos_with("ana", everything) == {cat[0]: [1], elsewhere[0]: [2]}
        assert store.photos_beside("ana", everything) == {turn: [1] for turn in (*before, *after)}


def test_an_embedding_is_kept_by_the_photo_and_the_encoder(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        say(store, "1", "My cat", [PHOTO])
        say(store, "1", "Our cat", [PHOTO], "bob")
        assert store.photo_rows(PHOTO.name, "one") is None
        store.put_photo_rows(PHOTO.name, "one", ROWS)
        found = store.photo_rows(PHOTO.name, "one")
        assert found is not None
        assert (found.tobytes(), found.shape) == (ROWS.tobytes(), ROWS.shape)
        store.put_photo_rows(PHOTO.name, "two", ROWS[:2])
        assert store.photo_rows(PHOTO.name, "one") is None
        store.forget_user("bob")
        found = store.photo_rows(PHOTO.name, "two")
        assert found is not None
        assert len(found) == 2
        wrong: Any
        for wrong in (ROWS[0], ROWS.astype(np.float64), ROWS[:0], np.full((2, 2), np.nan, np.float32)):
            with pytest.raises(ContractError, match="wrong embedding of a photo"):
                store.put_photo_rows(PHOTO.name, "two", wrong)


def test_a_forgotten_photo_leaves_no_byte(tmp_path: Path) -> None:
    """Its PNG, thumbnail, embedding, name and caption, and what was derived."""
    path = tmp_path / "folder" / "s.db"
    path.parent.mkdir()
    shown = [photo(seed) for seed in range(1, 9)]
    rows = [np.random.default_rng(seed).standard_normal((16, 64)).astype(np.float32) for seed in range(8)]
    with open_store(path) as store:
        for number, (each, made) in enumerate(zip(shown, rows, strict=True)):
            turns = say(store, f"k{number}", f"captionword{number} here", [each])
            remember(store, f"derivedword{number} is known", turns)
            store.put_photo_rows(each.name, "an older encoder", made + 1)
            store.put_photo_rows(each.name, "encoder", made)
        files = [[each.png, each.thumbnail, made.tobytes()] for each, made in zip(shown, rows, strict=True)]
        assert all(is_held(path.parent, data) for data in files[3])
        gone = store.forget_photos("ana", [4, 6])
        assert (gone.photos, gone.memories, len(gone.turns)) == ((4, 6), (4, 6), 2)
        (by_memory,) = store.forget_memories("ana", [1]).photos
        (undone,) = store.undo("ana", EMBEDDER.embed).forgotten
        assert (by_memory, undone) == (1, 8)
        for number, each in enumerate(shown):
            is_gone = number in (0, 3, 5, 7)
            words = [f"captionword{number}".encode(), f"derivedword{number}".encode(), each.name.encode()]
            held = b"".join(file.read_bytes() for file in path.parent.iterdir())
            assert [is_held(path.parent, data) for data in files[number]] == [not is_gone] * 3
            assert [word in held for word in words] == [not is_gone] * 3
            assert not is_held(path.parent, (rows[number] + 1).tobytes()) or not is_gone
        assert store.check() == []
        with pytest.raises(ConfigError, match="no photo 4"):
            store.forget_photos("ana", [2, 4])
        assert [found.id for found in store.photos("ana")] == [2, 3, 5, 7]
    with open_store(path) as store:
        assert set(store.forget_user("ana").photos) == {2, 3, 5, 7}
        assert not any(is_held(path.parent, data) for each in files for data in each)


def test_a_photo_stays_with_an_exchange_that_stays(tmp_path: Path) -> None:
    """Another memory came from it, another exchange showed it too, or a session's memories are to stay."""
    with open_store(tmp_path / "s.db") as store:
        turns = say(store, "1", "My cat. I moved.", [PHOTO])
        cat, moved = remember(store, "Ana has a cat", turns), remember(store, "Ana moved", turns)
        say(store, "2", "Look at this", [PHOTO, photo(2)])
        assert store.forget_memories("ana", [cat]).photos == ()
        gone = store.forget_memories("ana", [moved])
        assert (gone.turns, gone.photos) == (tuple(turns), ())
        assert store.forget_session("ana", "s", with_memories=False).photos == ()
        assert [found.caption for found in store.photos("ana")] == ["Look at this"] * 2
        assert store.forget_session("ana", "s").photos == (1, 2)
        assert store.photos("ana") == []


def test_forgetting_a_photo_forgets_every_exchange_it_came_with(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        one, two = say(store, "1", "My cat", [PHOTO]), say(store, "2", "It grew", [PHOTO, photo(2)])
        other = say(store, "3", "My dog", [photo(2)])
        memory = remember(store, "Ana has a cat", one)
        store.update_memory("ana", memory, "Ana has a large cat", DAY, VECTOR, two)
        dog = remember(store, "Ana has a dog", other)
        gone = store.forget_photos("ana", [1])
        assert (gone.memories, gone.turns, gone.photos) == ((memory,), (*one, *two), (1,))
        assert [found.id for found in store.memories("ana")] == [dog]
        assert [found.caption for found in store.photos("ana")] == ["My dog"]


def test_photos_tell_apart_exchanges_of_equal_words() -> None:
    said = [("user", "", "Look")]
    plain = exchange_key("s", DAY, "", said)
    keys = {exchange_key("s", DAY, "", said, photos) for photos in (["aa"], ["bb"], ["aa", "bb"], ["bb", "aa"])}
    assert len(keys) == 4
    assert plain not in keys
    assert exchange_key("s", DAY, "", said, []) == plain


def test_a_damaged_photo_is_told(tmp_path: Path) -> None:
    with open_store(tmp_path / "s.db") as store:
        say(store, "1", "My cat", [PHOTO])
        store._run("UPDATE photos SET png = ?", PHOTO.png[:-1])
        with pytest.raises(StoreError, match=r"the store .* is damaged: the kept photo: expected the bytes of a PNG"):
            store.photo_pixels(PHOTO.name)


@pytest.mark.parametrize("size", [(1, 1), (512, 3), (2, 512)])
def test_a_png_of_ours_is_read_back(size: tuple[int, int]) -> None:
    pixels = photo(3, *size).pixels
    png = png_bytes(pixels)
    assert (read_png(png) == pixels).all()
    for at in range(0, len(png), max(1, len(png) // 50)):
        with pytest.raises(ImageError, match="expected the bytes of a PNG that memlora wrote"):
            read_png(png[:at] + bytes([png[at] ^ 1]) + png[at + 1 :])
        with pytest.raises(ImageError):
            read_png(png[:at])
