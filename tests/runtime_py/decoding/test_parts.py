"""Sequences of parts: their key, how they are cut, and that no KV is ever reused for other parts."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime_py.decoding.greedy import generate
from runtime_py.decoding.session import EngineSession
from runtime_py.engines.fake import FakeEngine
from runtime_py.errors import ContractError
from runtime_py.parts import EmbeddedRow, Embeddings, Piece, Tokens, split, to_parts, to_places

V, D = 16, 3


def embeddings(seed: int, rows: int) -> Embeddings:
    return Embeddings(np.random.default_rng(seed).standard_normal((rows, D), dtype=np.float32))


# Few tokens and few pictures, some of which begin alike: prompts that share a part of their places are common.
LONG = embeddings(0, 4)
PICTURES = [LONG, Embeddings(LONG.rows[:2]), Embeddings(LONG.rows[2:]), embeddings(1, 1), embeddings(2, 2)]
PIECES: st.SearchStrategy[Piece] = st.one_of(
    st.integers(0, 2),
    st.builds(Tokens, st.lists(st.integers(0, 2), min_size=1, max_size=4).map(tuple)),
    st.sampled_from(PICTURES),
)
PROMPTS = st.lists(PIECES, min_size=1, max_size=7)


def engine(is_exact: bool = True) -> FakeEngine:
    made = FakeEngine(V, embedding_width=D)
    made.exact_multi_token = is_exact
    return made


def test_the_key_names_every_place() -> None:
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    name = hashlib.sha256(rows.tobytes()).hexdigest()
    assert to_places([1, Tokens((2, 3)), Embeddings(rows), 4]) == [
        1, 2, 3, EmbeddedRow(name, 0, 2), EmbeddedRow(name, 1, 2), 4,
    ]  # fmt: skip
    assert to_parts([1, Tokens((2, 3)), Embeddings(rows), Tokens(()), 4]) == [
        Tokens((1, 2, 3)), Embeddings(rows), Tokens((4,)),
    ]  # fmt: skip


def test_equal_bytes_in_another_shape_are_other_embeddings() -> None:
    rows = np.arange(6, dtype=np.float32)
    wide, high = Embeddings(rows.reshape(2, 3)), Embeddings(rows.reshape(3, 2))
    assert wide != high
    assert not set(to_places([wide])) & set(to_places([high]))
    assert wide == Embeddings(np.asfortranarray(rows.reshape(2, 3)))


def test_embeddings_keep_their_own_copy() -> None:
    rows = np.ones((2, D), np.float32)
    made = Embeddings(rows)
    rows[0, 0] = 7
    assert made == Embeddings(np.ones((2, D), np.float32))
    with pytest.raises(ValueError, match="read-only"):
        made.rows[0, 0] = 7


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.ones((2, D)), "expected float32 .n, D. with 1 or more rows, got float64 .2, 3."),
        (np.ones(D, np.float32), "got float32 .3."),
        (np.ones((0, D), np.float32), "got float32 .0, 3."),
        (np.full((1, D), np.nan, np.float32), "expected finite numbers"),
    ],
)
def test_wrong_embeddings_are_refused(rows: np.ndarray, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        Embeddings(rows)


@given(PROMPTS, st.integers(0, 40))
def test_a_cut_loses_nothing_and_tears_no_embeddings(prompt: list[Piece], place: int) -> None:
    before, rest = split(prompt, place)
    places = to_places(prompt)
    assert [*to_places(before), *to_places(rest)] == places
    assert [p for p in (*before, *rest) if isinstance(p, Embeddings)] == [
        p for p in prompt if isinstance(p, Embeddings)
    ]
    cut = len(to_places(before))
    assert cut <= place
    inside = places[cut] if cut < len(places) else None
    assert cut == min(place, len(places)) or (isinstance(inside, EmbeddedRow) and inside.row == 0)


@settings(max_examples=400, deadline=None)
@given(PROMPTS, st.lists(st.tuples(PROMPTS, st.integers(0, 30)), min_size=1, max_size=5), st.booleans())
def test_reuse_never_crosses_different_parts(
    prefix: list[Piece], asked: list[tuple[list[Piece], int]], is_exact: bool
) -> None:
    """Whatever was held before, and wherever it was rewound to, logits are those of a fresh engine."""
    session = EngineSession(engine(is_exact), prefix)
    for number, (tail, back) in enumerate(asked):
        prompt = [*prefix, *tail] if number % 2 else tail
        np.testing.assert_array_equal(session.start(prompt), engine().feed(prompt))
        assert list(session.places) == to_places(prompt)
        np.testing.assert_array_equal(session.feed([3]), engine().feed([*prompt, 3]))
        session.rewind(min(back, len(session.places)))


def test_a_shared_beginning_is_read_once_and_a_torn_picture_again() -> None:
    made = engine()
    session = EngineSession(made)
    session.start([1, LONG, 2, 3])
    session.start([1, LONG, 2, 4])
    assert made.fed == 7 + 1
    session.start([1, LONG])  # the last place is fed for its logits: the picture whole
    assert made.fed == 8 + 4
    session.start([1, Embeddings(LONG.rows[:2]), 2])  # begins with the same rows, and is another picture
    assert made.fed == 12 + 3


@settings(max_examples=100, deadline=None)
@given(PROMPTS, st.lists(st.integers(0, V - 1), max_size=10))
def test_decoding_after_parts_is_plain_greedy(prompt: list[Piece], likely: list[int]) -> None:
    out: list[int] = []
    while len(out) < 8:
        out.append(int(engine().feed([*prompt, *out]).argmax()))
    for drafts in (True, False):
        decoded = generate(EngineSession(engine()), prompt, None, (), 8, drafts, likely)
        assert list(decoded.tokens) == out
