"""Compiles fixed-point graphs for a chip into one binary, in which chunk and step share their weights."""

import json
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime_py.engines.qnn.program import Context
from runtime_py.engines.qnn.session import is_simulating_host, load_provider, provider_options
from runtime_py.engines.qnn.socs import Soc
from runtime_py.errors import ExportError

_TRACE = "qnn_op_trace.json"


def check_host() -> None:
    """Raises `ExportError` or `MissingExtraError` where the compiler does not run."""
    if not is_simulating_host():
        raise ExportError("cannot compile for an NPU here: expected x86 Linux, got another system; leave --soc out")
    load_provider()


def compile_for(folder: Path, chunk: str, step: str, soc: Soc) -> Context:
    """Wrappers and binary in `<folder>/<soc>`; raises `ExportError` for a graph that the chip does not take whole."""
    out = folder / soc.name
    out.mkdir()
    began = time.monotonic()
    sessions = []  # a binary is complete when the last of the graphs that share it is compiled
    for name, is_last in ((step, False), (chunk, True)):
        sessions.append(_compile(folder / name, out / name, soc, is_last))
    del sessions
    (binary,) = out.glob("*.bin")
    return Context(
        f"{soc.name}/{chunk}",
        f"{soc.name}/{step}",
        f"{soc.name}/{binary.name}",
        soc.model,
        soc.architecture,
        binary.stat().st_size,
        round(time.monotonic() - began, 1),
    )


def _compile(graph: Path, wrapper: Path, soc: Soc, is_last: bool) -> Any:
    import onnxruntime as ort

    traces = wrapper.parent / f"{graph.stem}.trace"
    options = provider_options(
        soc, enable_htp_weight_sharing="1", enable_framework_op_trace="1", framework_op_trace_dir=str(traces)
    )
    for key, value in (
        ("ep.context_enable", "1"),
        ("ep.context_file_path", str(wrapper)),
        ("ep.context_embed_mode", "0"),
        ("ep.share_ep_contexts", "1"),
        ("ep.stop_share_ep_contexts", "1" if is_last else "0"),
    ):
        options.add_session_config_entry(key, value)
    try:
        return ort.InferenceSession(graph, options)
    except Exception as e:  # ONNX Runtime has an exception of its own for every status
        raise ExportError(_refusal(graph, soc, traces / _TRACE, str(e))) from e
    finally:
        shutil.rmtree(traces, ignore_errors=True)


def _refusal(graph: Path, soc: Soc, trace: Path, said: str) -> str:
    """Names the first operator that the chip does not take, with its layer, where the compiler told."""
    refused = json.loads(trace.read_text("utf-8")).get("unsupported_nodes", []) if trace.is_file() else []
    if not refused:
        return (
            f"cannot compile {graph.name} for {soc.name}: expected a graph that the NPU takes whole, got {said[:300]}"
        )
    first = refused[0]
    return (
        f"cannot compile {graph.name} for {soc.name}: expected operators that the NPU takes, got "
        f"{first.get('op_type', '?')} at {_named(first)} ({first.get('reason') or said[:200]}), "
        f"{len(refused)} in all"
    )


def _named(refused: Mapping[str, Any]) -> str:
    """The node, which the compiler tells in its reason: `<operator> node <name> will not ..`."""
    found = re.search(r"node `([^`]*)`", str(refused.get("reason", "")))
    return found[1] if found else "a node without a name"
