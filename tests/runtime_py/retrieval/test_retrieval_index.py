"""Which rows a search reads: none of the nearest is ever missing, whatever the vectors and the order of changes."""

import math
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from runtime_py.retrieval.index import _PRODUCTS, SketchIndex, _reached
from runtime_py.store import Vectors, sketch_layout, sketch_of


def unit(vectors: NDArray[np.floating[Any]]) -> Vectors:
    found: Vectors = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return found


def index_of(vectors: Vectors) -> SketchIndex:
    index = SketchIndex()
    index.apply([(row, sketch_of(vector.tobytes())) for row, vector in enumerate(vectors)])
    return index


def exact(vectors: Vectors, query: Vectors) -> list[float]:
    """Correctly rounded products: products of float32 are whole in float64, `fsum` rounds once."""
    return [math.fsum(row) for row in vectors.astype(np.float64) * query.astype(np.float64)]


def nearest(vectors: Vectors, query: Vectors, count: int) -> set[int]:
    scores = exact(vectors, query)
    return set(sorted(range(len(vectors)), key=lambda row: (-scores[row], row))[:count])


@pytest.mark.parametrize("dimension", [3, 64, 384, 768])
@pytest.mark.parametrize("spread", [0.0, 1.0, 30.0])
def test_no_near_row_is_missed(dimension: int, spread: float) -> None:
    """`spread` stretches a few places, as real embeddings have them; the lengths differ too."""
    dice = np.random.default_rng([dimension, int(spread)])
    vectors = unit(dice.standard_normal((3000, dimension)) * (1 + spread * (np.arange(dimension) % 50 == 0)))
    vectors *= dice.uniform(0.5, 2, (3000, 1)).astype(np.float32)
    index = index_of(vectors)
    for query in [*unit(dice.standard_normal((5, dimension))), vectors[7]]:
        for count in (1, 10, 64):
            found = index.candidates(query, count)
            assert nearest(vectors, query, count) <= set(found)
            assert len(found) == len(set(found))


def test_near_ties_are_all_read_and_far_rows_are_not() -> None:
    """200 rows differ from the best by the last bits of one number, far below what a sketch can tell."""
    dice = np.random.default_rng(11)
    vectors = unit(dice.standard_normal((5000, 384)))
    query = unit(dice.standard_normal(384))
    twins = dice.permutation(5000)[:200]
    vectors[twins] = unit(query + 0.3 * vectors[0])
    for step, row in enumerate(twins):
        place = step % 384
        vectors[row, place] = np.nextafter(vectors[row, place], np.float32(1))
    found = index_of(vectors).candidates(query, 10)
    assert set(twins.tolist()) == set(found)


def test_few_rows_are_read_of_many() -> None:
    dice = np.random.default_rng(12)
    index = index_of(unit(dice.standard_normal((20_000, 384))))
    assert len(index.candidates(unit(dice.standard_normal(384)), 64)) < 300


@pytest.mark.parametrize("count", [1, 10, 64])
@pytest.mark.parametrize("order", ["mixed", "rising", "a column of the largest", "one value"])
def test_what_many_values_reach_is_reached_by_as_many(order: str, count: int) -> None:
    dice = np.random.default_rng(count)
    values = np.sort(dice.standard_normal(64 * 1000 + 17).astype(np.float32))
    if order == "mixed":
        dice.shuffle(values)
    elif order == "a column of the largest":
        values[5 : 64 * 1000 : 1000], values[-64:] = values[-64:].copy(), values[5 : 64 * 1000 : 1000].copy()
    elif order == "one value":
        values[:] = 0.5
    reached = _reached(values.copy(), count)
    assert np.count_nonzero(values >= reached) >= count
    assert reached in values
    if order == "mixed":
        assert np.count_nonzero(values >= reached) < 2 * count


def test_changes_in_any_order() -> None:
    """Rows come, change and go at random; what is left is what an index made afresh holds."""
    dice = np.random.default_rng(13)
    live: dict[int, Vectors] = {}
    index, count = SketchIndex(), 0
    for _ in range(60):
        changed: dict[int, bytes | None] = {}
        for _ in range(int(dice.integers(1, 40))):
            row = int(dice.integers(0, 400))
            vector = unit(dice.standard_normal(24))
            if dice.random() < 0.4:
                live.pop(row, None)
            else:
                live[row] = vector
            changed[row] = sketch_of(vector.tobytes()) if row in live else None
        index.apply(list(changed.items()))
        count = max(count, index.count)
        assert index.count == len(live)
        rows, vectors = list(live), np.stack(list(live.values()))
        query = unit(dice.standard_normal(24))
        best = {rows[place] for place in nearest(vectors, query, 5)}
        assert best <= set(index.candidates(query, 5)) <= set(rows)
    assert count > 100


def test_an_empty_index_takes_vectors_of_another_length() -> None:
    index = index_of(np.eye(4, dtype=np.float32))
    index.apply([(row, None) for row in range(4)])
    index.apply([(9, sketch_of(np.ones(7, np.float32).tobytes()))])
    assert (index.count, index.dimension, index.candidates(np.ones(7, np.float32), 3)) == (1, 7, [9])


@pytest.mark.parametrize(
    "vector",
    [
        np.zeros(5),
        np.array([1e-45, 0, -1e-45]),
        np.array([3e38, 1.0, -3e38]),
        np.random.default_rng(14).standard_normal(384),
    ],
)
def test_a_sketch_says_how_wrong_it_is(vector: Vectors) -> None:
    vector = vector.astype(np.float32)
    row = np.frombuffer(sketch_of(vector.tobytes()), sketch_layout(len(vector)))[0]
    told = row["codes"].astype(np.float64) * float(row["scale"])
    rest = math.sqrt(math.fsum((vector.astype(np.float64) - told) ** 2))
    assert rest <= float(row["error"])
    assert float(row["error"]) <= 0.5 * float(row["scale"]) * math.sqrt(len(vector)) * 1.001 + 1e-44


def test_products_of_the_largest_codes_are_whole() -> None:
    """Pairs of products are added in 16 bits on processors without VNNI: these are the largest there are."""
    vectors = np.ones((200, 64), np.float32)
    vectors[1::2] *= -1
    index = index_of(vectors)
    products = np.empty(index.count, np.float32)
    index._products(np.full(64, 63, np.int8), products)
    assert products[:4].tolist() == [64 * 63 * 127, -64 * 63 * 127] * 2


def test_the_model_is_the_one_node_it_says() -> None:
    model = onnx.load_model_from_string(_PRODUCTS)
    onnx.checker.check_model(model)
    node = model.graph.node[0]
    assert (len(model.graph.node), node.op_type, list(node.input), list(node.output)) == (
        1,
        "MatMulInteger",
        ["a", "b"],
        ["y"],
    )
