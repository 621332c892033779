"""A bundle's own kind of encoder beside the store: rows computed once, kept as they are, replaced by another's."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from runtime_py.bundle import ImageEncoder
from runtime_py.errors import ConfigError
from runtime_py.images import square
from runtime_py.memory import Sight
from runtime_py.store import Photo, Store
from tests.runtime_py.memory.photos.sight import plain

seeing = pytest.importorskip("tests.seeing", reason="onnx is missing: pip install 'memlora[export]'")
HIDDEN = 16


def encoder(path: Path, tokens: int) -> ImageEncoder:
    seeing.write_graph(path, HIDDEN, tokens)
    return ImageEncoder(path, hashlib.sha256(path.read_bytes()).hexdigest(), seeing.SIDE, tokens, HIDDEN)


def test_rows_are_those_of_the_kept_pixels_and_of_one_encoder(tmp_path: Path) -> None:
    photo = Photo(plain("blue"))
    first, second = encoder(tmp_path / "one.onnx", 3), encoder(tmp_path / "two.onnx", 5)
    with Store(tmp_path / "s.db", None) as store:
        turns = store.put_exchange("ana", "k", "s", None, [("user", "", "Look")], "empty")
        store.put_photos("ana", turns, [photo])
        sight = Sight(lambda: first, store)
        made = sight.encode_new([photo])
        assert store.photo_rows(photo.name, first.identity) is None
        sight.keep(made)
        assert sight.encode_new([photo]) == {}
        line = square(photo.pixels, seeing.SIDE).astype(np.float32).reshape(1, -1)
        expected = (line @ seeing.weights(HIDDEN, 3)).reshape(3, HIDDEN)
        np.testing.assert_allclose(sight.rows_of(photo.name).rows, expected, rtol=1e-5, atol=1e-5)
        assert sight.rows_of(photo.name).rows.tobytes() == made[photo.name].tobytes()
        assert Sight(lambda: second, store).rows_of(photo.name).rows.shape == (5, HIDDEN)
        assert store.photo_rows(photo.name, first.identity) is None
        assert store.check() == []


def test_an_encoder_is_opened_at_the_first_photo(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db", None) as store:
        sight = Sight(lambda: None, store)
        with pytest.raises(ConfigError, match="cannot look at photos: expected a bundle with vision, got one without"):
            sight.rows_of("aa")
        with pytest.raises(ConfigError, match="no photo aa: expected the sha256 of one that is kept"):
            Sight(lambda: encoder(tmp_path / "one.onnx", 3), store).rows_of("aa")
