"""The readers of files that come from elsewhere: a good file of each, and how it is read."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from distill.corpus import generate_dialogues
from runtime_py.bundle import checks
from runtime_py.bundle.manifest import MANIFEST, parse_manifest
from runtime_py.decoding import Grammar
from runtime_py.dialogues import read_dialogues, to_json
from runtime_py.engines.qnn.program import Context, Program, parse_program
from runtime_py.images import decode, kept_bytes, read_kept
from runtime_py.parity.golden import Golden, golden_bytes, parse_golden
from runtime_py.parts import Embeddings, Piece
from runtime_py.programs.graph import read_graph
from runtime_py.programs.program import check_program_bytes
from runtime_py.store import Store
from runtime_py.text import Tokenizer, check_table
from runtime_py.weights.adapter_file import parse_adapter
from runtime_py.weights.index import check_windows, parse_index, read_tensors
from tests.bundles.good import write_good
from tests.runtime_py.images.sources import source
from tests.runtime_py.store.parts import EMBEDDER, open_store, put

Read = Callable[[bytes, Path], object]


@dataclass(frozen=True)
class Reader:
    """`good` writes a good file's bytes in an empty folder, `read` reads bytes, with a file of its own to write to."""

    name: str
    good: Callable[[Path], bytes]
    read: Read


def _of_bundle(name: str) -> Callable[[Path], bytes]:
    def good(folder: Path) -> bytes:
        write_good(folder / "bundle")
        return (folder / "bundle" / name).read_bytes()

    return good


def _manifest(data: bytes, _path: Path) -> None:
    manifest = parse_manifest(data)
    checks.check_paths(manifest)
    checks.check_sizes(manifest)


def _index(data: bytes, _path: Path) -> None:
    index = parse_index(data)
    check_windows(read_tensors(index), index.size, len(data), "base.index.json")


def _tokenizer(data: bytes, _path: Path) -> None:
    tokenizer = Tokenizer(data)
    tokenizer.decode(tokenizer.encode("Ana said </s> <|im_end|> on 3 May: 日本"))
    for token in range(min(tokenizer.vocab_size, 300)):
        tokenizer.token_bytes(token)


def _table(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    check_table(path, data[8:40].hex(), "tokenizer.json")


def _golden(_folder: Path) -> bytes:
    logits = np.arange(16, dtype=np.float32).reshape(2, 8)
    prompt: list[Piece] = [1, Embeddings(logits[:, :3]), Embeddings(logits[:1, :3]), 3]
    return golden_bytes(Golden([prompt, [4]], [[5, 6], [7]], [[0.5, 0.25], [1.0]], logits, logits + 1))


def _graph(_folder: Path) -> bytes:
    info = helper.make_tensor_value_info
    node = helper.make_node("MatMulNBits", ["x", "codes", "scales"], ["y"], domain="com.microsoft", K=32, N=4, bits=4)
    tensor = TensorProto(name="codes", dims=[4, 1, 16], data_type=2, raw_data=b"\0" * 64)
    graph = helper.make_graph([node], "g", [info("x", 1, [1, "T"])], [info("y", 1, [1, 4])], [tensor])
    data: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]).SerializeToString()
    return data


def _npu(_folder: Path) -> bytes:
    program = Program("memlora.npu", 1, "a16w8", 64, 512, "chunk.onnx", "step.onnx", -30.0, 1.0, {}, {"q": 8}, {})
    grids = {"logits": {"scale": 0.001, "zero": 32768}}
    context = Context("sm8650/chunk.onnx", "sm8650/step.onnx", "sm8650/a.bin", 57, 75, 1000, 2.5)
    value = asdict(program) | {"grids": grids, "contexts": {"sm8650": asdict(context)}}
    return json.dumps(value).encode()


def _program(_folder: Path) -> bytes:
    return (Path(__file__).parent / "corpus" / "program" / "good.bin").read_bytes()


def _store(folder: Path) -> bytes:
    with open_store(folder / "s.db") as store:
        put(store)
    return (folder / "s.db").read_bytes()


def _read_store(data: bytes, path: Path) -> None:
    for beside in path.parent.glob(f"{path.name}*"):
        beside.unlink()
    path.write_bytes(data)
    with Store(path, EMBEDDER) as store:
        store.memories("ana")


def _dialogues(_folder: Path) -> bytes:
    return to_json(next(iter(generate_dialogues("train", 1, 0)))).encode() + b"\n"


def _read_dialogues(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    list(read_dialogues(path))


def _photo(_folder: Path) -> bytes:
    from PIL import Image

    exif, file = Image.Exif(), BytesIO()
    exif[0x112] = 6
    Image.fromarray(source("gradient", 1, 60, 40)).save(file, "JPEG", exif=exif, progressive=True)
    return file.getvalue()


READERS = (
    Reader("manifest", _of_bundle(MANIFEST), _manifest),
    Reader("index", _of_bundle("base.index.json"), _index),
    Reader("adapter", _of_bundle("extract.onnx_adapter"), lambda data, _path: parse_adapter(data, "x")),
    Reader("grammar", _of_bundle("grammar/extract.bin"), lambda data, _path: Grammar.from_bytes(data)),
    Reader("tokenizer", _of_bundle("tokenizer.json"), _tokenizer),
    Reader("table", _of_bundle("tokenizer.bin"), _table),
    Reader("golden", _golden, lambda data, _path: parse_golden(data, "x")),
    Reader("graph", _graph, lambda data, _path: read_graph(data, "x")),
    Reader("program", _program, lambda data, _path: check_program_bytes(data, "x")),
    Reader("npu", _npu, lambda data, _path: parse_program(data, "x")),
    Reader("store", _store, _read_store),
    Reader("dialogue", _dialogues, _read_dialogues),
    Reader("photo", _photo, lambda data, _path: decode(data)),
    Reader("kept", lambda _folder: kept_bytes(source("noise", 1, 5, 4)), lambda data, _path: read_kept(data)),
)
