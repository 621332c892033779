"""Programs as bytes: what is checked of a graph or a program before native code sees it."""

from runtime_py.programs.graph import Graph, read_graph
from runtime_py.programs.graph_rules import (
    ROWS,
    check_embedder_graph,
    check_fixed_graph,
    check_graph,
    check_vision_graph,
)
from runtime_py.programs.program import check_program

__all__ = [
    "ROWS",
    "Graph",
    "check_embedder_graph",
    "check_fixed_graph",
    "check_graph",
    "check_program",
    "check_vision_graph",
    "read_graph",
]
