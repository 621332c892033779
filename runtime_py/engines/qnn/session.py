"""Sessions over fixed-point graphs: on the CPU, on an NPU, or on the simulator of one that its compiler brings.

On an NPU nothing may fall back to the CPU: a graph that does not run there whole is refused.
"""

import platform
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from runtime_py.engines.qnn.socs import Soc
from runtime_py.engines.qnn.window import Run
from runtime_py.errors import MissingExtraError, UnavailableError

PROVIDER = "QNNExecutionProvider"
CPU, NPU, SIMULATOR = "cpu", "npu", "simulator"
PLACES = (CPU, NPU, SIMULATOR)


def is_simulating_host() -> bool:
    """Whether Qualcomm's compiler and simulator run here."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def load_provider() -> Any:
    """The package `onnxruntime_qnn`, its provider registered; raises `MissingExtraError`."""
    try:
        import onnxruntime_qnn
    except ModuleNotFoundError as e:
        raise MissingExtraError(
            "the NPU's compiler and simulator need the extra 'npu', package onnxruntime-qnn is not installed; run "
            "pip install 'memlora[npu]'"
        ) from e
    _register(onnxruntime_qnn.get_library_path())
    return onnxruntime_qnn


@cache
def _register(library: str) -> None:
    ort.register_execution_provider_library(PROVIDER, library)


def provider_options(soc: Soc | None, **further: str) -> ort.SessionOptions:
    """Options of a session that is whole on the NPU, of chip `soc` where none is at hand; as `load_provider`."""
    package = load_provider()
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    devices = [device for device in ort.get_ep_devices() if device.ep_name == PROVIDER]
    chip = {"soc_model": str(soc.model), "htp_arch": str(soc.architecture)} if soc else {}
    options.add_provider_for_devices(devices[:1], {"backend_path": package.get_qnn_htp_path(), **chip, **further})
    return options


def open_graph(graph: Path, place: str, soc: Soc, threads: int = 0) -> Run:
    """How to run `graph` in one of `PLACES`; `soc` is the chip that the simulator is to be.

    Raises `UnavailableError` where this machine has no such place or the graph does not start there, and
    `MissingExtraError`.
    """
    if place == CPU:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.disable_quant_qdq", "1")  # the very numbers that the graph says
        return _run(ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"]))
    if is_simulating_host() != (place == SIMULATOR):
        raise UnavailableError(
            f"no {place} here: expected {'x86 Linux' if place == SIMULATOR else 'a Qualcomm NPU'}, got "
            f"{platform.machine()} {platform.system()}; run on the CPU"
        )
    try:
        return _run(ort.InferenceSession(graph, provider_options(soc if place == SIMULATOR else None)))
    except (ort_errors.Fail, ort_errors.RuntimeException, ort_errors.InvalidGraph, ort_errors.NotImplemented) as e:
        raise UnavailableError(f"{graph.name} does not start on the {place}: {str(e)[:300]}; run on the CPU") from e


def _run(session: ort.InferenceSession) -> Run:
    outputs = [value.name for value in session.get_outputs()]

    def run(given: Mapping[str, NDArray[np.generic]]) -> Mapping[str, NDArray[np.generic]]:
        return dict(zip(outputs, session.run(outputs, dict(given)), strict=True))

    return run
