"""What a photo costs: time, bytes, memory.

A photo is decoded and encoded once, when it is saved. After that a question about it is compared with the same prompt
whose rows of embeddings are tokens of text: as many places are read and as many tokens written by the same expert, in
turns. Medians of milliseconds of processor time (`cpu_ms`: all threads, other work on the machine does not count) and
of the clock. ONNX Runtime; other runtimes take no rows.
"""

import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.bench.bench import cpu_name
from export.parity.pictures import paint
from runtime_py.bundle import Bundle
from runtime_py.decoding import EngineSession
from runtime_py.errors import ConfigError
from runtime_py.images import decode, png_bytes, square
from runtime_py.operations.vqa import OPERATION, VqaInput
from runtime_py.parts import Embeddings, Piece
from runtime_py.store import Photo

PICTURES, RUNS, WRITTEN = 8, 7, 16
QUESTIONS = ("How many animals are there?", "Where is the building?", "What colour is the lid of the pot?")
Times = dict[str, float]


def measure(path: Path, runs: int) -> dict[str, Any]:
    """Everything; raises `ConfigError` for a bundle of text."""
    bundle = Bundle.open(path)
    if bundle.manifest.vision is None:
        raise ConfigError(f"{path}: expected a bundle that reads pictures, got one of text; export it with vqa")
    return {
        "date": date.today().isoformat(),
        "machine": cpu_name(),
        "onnxruntime": version("onnxruntime"),
        "encode": measure_encoding(bundle, runs),
        "question": measure_questions(bundle, runs),
        "bytes": measure_bytes(bundle),
        "ram": _apart(measure_ram, path),
    }


def measure_encoding(bundle: Bundle, runs: int) -> dict[str, Any]:
    """Of one photo: its file's bytes to pixels, pixels to the square, the square to rows."""
    encoder = _encoder(bundle)
    files = [png_bytes(paint(f"photo {number}")) for number in range(PICTURES)]
    pixels = [decode(file) for file in files]
    return timed(
        {
            "decode": [partial(decode, file) for file in files],
            "square": [partial(square, each, encoder.side) for each in pixels],
            "square and encode": [partial(encoder.encode, each) for each in pixels],
        },
        runs,
    )


def measure_questions(bundle: Bundle, runs: int) -> dict[str, Any]:
    """A question about a stored photo, and the same prompt with tokens in the place of rows.

    The question before was about another photo, so that nothing but the fixed start of the prompt is read already.
    `ratio` is the median of the pairs' quotients, by processor time.
    """
    encoder, prompt = _encoder(bundle), bundle.prompt(OPERATION.name)
    photos = [Embeddings(encoder.encode(paint(f"photo {number}"))) for number in range(PICTURES)]
    random = np.random.default_rng(0)
    ways: dict[str, list[list[Piece]]] = {"photo": [], "text": []}
    for question in QUESTIONS:
        for photo in photos:
            pieces = prompt.encode(bundle.tokenizer, photo, OPERATION.render(VqaInput("", question)))
            words = [int(token) for token in random.integers(1000, 20_000, len(photo.rows))]
            ways["photo"].append(pieces)
            ways["text"].append([token for piece in pieces for token in (words if piece is photo else [piece])])
    asked = {way: _asking(bundle.open_session(OPERATION.name), prompts) for way, prompts in ways.items()}
    times = timed(asked, runs, ratio=("photo", "text"))
    return {"places": len(ways["text"][0]), "written": WRITTEN, **times}


def measure_bytes(bundle: Bundle) -> dict[str, int]:
    """What a bundle grows by, and what a store keeps of one photo."""
    vision = bundle.manifest.vision
    assert vision is not None  # measure has looked
    rows = _encoder(bundle).encode(paint("photo 0"))
    photo = Photo(paint("photo 0"))
    files = bundle.manifest.files
    return {
        "vision.onnx": files[vision.file].size,
        "adapter": files[str(bundle.operation(OPERATION.name).adapter)].size,
        "rows of a photo": rows.nbytes,
        "kept photo": len(photo.png),
        "thumbnail": len(photo.thumbnail),
    }


def measure_ram(path: Path) -> dict[str, int]:
    """Bytes that a process grows by as the encoder is opened and used; run in a process of its own."""
    bundle = Bundle.open(path)
    before = _resident()
    Path("/proc/self/clear_refs").write_text("5")  # from here on the most is counted anew
    encoder = _encoder(bundle)
    opened = _resident()
    for number in range(PICTURES):
        encoder.encode(paint(f"photo {number}"))
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) * 1024
    return {"opened": opened - before, "after encoding": _resident() - before, "peak": peak - before}


def timed(ways: dict[str, Any], runs: int, ratio: tuple[str, str] | None = None) -> dict[str, Any]:
    """Medians of each way's calls, the ways in turns call by call; the first run warms up and is not counted."""
    spent: dict[str, list[Times]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for calls in zip(*ways.values(), strict=True):
            for name, call in zip(ways, calls, strict=True):
                took = _time(call)
                if run:
                    spent[name].append(took)
    told: dict[str, Any] = {
        name: {unit: round(float(np.median([took[unit] for took in each])), 2) for unit in each[0]} | {"n": len(each)}
        for name, each in spent.items()
    }
    if ratio:
        one, other = (spent[name] for name in ratio)
        quotients = [a["cpu_ms"] / b["cpu_ms"] for a, b in zip(one, other, strict=True)]
        told["ratio"] = round(float(np.median(quotients)), 4)
    return told


def _asking(session: EngineSession, prompts: Sequence[Sequence[Piece]]) -> list[Callable[[], None]]:
    """Calls that read a prompt and write as many tokens as an answer has."""

    def ask(prompt: Sequence[Piece]) -> None:
        session.start(prompt)
        for token in range(WRITTEN):
            session.feed([100 + token])

    return [partial(ask, prompt) for prompt in prompts]


def _time(call: Callable[[], Any]) -> Times:
    processor, clock = time.process_time(), time.perf_counter()
    call()
    return {"cpu_ms": 1e3 * (time.process_time() - processor), "clock_ms": 1e3 * (time.perf_counter() - clock)}


def _encoder(bundle: Bundle) -> Any:
    encoder = bundle.image_encoder()
    assert encoder is not None  # measure has looked
    return encoder


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _apart(function: Callable[[Path], dict[str, int]], path: Path) -> dict[str, int]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, path).result()
