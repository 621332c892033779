"""Programs as bytes: what is checked of a graph or a program before native code sees it."""

from runtime_py.programs.graph import Graph, read_graph
from runtime_py.programs.graph_rules import check_embedder_graph, check_fixed_graph, check_graph
from runtime_py.programs.program import check_program

__all__ = ["Graph", "check_embedder_graph", "check_fixed_graph", "check_graph", "check_program", "read_graph"]
