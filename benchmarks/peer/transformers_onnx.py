"""The ONNX exporter of `transformers`, shrunk by ONNX Runtime's own int4 tool; it takes no adapters."""

import json
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime as ort

from benchmarks.peer.peer import Peer, Row


class TransformersOnnx(Peer):
    """Its decode graph with many tokens serves for prompts too; caches are copied and all rows of logits computed."""

    version = f"transformers {version('transformers')}, onnxruntime {version('onnxruntime')}"

    def __init__(self, model: Path, out: Path, threads: int) -> None:
        super().__init__(model, out, threads)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = ort.InferenceSession(out / "model.onnx", options, providers=["CPUExecutionProvider"])
        config = json.loads((model / "checkpoint" / "config.json").read_text("utf-8"))
        self._shape = (1, config["num_key_value_heads"], 0, config["head_dim"])
        self._inputs = [value.name for value in self._session.get_inputs()]
        self._caches = [name for name in self._inputs if "past_key_values" in name]
        self._held: list[np.ndarray] = []
        self.rewind(0)

    @classmethod
    def prepare(cls, model: Path, out: Path, group_size: int) -> None:
        import onnx
        import torch
        from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer
        from transformers import AutoModelForCausalLM
        from transformers.exporters import OnnxConfig, OnnxExporter

        loaded = AutoModelForCausalLM.from_pretrained(model / "checkpoint", dtype=torch.float32).eval()
        tokens = torch.arange(3, 11)[None]
        inputs = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
        exported = OnnxExporter().export_for_generation(
            loaded, inputs, config=OnnxConfig(dynamic=True, ort_fusions="cpu"), multi_token_decode=True
        )
        exported.save_pretrained(out / "float")
        int4 = DefaultWeightOnlyQuantConfig(
            block_size=group_size,
            is_symmetric=True,
            accuracy_level=4,
            op_types_to_quantize=("MatMul", "Gather"),
        )
        shrunk = MatMulNBitsQuantizer(onnx.load(out / "float" / "decode.onnx"), algo_config=int4)
        shrunk.process()
        shrunk.model.save_model_to_file(str(out / "model.onnx"), use_external_data_format=True)
        shutil.rmtree(out / "float")

    def open(self, operation: str | None) -> None:
        self.select(operation)

    def select(self, operation: str | None) -> None:
        if operation is not None:
            raise NotImplementedError("the exporter takes no adapters")

    def feed(self, tokens: Sequence[int]) -> Row:
        past = self._held[0].shape[2]
        given = dict(zip(self._caches, self._held, strict=True))
        for name in self._inputs:
            if name == "input_ids":
                given[name] = np.array([tokens], np.int64)
            elif name == "position_ids":
                given[name] = np.arange(past, past + len(tokens))[None]
        logits, *caches = self._session.run(None, given)
        self._held = caches
        row: Row = logits[0, -1]
        return row

    def rewind(self, length: int) -> None:
        if length == 0:
            self._held = [np.zeros(self._shape, np.float32) for _ in self._caches]
        else:
            self._held = [np.ascontiguousarray(cache[:, :, :length]) for cache in self._held]


PEER = TransformersOnnx
