"""Goldens: the arbiter's greedy answers to an operation's golden inputs.

The arbiter is ONNX Runtime at `accuracy_level` 0, which rounds no activations. Paths are decoded without a grammar and
without drafts, so every token is the model's own choice.
"""

from collections.abc import Callable, Sequence

import numpy as np

from export.machine.memory import SMALL_BASE_BYTES
from export.parity.pictures import paint
from runtime_py import operations
from runtime_py.bundle import ImageEncoder, Pictures
from runtime_py.engines.engine import Engine, Logits
from runtime_py.errors import ExportError
from runtime_py.files import read_examples
from runtime_py.operations.prompt import OperationPrompt
from runtime_py.parity import Golden, prompt_logits
from runtime_py.parts import Embeddings, Piece
from runtime_py.text import Tokenizer

INPUTS = "export.golden_inputs"
LOGIT_PROMPTS = 4


def golden_extent(base_bytes: int, prompts: int | None = None) -> tuple[int | None, int]:
    """How many golden inputs of an operation are decoded (None: all), and to how many new tokens at most.

    Proving is done in float32 and takes a hundred times longer for a model a hundred times larger: bases above 50 MB
    get the 4 shortest inputs and 24 tokens each, unless `prompts` says how many.
    """
    is_small = base_bytes <= SMALL_BASE_BYTES
    return prompts or (None if is_small else 4), 96 if is_small else 24


def encode_inputs(
    operation: str, prompt: OperationPrompt, tokenizer: Tokenizer, rows_of: Pictures | None = None
) -> list[list[Piece]]:
    """The prompt of every golden input of `operation`, in file order; `rows_of` gives a picture's rows by its name."""
    op = operations.get(operation)
    examples = read_examples(operations.part_file(INPUTS, operation, ".jsonl", "golden inputs"))
    inputs = [op.read_input(example.input) for example in examples]
    return [prompt.encode(tokenizer, *op.pieces(given, rows_of or _blind)) for given in inputs]


def painted(encoder: ImageEncoder) -> Pictures:
    """Rows of pictures that are painted by their names."""
    return lambda name: Embeddings(encoder.encode(paint(name)))


def _blind(name: str) -> Embeddings:
    raise ExportError(
        f"no rows of the picture {name!r}: expected a bundle with vision, got one without; export it anew"
    )


def greedy_path(
    engine: Engine, prompt: Sequence[Piece], stop: set[int], limit: int
) -> tuple[list[int], list[float], Logits]:
    """Greedy tokens (ties to the lowest id) up to a stop, each logit's gap to the second best, the first logits."""
    engine.reset()
    first = logits = engine.feed(prompt)
    tokens: list[int] = []
    margins: list[float] = []
    while True:
        token = int(np.argmax(logits))
        tokens.append(token)
        margins.append(float(logits[token]) - float(np.partition(logits, -2)[-2]))
        if token in stop or len(tokens) == limit:
            return tokens, margins, first
        logits = engine.feed([token])


def make_golden(
    arbiter: Engine,
    base_arbiter: Engine,
    prompts: list[list[Piece]],
    stop: set[int],
    limit: int,
    stepped: Callable[[], None] | None = None,
) -> Golden:
    """The golden of one operation; `base_arbiter` is the arbiter without the adapter."""
    paths = []
    for prompt in prompts:
        paths.append(greedy_path(arbiter, prompt, stop, limit))
        if stepped:
            stepped()
    tokens, margins, first = (list(column) for column in zip(*paths, strict=True))
    without = prompt_logits(base_arbiter, prompts[:LOGIT_PROMPTS])
    return Golden(prompts, tokens, margins, np.stack(first[:LOGIT_PROMPTS]), without)
