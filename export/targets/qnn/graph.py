"""Surgery on a traced graph: shapes become constants, values are named by their module, what does nothing goes."""

import re
from collections import Counter

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, NodeProto, helper, numpy_helper

_SCOPES = "pkg.torch.onnx.name_scopes"
_SLICED = re.compile(r"slice\([^)]*\)\.")
Constants = dict[str, npt.NDArray[np.generic]]


def simplify(model: ModelProto) -> ModelProto:
    """The same graph with one name for a value whatever the number of tokens: `<module>/<operator>.<place>`."""
    constants: Constants = {}
    replaced: dict[str, str] = {}
    outputs = {value.name for value in model.graph.output}
    kept: list[NodeProto] = []
    for node in model.graph.node:
        inputs = [replaced.get(name, name) for name in node.input]
        node.input[:] = inputs
        if node.op_type == "Constant" or all(name in constants for name in inputs):
            constants[node.output[0]] = _evaluate(node, constants)
        elif node.op_type in ("Identity", "Cast") or _is_nothing(node, constants):  # casts are of positions alone
            replaced[node.output[0]] = inputs[0]
        else:
            kept.append(node)
    _rename(kept, outputs, replaced)
    used = {name for node in kept for name in node.input}
    del model.graph.node[:]
    model.graph.node.extend(kept)
    model.graph.initializer.extend(numpy_helper.from_array(x, name) for name, x in constants.items() if name in used)
    for value in (*model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    del model.graph.value_info[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    return model


def module_of(name: str) -> str:
    """The path of the module that a value is named by."""
    return name.partition("/")[0]


def _evaluate(node: NodeProto, constants: Constants) -> npt.NDArray[np.generic]:
    """What a node on constants gives; shapes alone are made so."""
    if node.op_type == "Constant":
        value = helper.get_attribute_value(node.attribute[0])
        return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)
    from onnx.reference import ReferenceEvaluator

    given = {name: constants[name] for name in node.input}
    result: npt.NDArray[np.generic] = ReferenceEvaluator(node).run(None, given)[0]
    return result


def _is_nothing(node: NodeProto, constants: Constants) -> bool:
    """A reshape of `row` `[1]`, which the exporter makes of every index."""
    return node.op_type == "Reshape" and np.array_equal(constants[node.input[1]], [-1])


def _rename(nodes: list[NodeProto], outputs: set[str], replaced: dict[str, str]) -> None:
    """In place; a graph's outputs keep their names."""
    names: dict[str, str] = {}
    places: Counter[str] = Counter()
    for node in nodes:
        scopes = next((p.value for p in node.metadata_props if p.key == _SCOPES), "['']")
        path = _SLICED.sub("", re.findall(r"'([^']*)'", scopes)[-2] if scopes.count("'") > 2 else "")
        where = f"{path or 'model'}/{node.op_type}"
        name = f"{where}.{places[where]}"
        places[where] += 1
        node.name = name
        del node.metadata_props[:]
        node.input[:] = [names.get(read, read) for read in node.input]
        if node.output[0] not in outputs:
            names[node.output[0]] = name
            node.output[0] = name
        node.doc_string = ""
