"""Writes `docs/models.md` from what the parity legs measure: `python -m tests.families.table`, about half an hour.

Names of models as arguments measure only these again and keep the other rows.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from runtime_py import operations
from runtime_py.files.artifact import write_file_atomic
from runtime_py.parity.replay import LegResult
from tests.families.legs import PROMPT_LENGTHS, STEPS, Exported
from tests.families.models import MODELS, WINDOW

TABLE = Path(__file__).parents[2] / "docs" / "models.md"
LEGS = {"torch_arbiter": "torch = ONNX, level 0", "onnx": "ONNX Runtime", "executorch": "ExecuTorch"}
"""Legs by the name of their column `target`."""
HEAD = f"""# Models

What a checkpoint's `model_type` may be, and what was run. Every command takes any of them: nothing is set by family.

| `model_type` | models | beyond a plain decoder |
|---|---|---|
| `llama` | SmolLM2, Llama 3.2 | rotary scaling `llama3`, `linear`, `yarn`; biases |
| `qwen2` | Qwen2.5 | biases of q, k, v; sliding windows |
| `qwen3` | Qwen3 | norms of q and k |
| `gemma2` | Gemma 2 | soft caps of attention and logits, sliding windows, four norms a layer with 1 + w, scaled embedding, own scale of attention |
| `gemma3_text` | Gemma 3 (text) | a rotary table for each type of layer, norms of q and k, sliding windows, soft cap of logits, four norms a layer with 1 + w, scaled embedding |

Refused, in one sentence: other families, rotary tables that depend on the length (`dynamic`, `longrope`), attention that is
not causal, types of layer other than full and sliding, tensors that the config does not explain or that are missing.

## Real weights
What was run with a model's own weights, beside the random ones below. Perplexity is the base's over the checkpoint's on written dialogues
of the training hands (in brackets on four LoCoMo conversations); steps are greedy ones equal to the arbiter's.

| model | base | perplexity | best token equal | ONNX Runtime | ExecuTorch |
|---|---|---|---|---|---|
| SmolLM2-135M-Instruct | int8, 136 MB | (1.005) | (.96) | experts, 399 of 399 | experts, 394 of 399: not passed |
| Gemma-3-270M (base) | int8, 270 MB | 1.005 (1.000) | .934 (.957) | random adapters, 48 of 48 | not run |
| Qwen2.5-Coder-1.5B-Instruct | int4, groups of 128, 917 MB | 1.14 (on everyday chat, the day before) | .76 | not run | not run |
| Llama 3.2, Qwen3, Gemma 2 | - | not run | | not run | not run |

Gemma-3-270M comes from `memlora base gemma-3-270m`: its maker's terms bind whoever passes it on, so it is measured with and not shipped.
A base model has no chat; it gets one in the tokens that its vocabulary has for turns, and its experts are taught it.

## Random weights
A tiny random model of each with all of this switched on (`tests/families/models.py`: two layers, a window of {WINDOW} tokens)
is quantized, gets a random adapter for the operation, is exported and replayed: prompts of {", ".join(map(str, PROMPT_LENGTHS))} tokens and
{STEPS} greedy steps each. The first target is the arbiter against Hugging Face eager on the dequantized base; the others are what ships,
against the arbiter. `error` is |a - b| / |b| of the logits after the prompts; a step may differ only where the arbiter's best two
logits are closer than rounding moves them (`near ties`).

| model | operation | target | passed | error | equal steps | near ties |
|---|---|---|---|---|---|---|
"""  # noqa: E501
FOOT = """
Written by `python -m tests.families.table`. On every change `tests/families/` repeats one operation of each model on
ONNX Runtime, lowers three of them for ExecuTorch, and runs the ExecuTorch kernels of all of them without lowering.

## Cost
On ExecuTorch a layer with a window shorter than the context reads the whole cache through a mask, and a soft cap of
attention is written with plain operators over the whole cache, which copies it at every step: Gemma 2 works, and is
slower than the others. ONNX Runtime has both in its kernel.
"""


def measure(model: str) -> Iterator[str]:
    """A row for each operation and target."""
    for operation in operations.names():
        with TemporaryDirectory() as folder:
            exported = Exported.write(Path(folder), model, operation)
            for leg in LEGS:
                yield row(model, exported.leg(leg))


def row(model: str, result: LegResult) -> str:
    """One line of the table."""
    steps, misses = result.agreement.steps, result.agreement.misses
    cells = [
        model,
        result.operation,
        LEGS[result.leg],
        "yes" if result.passed else "NO",
        f"{result.comparison.max_relative_error:.1g}",
        f"{steps - len(misses)} of {steps}",
        str(len(misses)),
    ]
    return f"| {' | '.join(cells)} |"


def kept_rows() -> dict[str, list[str]]:
    """Rows of each model in the table as it stands."""
    lines = TABLE.read_text("utf-8").splitlines() if TABLE.exists() else []
    return {model: [line for line in lines if line.startswith(f"| {model} | ")] for model in MODELS}


def main() -> None:
    """Measures the models named, by default all, and writes the table after each."""
    for model in sys.argv[1:] or MODELS:
        rows = kept_rows() | {model: list(measure(model))}
        lines = [line for name in MODELS for line in rows[name]]
        write_file_atomic(TABLE, (HEAD + "\n".join(lines) + "\n" + FOOT).encode())


if __name__ == "__main__":
    main()
