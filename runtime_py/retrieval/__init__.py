"""Search by meaning and by words."""

from runtime_py.retrieval.search import CANDIDATES, Retrieval

__all__ = ["CANDIDATES", "Retrieval"]
