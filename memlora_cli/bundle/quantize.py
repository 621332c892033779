"""`memlora quantize`."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calibration.quantize import Calibration, quantize_checkpoint
from calibration.sources import local_checkpoint, read_origin
from memlora_cli.bundle.stages import stages
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import drawn_progress, print_json, results
from runtime_py.errors import ConfigError
from runtime_py.weights import QuantizedBase

if TYPE_CHECKING:
    from calibration.loss import Loss

MEASURED_TOKENS = 4096
METHODS = ("rtn", "gptq")
_SOURCE = "A checkpoint's folder, a GGUF file, or smollm2-135m, gemma-3-270m, qwen2.5-coder-1.5b."
_UNITS = {"B": 1, "MB": 10**6, "GB": 10**9}


def quantize(
    checkpoint: Annotated[str, typer.Argument(help=_SOURCE, show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder of the base to write.", show_default=False)],
    group_size: Annotated[
        int | None, typer.Option(help="Weights that share one scale: 32, 64 or 128.", show_default="128 if it divides")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="rtn (round to nearest) or gptq (int4 by --data).", show_default="gptq with --budget"),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Largest size, as 95MB: --data says what stays int8, the rest is int4.")
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="Text files, or folders of them, to calibrate and to measure the loss.")
    ] = None,
    tokens: Annotated[int, typer.Option(min=768, help="Calibrate on at most so many tokens of them.")] = 24576,
    scale_search: Annotated[
        str, typer.Option(help="rtn, or mse (least error of the weights; groups of 64 lose by it).")
    ] = "rtn",
    bits: Annotated[
        int | None,
        typer.Option(help="4 (groups share a scale) or 8 (rows do).", show_default="8 below 300 million weights"),
    ] = None,
    smoothing: Annotated[
        Path | None, typer.Option(help="File of factors to fold in first.", show_default="the checkpoint's own, for 8")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Shrink a checkpoint to the base that every runtime reads, int4, int8 or both: the same bytes on every run."""
    _check_options(method, budget, data, bits)
    with stages(f"checkpoint {checkpoint}") as stage:
        folder = local_checkpoint(checkpoint, out, stage)
    calibration: Calibration | None = None
    measured: list[list[int]] = []
    if data:
        from calibration.texts import apart, cut, evenly, read_texts

        calibrating, measured = apart(cut(folder, read_texts(data)))
        measured = evenly(measured, MEASURED_TOKENS)
        if budget or method == "gptq":
            calibration = Calibration(evenly(calibrating, tokens), read_size(budget) if budget else None)
    with drawn_progress() as bar:

        def advance(what: str, done: int, total: int) -> None:
            stage, _, note = what.partition(", ")
            bar(stage if note else "quantize", done, total, note or what)

        quantize_checkpoint(
            folder, out, group_size, scale_search, bits, smoothing, advance, calibration=calibration  # type: ignore[arg-type]
        )  # fmt: skip
    loss = _loss(folder, out, measured)
    base = QuantizedBase.open(out)
    size = base.path.stat().st_size
    if json:
        told = {**asdict(loss), "ratio": loss.ratio, "advice": loss.advice} if loss else None
        print_json({"base": str(out), "sha256": base.sha256, "bytes": size, **({"loss": told} if told else {})})
        return
    results().print(f"{out}: {size / 1e6:.1f} MB, sha256 {base.sha256}", markup=False)
    if loss:
        results().print(_short(loss), markup=False)
    origin = read_origin(folder)
    if origin and origin.warning:
        results().print(origin.warning, markup=False)


def read_size(text: str) -> int:
    """Bytes of a size like 95MB, 1.2GB or 95000000B; raises `ConfigError`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(B|MB|GB)", text.strip(), re.IGNORECASE)
    if not found or not float(found[1]):
        raise ConfigError(f"budget: expected a size like 95MB or 1.2GB, got {text!r}; correct --budget")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def _check_options(method: str | None, budget: str | None, data: Sequence[Path] | None, bits: int | None) -> None:
    if method not in (None, *METHODS):
        raise ConfigError(f"method: expected one of {', '.join(METHODS)}, got {method!r}; correct --method")
    if budget and (bits or method == "rtn"):
        got = f"--bits {bits}" if bits else "--method rtn"
        raise ConfigError(f"budget: expected the size to decide bits and method, got {got} beside it; leave one out")
    if (budget or method == "gptq") and not data:
        asked = "--budget" if budget else "--method gptq"
        raise ConfigError(f"{asked}: expected texts to calibrate on, got none; give a file or a folder with --data")


def _loss(checkpoint: Path, base: Path, chunks: list[list[int]]) -> "Loss | None":
    if not chunks:
        return None
    from calibration.loss import measure_loss

    with drawn_progress() as bar:
        return measure_loss(checkpoint, base, chunks, lambda done, total: bar("loss", done, total))


def _short(loss: Any) -> str:
    text = (
        f"perplexity {loss.ratio:.3f} times the checkpoint's on {loss.tokens} tokens of --data that calibrated "
        f"nothing, KL {loss.kl:.3f}, best token equal {loss.best_token_agreement:.3f}"
    )
    return f"{text}\n{loss.advice}" if loss.advice else text
