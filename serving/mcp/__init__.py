"""A memory as tools of the Model Context Protocol: a model adds, searches, asks, lists and forgets."""

from serving.mcp.server import make_server, serve

__all__ = ["make_server", "serve"]
