"""The embedder over a hand-made graph: framing, truncation, unit length, refusals."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from runtime_py.bundle.embedder import Embedder
from runtime_py.errors import BundleError

WORDS = ["[UNK]", "[CLS]", "[SEP]", "maria", "lives", "in", "kluvo", "[", "]", "SEP"]
TABLE = np.random.default_rng(5).standard_normal((len(WORDS), 6)).astype(np.float32)


def write_parts(folder: Path, inputs: tuple[str, ...] = ("input_ids", "attention_mask")) -> tuple[Path, Path]:
    """A graph that averages the rows of `TABLE`, and a word tokenizer that frames with [CLS] and [SEP]."""
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[CLS]", "[SEP]"])
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.enable_truncation(3)
    tokenizer.save(str(folder / "embed_tokenizer.json"))
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("ReduceMean", ["rows", "axis"], ["embedding"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "embed",
        [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "T"]) for name in inputs],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, 6])],
        [numpy_helper.from_array(TABLE, "table"), numpy_helper.from_array(np.array([1]), "axis")],
    )
    path = folder / "embed.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
    return path, folder / "embed_tokenizer.json"


def expected(ids: list[int]) -> np.ndarray:
    mean = TABLE[ids].mean(axis=0)
    unit: np.ndarray = mean / np.linalg.norm(mean)
    return unit


def test_vectors_are_framed_truncated_units(tmp_path: Path) -> None:
    embedder = Embedder(*write_parts(tmp_path), "toy", 6, 5)
    vectors = embedder.embed(["maria lives", "maria lives in kluvo in kluvo", "", "[SEP]"])
    assert vectors.dtype == np.float32
    for got, ids in zip(vectors, ([1, 3, 4, 2], [1, 3, 4, 5, 2], [1, 2], [1, 7, 9, 8, 2]), strict=True):
        np.testing.assert_allclose(got, expected(ids), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    assert (embedder.id, embedder.dimension) == ("toy", 6)
    assert embedder.embed([]).shape == (0, 6)


def test_a_vector_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    embedder = Embedder(*write_parts(tmp_path), "toy", 6, 8)
    together = embedder.embed(["maria", "lives in kluvo"])
    np.testing.assert_array_equal(together[1], embedder.embed(["lives in kluvo"])[0])


def test_another_dimension_or_signature_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="expected vectors of shape"):
        Embedder(*write_parts(tmp_path), "toy", 7, 8).embed(["maria"])
    with pytest.raises(BundleError, match="expected inputs out of"):
        Embedder(*write_parts(tmp_path, ("input_ids", "pixels")), "toy", 6, 8)
