"""The last layer computes only the rows whose logits are asked for: all others are needed for keys and values alone."""

from onnx import ModelProto, NodeProto, helper

from export.targets.onnx.graph import Edges, remove_dead, replace_uses, sort

POSITIONS = "logit_positions"
_ROW_BY_ROW = {
    "Add", "Cast", "Constant", "Div", "Gather", "Gelu", "MatMul", "MatMulNBits", "Mul", "Pow", "Sigmoid",
    "SkipSimplifiedLayerNormalization", "Sub", "Tanh",
}  # fmt: skip


def choose_rows_early(model: ModelProto) -> None:
    """Moves the choice of rows from the head to the last attention's output and to what is added to it later.

    A model that mixes rows after its last attention, by an operator that is not known here, stays as it is.
    """
    edges = Edges(model)
    choice = next(
        node for node in model.graph.node if node.op_type == "Gather" and node.input[1] in _reached(edges, POSITIONS)
    )
    positions = choice.input[1]
    last = [node for node in model.graph.node if node.op_type == "GroupQueryAttention"][-1]
    after = _between(edges, str(last.output[0]), choice)
    if not all(node.op_type in _ROW_BY_ROW for node in after):
        return
    from_tokens = _reached(edges, "tokens")
    made_after = {name for node in after for name in node.output}
    crossing = {n: None for node in after for n in node.input if n in from_tokens and n not in made_after}
    for name in crossing:
        chosen = f"{name}.chosen"
        model.graph.node.append(helper.make_node("Gather", [name, positions], [chosen], axis=1))
        for node in after:
            for place, read in enumerate(node.input):
                if read == name:
                    node.input[place] = chosen
    replace_uses(model, choice.output[0], choice.input[0])
    sort(model)
    remove_dead(model)


def _between(edges: Edges, start: str, end: NodeProto) -> list[NodeProto]:
    """Nodes that read `start` or what comes of it, up to `end`, which is not among them."""
    reached = _reached(edges, start, end)
    nodes = {id(node): node for name in reached for node in edges.readers.get(name, []) if node is not end}
    return list(nodes.values())


def _reached(edges: Edges, start: str, end: NodeProto | None = None) -> set[str]:
    """`start` and every value that depends on it, not further than `end`."""
    found, waiting = {start}, [start]
    while waiting:
        for node in edges.readers.get(waiting.pop(), []):
            fresh = set() if node is end else set(node.output) - found - {""}
            found |= fresh
            waiting += fresh
    return found
