"""Who is calling, and for whom he may speak."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from serving.http.errors import RequestError
from serving.http.settings import ANYONE, Settings

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")


@dataclass(frozen=True)
class Caller:
    """One who may be answered: `user` is the one he speaks for, `ANYONE` for all of them."""

    user: str
    default: str

    def of(self, named: object) -> str:
        """The user a request is about: the one that it names, else the caller's own.

        Raises `RequestError` for another's id and for one that is no text.
        """
        if named is None or named == "":
            return self.default if self.user == ANYONE else self.user
        if not isinstance(named, str):
            raise RequestError(400, f"wrong user: expected a text, got {type(named).__name__}; correct it")
        if self.user not in (ANYONE, named):
            raise RequestError(403, "another user's id: expected your own, got one that your token does not open")
        return named

    @property
    def is_anyone(self) -> bool:
        """Whether he may name every user."""
        return self.user == ANYONE


class Doorkeeper:
    """Tells callers by their tokens. Where none are asked for, only pages and programs of this machine may call."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._users = {_digest(token): user for token, user in settings.tokens.items()}

    def admit(self, request: Any) -> Caller:
        """The caller of a request (`Authorization: Bearer ..`, Mem0's `Token ..`, or `X-API-Key`).

        Raises `RequestError` without a known token, and for a request that a page of elsewhere makes the browser send.
        """
        self.check_origin(request.headers.get("host", ""), request.headers.get("origin"))
        if not self._users:
            return Caller(ANYONE, self._settings.user)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "token"):
            token = request.headers.get("x-api-key", "")
        given, user = _digest(token.strip()), None
        for digest, owner in self._users.items():  # all of them: how long it takes tells nothing
            if hmac.compare_digest(digest, given):
                user = owner
        if user is None:
            raise RequestError(401, "no known token: expected `Authorization: Bearer TOKEN`, got none that is known")
        return Caller(user, self._settings.user)

    def check_origin(self, host: str, origin: str | None) -> None:
        """Raises `RequestError` for a name that is not ours (it may be rebound) and for another page's request."""
        if self._settings.is_local and _name(f"//{host}") not in (*_LOCAL_NAMES, self._settings.host):
            raise RequestError(403, "wrong host: expected a name of this machine, got another; use 127.0.0.1")
        if origin is not None and _place(origin) != host:
            raise RequestError(403, "wrong origin: expected this server's own page, got a request of another one")


def _place(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
