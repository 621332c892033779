"""Makes a language graph take rows of embeddings beside its tokens: a picture stands where its rows are named.

`rows` float32 `[R, D]` is an input with a default, so who feeds tokens alone need not know it. The token V + r stands
for row r. The embedding sees token 0 in its place, and what it gives there is not used.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from export.targets.onnx.graph import Edges, replace_uses, sort
from runtime_py.errors import ExportError
from runtime_py.programs import ROWS

_TOKENS, _FIRST_NORM = "tokens", "SkipSimplifiedLayerNormalization"


def take_rows(model: ModelProto, vocab_size: int, width: int) -> None:
    """Adds the input; raises `ExportError` for a graph whose first layer begins with no norm of its embedding."""
    edges = Edges(model)
    norm = next((node for node in model.graph.node if node.op_type == _FIRST_NORM), None)
    embedding = _ancestors(edges, norm.input[0]) if norm is not None else []
    if norm is None or not any(_TOKENS in node.input for node in embedding):
        raise ExportError(
            "traced graph: expected a first norm over what the embedding gives, found none; unsupported family for "
            "operations that read pictures"
        )
    embedded = str(norm.input[0])
    for node in embedding:
        node.input[:] = ["rows.ids" if name == _TOKENS else name for name in node.input]
    replace_uses(model, embedded, "rows.embedded")
    numbers = {"rows.first": np.array(vocab_size), "rows.none": np.array(0), "rows.axis": np.array([-1])}
    model.graph.initializer.extend(numpy_helper.from_array(x.astype(np.int64), name) for name, x in numbers.items())
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((1, width), np.float32), ROWS))
    model.graph.input.append(helper.make_tensor_value_info(ROWS, TensorProto.FLOAT, ["R", width]))
    for operator, inputs, output in (
        ("GreaterOrEqual", [_TOKENS, "rows.first"], "rows.here"),  # [1, T]
        ("Where", ["rows.here", "rows.none", _TOKENS], "rows.ids"),
        ("Sub", [_TOKENS, "rows.first"], "rows.counted"),
        ("Max", ["rows.counted", "rows.none"], "rows.places"),
        ("Gather", [ROWS, "rows.places"], "rows.given"),  # [1, T, D]
        ("Unsqueeze", ["rows.here", "rows.axis"], "rows.chosen"),
        ("Where", ["rows.chosen", "rows.given", embedded], "rows.embedded"),
    ):
        model.graph.node.append(helper.make_node(operator, inputs, [output]))
    sort(model)


def _ancestors(edges: Edges, name: str) -> list[NodeProto]:
    """Every node that `name` is computed of."""
    found: dict[int, NodeProto] = {}
    waiting = [name]
    while waiting:
        node = edges.maker.get(waiting.pop())
        if node is not None and id(node) not in found:
            found[id(node)] = node
            waiting += node.input
    return list(found.values())
