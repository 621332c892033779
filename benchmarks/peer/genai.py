"""ONNX Runtime GenAI: its builder's int4 graph (`genai_int8`: int8), adapters as inputs, guidance by JSON schema."""

import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from sys import stderr
from typing import Any

import numpy as np
import onnx
import onnxruntime
import onnxruntime_genai as genai
from safetensors.numpy import load_file

from benchmarks.peer.peer import Call, Peer, Row, context_length, is_measured_bare, operations_of
from runtime_py import operations


class GenAi(Peer):
    """Without adapters the builder's own fused graph; with them a second graph, for the builder fuses no LoRA.

    The builder shrinks LoRA matrices to int4 constants; here they become float32 inputs of rank 0 by default, which is
    what the runtime's adapters need. Every operation has a generator of its own, and another one with guidance.
    """

    version = f"onnxruntime-genai {version('onnxruntime-genai')}"
    precision = "int4"

    def __init__(self, model: Path, out: Path, threads: int) -> None:
        super().__init__(model, out, threads)
        self._models: dict[str, Any] = {}
        self._adapters: Any = None
        self._generators: dict[tuple[str | None, bool], Any] = {}
        self._selected: tuple[str | None, bool] = (None, False)
        self._guided = False
        self._chosen = False

    @classmethod
    def prepare(cls, model: Path, out: Path, group_size: int) -> None:
        shrunk = [f"block_size={group_size}", "accuracy_level=4"]
        if is_measured_bare(model):
            _build(model, out / "plain", cls.precision, shrunk)
        _build(model, out / "lora", cls.precision, [*shrunk, f"adapter_path={model / 'adapters' / 'generate'}"])
        modules = _open_slots(out / "lora" / "model.onnx")
        for name in operations_of(model):
            _write_adapter(model / "adapters" / name, modules, out / f"{name}.onnx_adapter")

    def open(self, operation: str | None) -> None:
        which = "plain" if operation is None else "lora"
        if which not in self._models:
            config = genai.Config(str(self.out / which))
            threads = {"model": {"decoder": {"session_options": {"intra_op_num_threads": self.threads}}}}
            config.overlay(json.dumps(threads))
            self._models[which] = genai.Model(config)
            if operation is not None:
                self._adapters = genai.Adapters(self._models[which])
        if operation is not None and (operation, False) not in self._generators:
            self._adapters.load(str(self.out / f"{operation}.onnx_adapter"), operation)
        self.select(operation)

    def select(self, operation: str | None) -> None:
        self._selected = (operation, self._guided)
        self._chosen = False
        if self._selected not in self._generators:
            self._generators[self._selected] = self._generator(operation, self._guided)

    def prime(self, operation: str) -> None:
        self._guided = True
        super().prime(operation)
        self._guided = False

    def call(self, operation: str, number: int, drafts: bool) -> Call:
        self._guided = True
        made = super().call(operation, number, drafts)
        self._guided = False
        return made

    def _generator(self, operation: str | None, guided: bool) -> Any:
        model = self._models["plain" if operation is None else "lora"]
        parameters = genai.GeneratorParams(model)
        parameters.set_search_options(max_length=context_length(self.model), do_sample=False)
        schema = operations.get(operation).schema if operation and guided else None
        if schema:
            compact = {"x-guidance": {"whitespace_flexible": False}}
            parameters.set_guidance("json_schema", json.dumps({**schema, **compact}))
        generator = genai.Generator(model, parameters)
        if operation is not None:
            generator.set_active_adapter(self._adapters, operation)
        return generator

    def feed(self, tokens: Sequence[int]) -> Row:
        generator = self._generators[self._selected]
        if not self._chosen:  # a chosen token is in the sequence already and is computed when its logits are asked for
            generator.append_tokens(np.asarray(tokens, np.int32))
        self._chosen = False
        row: Row = generator.get_logits().reshape(-1)
        return row

    def rewind(self, length: int) -> None:
        self._generators[self._selected].rewind_to(length)
        self._chosen = False

    def choose(self, row: Row, token: int) -> None:
        generator = self._generators[self._selected]
        row[token] = row.max() + 1
        generator.set_logits(row.reshape(1, 1, -1))
        generator.generate_next_token()
        if generator.get_next_tokens()[0] != token:
            raise RuntimeError(f"guidance refuses token {token} of {self._selected}")
        self._chosen = True


def _build(model: Path, out: Path, precision: str, options: list[str]) -> None:
    from onnxruntime_genai.models import builder

    given = ("", str(model / "checkpoint"), str(out), precision, "cpu", str(out))
    with redirect_stdout(stderr):
        builder.create_model(*given, **builder.parse_extra_options(*given, options))


def _open_slots(path: Path) -> dict[str, tuple[int, int]]:
    """Make the LoRA matrices of a built graph inputs; slot -> its size beside the rank, for A and B."""
    graph = onnx.load(path, load_external_data=False)
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.graph.initializer}
    slots: dict[str, tuple[int, int]] = {}
    for node in graph.graph.node:
        _, side, rest = node.name.partition("/lora_A/") if "/lora_A/" in node.name else node.name.partition("/lora_B/")
        if not rest.startswith("MatMul"):
            continue
        sizes = {attribute.name: attribute.i for attribute in node.attribute}
        slot = node.name.split(f"{side}")[0].strip("/").replace("/", ".") + "." + side.strip("/")
        a = side == "/lora_A/"
        columns, rows = sizes["K"], sizes["N"]
        assert shapes[node.input[1]][0] == rows
        slots[slot] = (columns, 0) if a else (0, rows)
        dimensions = [columns, "rank"] if a else ["rank", rows]
        graph.graph.input.append(onnx.helper.make_tensor_value_info(slot, onnx.TensorProto.FLOAT, dimensions))
        graph.graph.initializer.append(onnx.numpy_helper.from_array(np.zeros(slots[slot], np.float32), slot))
        replaced = onnx.helper.make_node("MatMul", [node.input[0], slot], node.output, name=node.name)
        node.CopyFrom(replaced)
    used = {name for node in graph.graph.node for name in node.input}
    kept = [tensor for tensor in graph.graph.initializer if tensor.name in used]
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
    onnx.save(graph, path)
    return slots


def _write_adapter(adapter: Path, slots: dict[str, tuple[int, int]], path: Path) -> None:
    settings = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
    scale = np.float32(settings["lora_alpha"] / settings["r"])
    values = {slot: np.zeros(shape, np.float32) for slot, shape in slots.items()}
    for name, matrix in load_file(adapter / "adapter_model.safetensors").items():
        slot = name.removeprefix("base_model.model.").removesuffix(".weight").replace("self_attn", "attn")
        assert slot in values, slot
        values[slot] = np.ascontiguousarray(matrix.T * (scale if slot.endswith("lora_B") else np.float32(1)))
    written = onnxruntime.AdapterFormat()
    written.set_adapter_version(1)
    written.set_model_version(1)
    written.set_parameters({slot: onnxruntime.OrtValue.ortvalue_from_numpy(v) for slot, v in values.items()})
    written.export_adapter(str(path))


PEER = GenAi
