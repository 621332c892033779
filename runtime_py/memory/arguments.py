"""What a caller gives, looked at by its name before anything is done: one sentence for a value of another kind."""

import inspect
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from runtime_py.errors import ConfigError

P = ParamSpec("P")
R = TypeVar("R")
_TEXTS = ("user_id", "query", "question", "text", "data", "session", "place", "asker")
_DAYS = ("session_date", "said_on", "asked_on")
_MOST = 2**31 - 1  # more than a store holds


def checked(method: Callable[P, R]) -> Callable[P, R]:
    """`method` with texts, ids, days and numbers of these names checked; raises `ConfigError` for another kind.

    A limit above what any store holds is that; None is taken where it is the default.
    """
    signature = inspect.signature(method)

    @wraps(method)
    def call(*args: P.args, **named: P.kwargs) -> R:
        bound = signature.bind(*args, **named)
        for name, value in bound.arguments.items():
            if value is not None or signature.parameters[name].default is not None:
                bound.arguments[name] = _read(name, value)
        return method(*bound.args, **bound.kwargs)

    return call


def _read(name: str, value: Any) -> Any:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if name in _TEXTS and not isinstance(value, str):
        raise _wrong(name, "a text", value)
    if name in _DAYS and not isinstance(value, date):
        raise _wrong(name, "a date", value)
    if name in ("memory_id", "photo_id", "limit") and not is_number:
        raise _wrong(name, "a whole number", value)
    if name == "threshold" and not is_number and not isinstance(value, float):
        raise _wrong(name, "a number", value)
    return min(value, _MOST) if name == "limit" else value


def _wrong(name: str, expected: str, value: Any) -> ConfigError:
    return ConfigError(f"wrong {name}: expected {expected}, got {value!r:.60} ({type(value).__name__}); correct it")
