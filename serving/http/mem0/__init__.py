"""Mem0's REST shapes: those of its hosted API (v1, v2, v3), which its client calls, and of its own server."""

from serving.http.mem0.entities import forget_user, list_users, ping, reset
from serving.http.mem0.many import add, change_many, forget_all, forget_many, list_all, search, undo
from serving.http.mem0.one import change, forget, history, show, source

__all__ = [
    "add",
    "change",
    "change_many",
    "forget",
    "forget_all",
    "forget_many",
    "forget_user",
    "history",
    "list_all",
    "list_users",
    "ping",
    "reset",
    "search",
    "show",
    "source",
    "undo",
]
