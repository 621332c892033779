"""What a request is refused with: one sentence, a status, and the same body for every client."""

import logging
from typing import Any

from runtime_py.errors import ConfigError, ContractError, ImageError, MemloraError, StoreError

_LOG = logging.getLogger("memlora.serve")
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    499: "client_closed_request",
    500: "server_error",
    501: "not_supported_error",
    503: "overloaded_error",
    504: "timeout_error",
}


class RequestError(Exception):
    """A request that is refused; `retry_after_s` is told to a client that may try again."""

    def __init__(self, status: int, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        """`Retry-After` where it was said when to try again."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}

    def to_json(self) -> dict[str, Any]:
        """`{"error": {message, type, code}, "detail": message}`: OpenAI's clients read the first, Mem0's the other."""
        kind = _TYPES[self.status]
        return {"error": {"message": str(self), "type": kind, "param": None, "code": kind}, "detail": str(self)}


def wrong(what: str, expected: str, got: object) -> RequestError:
    """A value of another kind than `expected`; what was given is named by its kind, never shown."""
    return RequestError(400, f"wrong {what}: expected {expected}, got {type(got).__name__}; correct it")


def explain(error: BaseException) -> RequestError:
    """What a client is told of an error; one that nobody foresaw is logged by its kind and place, without its words."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, ConfigError | ContractError | ImageError):
        return RequestError(400, str(error))
    if isinstance(error, StoreError):
        _LOG.error("store: %s", error)
        return RequestError(503, "the store cannot be used: expected to read or write it, got an error; see the log", 5)
    if isinstance(error, MemloraError):
        _LOG.error("%s: %s", type(error).__name__, error)
        return RequestError(500, str(error))
    _LOG.error("unforeseen %s at %s", type(error).__name__, _place(error))
    return RequestError(500, "the server failed: expected an answer, got an error of its own; see its log")


def _place(error: BaseException) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}" if at else "an unknown place"
