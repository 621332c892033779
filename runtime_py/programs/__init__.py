"""Programs as bytes: what is checked of a graph or a program before native code sees it."""

from runtime_py.programs.graph import Graph, read_graph
from runtime_py.programs.graph_rules import check_embedder_graph, check_graph

__all__ = ["Graph", "check_embedder_graph", "check_graph", "read_graph"]
