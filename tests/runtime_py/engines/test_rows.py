"""The ONNX Runtime engine over a graph that takes rows of embeddings beside tokens."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from export.targets.onnx.rows import take_rows
from runtime_py.engines import Engine, EngineFiles, open_engine
from runtime_py.engines.onnx import engine as onnx_engine
from runtime_py.errors import BundleError, ExportError
from runtime_py.parts import Embeddings
from runtime_py.weights import QuantizedBase
from tests.conftest import write_adapter
from tests.runtime_py.engines.engine_contract import TOKENS, EmbeddingsContract
from tests.runtime_py.engines.lowered import lower_over_one_graph

pytestmark = pytest.mark.slow


def lower(folder: Path, checkpoint: Path, adapters: Path, accuracy_level: int) -> dict[str, EngineFiles]:
    """A bundle's files of an operation on text and of one that reads pictures, over one graph."""
    sources = {"extract": adapters / "extract", "vqa": write_adapter(folder.parent / "peft", checkpoint, "vqa", 30)}
    return lower_over_one_graph(folder, checkpoint, sources, accuracy_level)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, adapters: Path) -> dict[str, EngineFiles]:
    return lower(tmp_path_factory.mktemp("shipped") / "base", checkpoint, adapters, 4)


class TestArbiter(EmbeddingsContract):
    relative_error = 1e-5

    @pytest.fixture(scope="class")
    def exact_files(
        self, tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, adapters: Path
    ) -> dict[str, EngineFiles]:
        return lower(tmp_path_factory.mktemp("arbiter") / "base", checkpoint, adapters, 0)

    @pytest.fixture
    def engine(self, exact_files: dict[str, EngineFiles]) -> Engine:
        return open_engine(exact_files["vqa"], "onnx")

    @pytest.fixture
    def other(self, exact_files: dict[str, EngineFiles]) -> Engine:
        return open_engine(exact_files["extract"], "onnx")


class TestExact(EmbeddingsContract):
    """As shipped, to the last bit."""

    @pytest.fixture
    def engine(self, files: dict[str, EngineFiles]) -> Engine:
        return open_engine(files["vqa"], "onnx", exact=True)

    @pytest.fixture
    def other(self, files: dict[str, EngineFiles]) -> Engine:
        return open_engine(files["extract"], "onnx", exact=True)


def test_text_alone_is_what_a_graph_without_rows_computes(files: dict[str, EngineFiles]) -> None:
    """`extract.onnx` of the same base takes tokens only."""
    plain = files["extract"].program("onnx").with_name("extract.onnx")
    blind = EngineFiles(**{**vars(files["extract"]), "programs": {"onnx": plain}})
    one, two = (open_engine(given, "onnx") for given in (files["extract"], blind))
    assert (one.embedding_width, two.embedding_width) == (128, 0)
    np.testing.assert_array_equal(one.feed(TOKENS, all_logits=True), two.feed(TOKENS, all_logits=True))


def test_rows_over_several_calls_are_the_rows_of_one(
    files: dict[str, EngineFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(files["vqa"], "onnx")
    picture = Embeddings(np.random.default_rng(1).standard_normal((40, engine.embedding_width), np.float32))
    expected = engine.feed([1, picture, 2, 3], all_logits=True)
    engine.reset()
    monkeypatch.setattr(onnx_engine, "_CHUNK_TOKENS", 16)
    np.testing.assert_array_equal(engine.feed([1, picture, 2, 3], all_logits=True), expected)


def test_rows_equal_to_the_embedding_are_the_tokens(files: dict[str, EngineFiles]) -> None:
    base = QuantizedBase.open(files["vqa"].base.parent)
    table = base.dequantize("model.embed_tokens.weight")
    engine = open_engine(files["vqa"], "onnx")
    expected = engine.feed([5, 9, 11, 4])
    engine.reset()
    np.testing.assert_array_equal(engine.feed([5, Embeddings(table[[9, 11]]), 4]), expected)


@pytest.mark.parametrize("change", ["type", "default", "width"])
def test_a_graph_of_other_rows_is_refused(files: dict[str, EngineFiles], change: str, tmp_path: Path) -> None:
    given = files["vqa"]
    graph = onnx.load(given.program("onnx"), load_external_data=False)
    rows = next(value for value in graph.graph.input if value.name == "rows").type.tensor_type
    if change == "type":
        rows.elem_type = onnx.TensorProto.DOUBLE
    elif change == "width":
        rows.shape.dim[1].dim_value = 64
    else:
        graph.graph.initializer.remove(next(x for x in graph.graph.initializer if x.name == "rows"))
    made = given.program("onnx").with_name(f"{change}.onnx")
    made.write_bytes(graph.SerializeToString())
    with pytest.raises(BundleError, match="wrong graph"):
        open_engine(EngineFiles(**{**vars(given), "programs": {"onnx": made}}), "onnx")


def test_a_graph_without_a_first_norm_takes_none() -> None:
    with pytest.raises(ExportError, match="unsupported family for operations that read pictures"):
        take_rows(onnx.ModelProto(), 8, 4)
