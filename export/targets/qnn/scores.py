"""What stays float: attention from the product of queries and keys to the shares that the values are mixed by.

Of two activations that are multiplied, Hexagon takes one as 8 bits, whatever its grid. As float16 the products keep
what 16 bits say, and a mask costs the scores nothing.
"""

from onnx import ModelProto


def float_values(traced: ModelProto) -> set[str]:
    """The scores, masked ones and shares of every layer, by name."""
    made_by = {node.output[0]: node for node in traced.graph.node}
    read_by = {name: node for node in traced.graph.node for name in node.input}
    constants = {tensor.name for tensor in traced.graph.initializer}
    found: set[str] = set()
    for softmax in (node for node in traced.graph.node if node.op_type == "Softmax"):
        before, after = [softmax.input[0]], [softmax.output[0]]
        while (scored := made_by.get(before[-1])) and scored.op_type != "MatMul":
            before.append(scored.input[0])
        while (mixed := read_by.get(after[-1])) and mixed.op_type != "MatMul":
            after.append(mixed.output[0])
        if scored and mixed and not constants & {*scored.input, *mixed.input}:
            found |= {*before, *after}
    return found
