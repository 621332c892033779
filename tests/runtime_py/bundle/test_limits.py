"""Small files that hung a reader or filled memory: time and memory of reading are bounded by the size of the file."""

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime_py.decoding import Grammar
from runtime_py.errors import BundleError
from runtime_py.files import parse_json
from runtime_py.weights.adapter_file import parse_adapter
from tests.bundles.cases import BAD
from tests.bundles.flatbuffers import adapter_of
from tests.bundles.good import write_good

BYTES_FOR_A_BYTE = 40  # an object of Python's in memory for each short text of a JSON file
SECONDS = 8  # of this process; each was 30 s and more


@contextmanager
def bounded(size: int, factor: int = BYTES_FOR_A_BYTE) -> Iterator[None]:
    """The block takes few seconds, and memory for `factor` times `size` bytes and a megabyte at most."""
    tracemalloc.start()
    started = time.process_time()
    try:
        yield
        spent, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert spent < SECONDS
    assert peak < factor * size + (1 << 20)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{" + b",".join(b'"k%d":1' % n for n in range(280_000)) + b',"k0":1}', "'k0' twice"),
        (b"{" + b",".join([b'"k":1'] * 600_000) + b"}", "'k' twice"),
        (b'"' + b'\\"' * 1_500_000, "UTF-8 JSON"),
        (b"[" * 3_000_000, "at most 64 levels, got 3000000"),
        (b"[" + b"1" * 3_000_000 + b"]", "UTF-8 JSON"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "at most 64 levels, got 65"),
        (b'{"' + b"a" * 3_000_000 + b'":1,"' + b"a" * 3_000_000 + b'":1}', "'aaaa.*' twice"),
    ],
)
def test_json_is_refused_in_linear_time(data: bytes, message: str) -> None:
    with bounded(len(data)), pytest.raises(BundleError, match=message) as refusal:
        parse_json(data, "manifest.json")
    assert len(str(refusal.value)) < 400


def test_levels_within_texts_do_not_count() -> None:
    assert parse_json(json.dumps(["[" * 100, '\\"{' * 100, {"]": "\\"}]).encode(), "x") == [
        "[" * 100,
        '\\"{' * 100,
        {"]": "\\"},
    ]


def chain(states: int) -> Grammar:
    """State n leads to n + 1 alone, the last one is the end."""
    table = np.full((states, 2), 0xFFFF, np.uint16)
    table[:-1, 1] = np.arange(1, states)
    accepting = np.arange(states) == states - 1
    left = np.arange(states - 1, -1, -1).astype(np.uint16)
    return Grammar("0" * 64, 0, np.array([0, 1], np.uint16), table, accepting, left)


def test_a_chain_of_grammar_states_is_read_at_once() -> None:
    data = chain(65_534).to_bytes()
    with bounded(len(data), 8):
        grammar = Grammar.from_bytes(data)
    assert grammar.min_tokens[0] == 65_533
    wrong = bytearray(data)
    wrong[-65_534 - 4] ^= 1
    with bounded(len(data), 8), pytest.raises(BundleError, match="token counts to an end that its table implies"):
        Grammar.from_bytes(bytes(wrong))


def test_a_wide_grammar_is_read_in_parts() -> None:
    states, classes = 64, 60_000
    table = np.zeros((states, classes), np.uint16)
    table[:, 0] = 0xFFFF
    data = Grammar(
        "0" * 64,
        0,
        np.arange(classes).astype(np.uint16),
        table,
        np.arange(states) == 0,
        (np.arange(states) > 0).astype(np.uint16),
    ).to_bytes()
    with bounded(len(data), 3):
        assert Grammar.from_bytes(data).vocab_size == classes


def test_tensors_of_an_adapter_share_no_bytes() -> None:
    """7,000 names for one megabyte of values were copied 7,000 times."""
    values = np.ones((256, 1024), np.float32)
    data = adapter_of({f"m{n}.lora_A": values for n in range(7000)}, share=True)
    assert len(data) < 2_000_000
    with bounded(len(data)), pytest.raises(BundleError, match="bytes of its own for each tensor"):
        parse_adapter(data, "extract.onnx_adapter")


def test_tensors_of_an_adapter_are_views() -> None:
    data = adapter_of({f"m{n}.lora_A": np.full((512, 64), n + 1, np.float32) for n in range(64)})
    with bounded(len(data), 1):
        tensors = parse_adapter(data, "extract.onnx_adapter").tensors
    assert [int(values.max()) for values in tensors.values()] == list(range(1, 65))


@pytest.mark.parametrize("name", ["n_index_little_of_the_data", "n_large_grammar", "n_deep_manifest"])
def test_a_bundle_of_large_claims_is_refused_at_once(name: str, tmp_path: Path) -> None:
    from runtime_py.bundle import Bundle

    change: Callable[[Path], Any] = BAD[name][0]
    write_good(tmp_path / "bundle")
    change(tmp_path / "bundle")
    with bounded(1 << 20), pytest.raises(BundleError):
        Bundle.open(tmp_path / "bundle")
