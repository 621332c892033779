"""The genuine lowering: a replaced model -> the bytes of a `.pte` whose base constants are named, not held."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import EdgeCompileConfig, ExecutorchBackendConfig, to_edge_transform_and_lower
from executorch.exir.passes.external_constants_pass import delegate_external_constants_pass_unlifted
from executorch.runtime import Runtime
from torch.export import Dim, ExportedProgram

from export.targets.executorch.delegates import equal_delegates_once
from export.targets.executorch.kernels import EXTERNAL
from export.targets.executorch.model import LanguageProgram
from runtime_py.errors import ExportError

HEAVY = ("linear", "mm", "bmm", "addmm", "convolution", "quantize_affine", "dequantize_affine", "scaled_dot_product")
"""Names of operators that must be inside a delegate."""


def lower_program(program: LanguageProgram, chunk: int, logit_rows: int) -> bytes:
    """Lowers for XNNPACK, T in 1..chunk and P in 1..logit_rows; base constants are left to `base.ptd`.

    Raises `ExportError` when a heavy operator stays outside the delegates.
    """
    length, rows = Dim("T", min=1, max=chunk), Dim("P", min=1, max=logit_rows)
    shapes = ({1: length}, None, {0: rows})
    arguments = (torch.zeros(1, 5, dtype=torch.long), torch.zeros(1, dtype=torch.long), torch.tensor([1, 4]))
    with torch.no_grad(), equal_delegates_once():
        traced = torch.export.export(program, arguments, dynamic_shapes=shapes, strict=False).run_decompositions({})
        # Tags survive only on the graph that is lowered: decompose first, tag, export again.
        module = traced.module()
        settle_views(module)
        delegate_external_constants_pass_unlifted(module, gen_tag_fn=lambda node: _tag(str(node.target)))
        tagged = torch.export.export(module, arguments, dynamic_shapes=shapes, strict=False)
        lowered = to_edge_transform_and_lower(
            tagged,
            partitioner=[XnnpackPartitioner()],
            compile_config=EdgeCompileConfig(_check_ir_validity=False, _skip_dim_order=True),
            constant_methods={
                "get_max_seq_len": chunk,
                "get_max_context_len": program.context,
                "get_max_logit_rows": logit_rows,
            },
        )
        check_delegated(lowered.exported_program())
        done = lowered.to_executorch(
            ExecutorchBackendConfig(
                extract_delegate_segments=True, external_constants=lambda node: _tag(_qualified(node, lowered))
            )
        )
    plan = done.executorch_program.execution_plan[0]
    check_kernels(f"{operator.name}.{operator.overload}".removesuffix(".") for operator in plan.operators)
    return bytes(done.buffer)


def settle_views(module: torch.fx.GraphModule) -> None:
    """Writes each view with numbers and one -1 instead of symbols: XNNPACK takes those, and delegates stay whole."""
    for node in module.graph.nodes:
        if node.target is torch.ops.aten.view.default:
            sizes = [size if isinstance(size, int) else -1 for size in node.meta["val"].shape]
            if sizes.count(-1) <= 1:
                node.args = (node.args[0], sizes)
    module.graph.eliminate_dead_code()
    module.recompile()


def check_kernels(operators: Iterable[str]) -> None:
    """Raises `ExportError` for an operator that this ExecuTorch has no kernel for: such a program loads nowhere."""
    missing = set(operators) - set(Runtime.get().operator_registry.operator_names)
    if missing:
        raise ExportError(
            f"cannot lower: expected operators with a kernel in ExecuTorch, got {', '.join(sorted(missing))}"
        )


def check_delegated(program: ExportedProgram) -> Counter[str]:
    """Operators left outside the delegates, counted; raises `ExportError` for a heavy one."""
    left = Counter(
        str(node.target).split(".")[-2] if "." in str(node.target) else str(node.target)
        for node in program.graph.nodes
        if node.op == "call_function"
    )
    heavy = [name for name in left if name.removesuffix("_copy") in HEAVY]
    if heavy:
        raise ExportError(f"cannot lower: expected heavy operators inside delegates, got {', '.join(heavy)} outside")
    return left


def _tag(target: str) -> str | None:
    return "base" if target.rsplit(".", 1)[-1] in EXTERNAL else None


def _qualified(node: torch.fx.Node, lowered: Any) -> str:
    """The dotted name of a constant's placeholder."""
    signature = lowered.exported_program().graph_signature
    names = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    return str(names.get(node.name, ""))
