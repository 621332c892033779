"""An ExecuTorch program is refused where a number in it is wrong: loaded, many of these end the process."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime_py.errors import BundleError
from runtime_py.programs import check_program
from runtime_py.programs.flatbuffer import FlatBuffer
from runtime_py.programs.program import check_program_bytes
from runtime_py.programs.schemas import PROGRAM, XNNPACK

GOOD = (Path(__file__).parents[2] / "fuzz" / "corpus" / "program" / "good.bin").read_bytes()
SIZE, BASE = struct.unpack_from("<QQ", GOOD, 16)


def put(data: bytearray, at: int, layout: str, *values: int | bytes) -> None:
    struct.pack_into(layout, data, at, *values)


def swap(old: bytes, new: bytes) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        assert old in data[BASE:]
        assert len(old) == len(new)
        data[BASE:] = data[BASE:].replace(old, new)

    return change


def delegate(offset: int, layout: str, *values: int | bytes) -> Callable[[bytearray], None]:
    """Numbers in the head of the first delegate's bytes."""
    return lambda data: put(data, data.index(b"XH00") - 4 + offset, layout, *values)


def arguments(program: bytes) -> int:
    """Where the first argument of the first instruction stands: found by its values."""
    plan = FlatBuffer(memoryview(program)[:SIZE], PROGRAM).root("Program")["plans"][0]
    values = plan["chains"][0]["instructions"][0]["call"][1]["arguments"]
    return program.index(struct.pack(f"<I{len(values)}i", len(values), *values)) + 4


def test_what_an_export_wrote_is_taken(tmp_path: Path) -> None:
    (tmp_path / "extract.pte").write_bytes(GOOD)
    check_program(tmp_path / "extract.pte")
    program = FlatBuffer(memoryview(GOOD)[:SIZE], PROGRAM).root("Program")
    assert "forward" in {plan["name"] for plan in program["plans"]}
    assert {"get_max_seq_len", "get_max_context_len"} <= {plan["name"] for plan in program["plans"]}
    start = GOOD.index(b"XH00") - 4
    head, size = struct.unpack_from("<II", GOOD, start + 10)
    graph = FlatBuffer(memoryview(GOOD)[start + head : start + head + size], XNNPACK).root("Graph")
    assert {node["node"][0] for node in graph["nodes"]} <= set(XNNPACK)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.__delitem__(slice(40, None)), "at byte 4"),
        (lambda d: d.__delitem__(slice(len(d) - 100, None)), "a segment of"),
        (lambda d: put(d, 0, "<I", 0xFFFFFFF0), "a number at"),
        (lambda d: put(d, 0, "<I", SIZE - 4), "that leaves the buffer|a number at"),
        (lambda d: put(d, 4, "<4s", b"ET13"), "at byte 4"),
        (lambda d: put(d, 16, "<Q", 1 << 62), "a program of"),
        (lambda d: put(d, 24, "<Q", 8), "segments from 8"),
        (lambda d: put(d, arguments(bytes(d)), "<i", 1 << 20), "value 1048576 of"),
        (lambda d: put(d, arguments(bytes(d)), "<i", -1), "value -1 of"),
        (lambda d: put(d, d.index(b"XnnpackBackend"), "<B", 0x5A), "a delegate of ZnnpackBackend"),
        (delegate(4, "<4s", b"XH01"), "a delegate without its head"),
        (delegate(10, "<I", 1 << 30), "a delegate whose graph leaves it"),
        (delegate(14, "<I", 1 << 30), "a delegate whose graph leaves it"),
        (delegate(32, "<I", 1 << 30), "a number at"),
        (lambda d: put(d, 3668, "<B", 0), "for a delegate that takes"),  # ended the process: SIGSEGV
        (lambda d: put(d, 3720, "<B", 55), "an argument of an operator that is"),  # SIGABRT
        (swap(struct.pack("<4I", 3, 1, 256, 128), struct.pack("<4I", 3, 1, 1 << 24, 128)), "another size or type"),
    ],
)
def test_a_wrong_number_is_refused(change: Callable[[bytearray], object], message: str) -> None:
    data = bytearray(GOOD)
    change(data)
    with pytest.raises(BundleError, match=f"malformed program extract.pte: .*({message})") as refusal:
        check_program_bytes(bytes(data), "extract.pte")
    assert refusal.value.reason == "malformed bytes"
