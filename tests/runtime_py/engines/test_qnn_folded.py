"""Adapters folded into the weights: a program of the operation's own, near torch's numbers, that takes no other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.targets.qnn import TARGET
from export.targets.qnn.target import link_adapter
from runtime_py import engines
from runtime_py.engines import EngineFiles, Runtime, open_engine
from runtime_py.engines.qnn.program import read_program
from runtime_py.errors import BundleError, ConfigError, ExportError
from tests.npu import Npu, engine_files, measure, worst_error
from tests.runtime_py.engines.engine_contract import TOKENS
from tests.shown import show

pytestmark = pytest.mark.slow

Parts = tuple[Npu, EngineFiles, dict[str, object]]
CPU = Runtime(device="cpu")
NAME = "extract"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, adapters: Path) -> Parts:
    """One operation's folded program as its target lowers it, and what its engines share."""
    folder = tmp_path_factory.mktemp("folded")
    npu = measure(folder, checkpoint, adapters, [NAME])
    assert TARGET.configure
    target = TARGET.configure({"ranges": folder / "ranges", "lora": "folded"})
    assert target.lower
    assert target.lower_shared is None
    with pytest.raises(ConfigError, match="no ranges of update: expected every operation of the bundle, got extract"):
        target.lower(npu.base, None, folder / "bundle", "update")
    lowered = target.lower(npu.base, npu.weights[NAME], folder / "bundle", NAME)  # type: ignore[arg-type]
    assert lowered.programs("qnn", folder / "bundle") == {
        "qnn": f"npu/{NAME}/program.json",
        "qnn_weights": f"npu/{NAME}/weights.bin",
    }
    return npu, engine_files(npu, NAME, lowered.program, folder), {}


def test_the_adapter_is_in_the_weights(parts: Parts, adapters: Path) -> None:
    """Beside torch on the dequantized base with the adapter, and away from the base alone."""
    from peft import PeftModel

    from export.parity.reference import load_reference
    from export.parity.torch import prompt_logits

    npu, files, shared = parts
    engine = open_engine(files, "qnn", shared=shared, runtime=CPU)
    got = engine.feed(TOKENS)
    model = PeftModel.from_pretrained(load_reference(npu.base), adapters / NAME).eval()
    adapted = prompt_logits(model, [TOKENS])[0]
    with model.disable_adapter():
        alone = prompt_logits(model, [TOKENS])[0]
    assert np.linalg.norm(got - adapted) < 0.05 * np.linalg.norm(adapted)
    show("qnn", "A16W8, LoRA folded", NAME, "run", "cpu", "logits 0.05")
    assert np.linalg.norm(got - alone) > 2 * np.linalg.norm(got - adapted)
    engine.reset()
    np.testing.assert_array_equal(engine.feed(TOKENS), got)


def test_beside_4_bits_the_adapter_is_a_constant(parts: Parts, adapters: Path, tmp_path: Path) -> None:
    npu, files, _ = parts
    assert TARGET.configure
    chosen = {"ranges": Path(files.program("qnn")).parents[3] / "ranges", "lora": "folded", "precision": "a16w4"}
    lower = TARGET.configure(chosen).lower
    assert lower
    lowered = lower(npu.base, npu.weights[NAME], tmp_path / "bundle", NAME)  # type: ignore[arg-type]
    assert read_program(lowered.program).ranks == {}
    engine = open_engine(engine_files(npu, NAME, lowered.program, tmp_path), "qnn", runtime=CPU)
    assert worst_error(npu.base, adapters / NAME, engine) < 0.12  # 4 bits a weight; .171 where W + A B were rounded
    show("qnn", "A16W4, LoRA folded", NAME, "run", "cpu", "logits 0.12")


def test_what_is_folded_is_neither_left_out_nor_changed(parts: Parts, tmp_path: Path) -> None:
    _, files, shared = parts
    assert read_program(files.program("qnn")).ranks == {}
    assert engines.get("qnn").holds_adapter(files)
    with pytest.raises(BundleError, match="no base without adapter for extract: expected LoRA inputs"):
        open_engine(files, "qnn", False, shared, runtime=CPU)
    with pytest.raises(ExportError, match="cannot link extract for the NPU: expected LoRA as inputs"):
        link_adapter(tmp_path, NAME, {}, {})
    without_file, with_file = (
        open_engine(given, "qnn", shared=shared, runtime=CPU) for given in (replace(files, adapter=None), files)
    )
    np.testing.assert_array_equal(without_file.feed(TOKENS), with_file.feed(TOKENS))
