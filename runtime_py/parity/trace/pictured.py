"""Pictures, and rows of them, in lines of the protocol; and the conversation about pictures, for a bundle that sees."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from runtime_py.images import Pixels
from runtime_py.parts import EmbeddedRow, Embeddings, Piece, to_parts, to_places

ROW = -1
"""What stands for a row of embeddings among the tokens of a prompt."""
_WIDTH, _HEIGHT = 40, 24
_USER, _OTHER = "photos ana", "photos bob"


def prompt_to_json(prompt: Sequence[Piece]) -> list[Any]:
    """Token ids, and of embeddings `{"width": D, "rows": hex of little-endian float32}`."""
    told: list[Any] = []
    for part in to_parts(prompt):
        if isinstance(part, Embeddings):
            told.append({"width": part.rows.shape[1], "rows": part.rows.astype("<f4").tobytes().hex()})
        else:
            told += part.ids
    return told


def prompt_from_json(told: Sequence[Any]) -> list[Piece]:
    """Back from `prompt_to_json`."""
    return [_embeddings(piece) if isinstance(piece, Mapping) else int(piece) for piece in told]


def place_ids(prompt: Sequence[Piece]) -> tuple[int, ...]:
    """An id for each place of a prompt: the token's, `ROW` for a row of embeddings."""
    return tuple(ROW if isinstance(place, EmbeddedRow) else place for place in to_places(prompt))


def picture_to_json(pixels: Pixels) -> dict[str, Any]:
    """`{width, height, rgb}` of uint8 `[H, W, 3]`, `rgb` as hex digits."""
    height, width, _ = pixels.shape
    return {"width": width, "height": height, "rgb": pixels.tobytes().hex()}


def picture_from_json(told: Mapping[str, Any]) -> Pixels:
    """Back from `picture_to_json`."""
    return np.frombuffer(bytes.fromhex(told["rgb"]), np.uint8).reshape(told["height"], told["width"], 3)


def pictured_conversation() -> list[dict[str, Any]]:
    """Photos kept, asked about, found, listed and forgotten, for users of their own."""
    mug, boat = (picture_to_json(_painted(seed)) for seed in (1, 2))
    return [
        _add(_USER, "My new mug stands in the kitchen.", mug),
        _add(_USER, "", boat, mug),
        _add(_OTHER, "Our boat on the lake", boat),
        {"kind": "ask", "user": _USER, "question": "What colour is the mug in the picture?"},
        {"kind": "ask", "user": _USER, "question": "What is in the photo?"},
        {"kind": "ask", "user": _OTHER, "question": "What colour is the boat?"},
        {"kind": "search_photos", "user": _USER, "query": "the mug in the kitchen"},
        {"kind": "forget_photo", "user": _USER, "photo": 2},
        {"kind": "forget_photo", "user": _OTHER, "photo": 1},
        {"kind": "photos", "user": _USER},
        _add(_USER, "The mug again, and the boat", mug, boat),
        {"kind": "undo", "user": _OTHER},
        {"kind": "photos", "user": _USER},
    ]


def _add(user: str, text: str, *images: dict[str, Any]) -> dict[str, Any]:
    said = [{"role": "user", "content": text}]
    return {"kind": "add", "user": user, "date": "2026-04-01", "messages": said, "images": list(images)}


def _painted(seed: int) -> Pixels:
    x, y, colour = np.arange(_WIDTH)[None, :, None], np.arange(_HEIGHT)[:, None, None], np.arange(3)
    return ((7 * y + 3 * x + 90 * colour + 40 * seed) % 256).astype(np.uint8)


def _embeddings(told: Mapping[str, Any]) -> Embeddings:
    return Embeddings(np.frombuffer(bytes.fromhex(told["rows"]), "<f4").astype(np.float32).reshape(-1, told["width"]))
