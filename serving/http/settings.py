"""Where and how a memory is served."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from runtime_py.errors import ConfigError
from runtime_py.privacy import is_this_machine

ANYONE = "*"
"""The user of a token that speaks for every user, as an application's does."""


@dataclass(frozen=True)
class Settings:
    """`tokens` are users by token; without any, everyone on this machine may name any user."""

    host: str = "127.0.0.1"
    port: int = 8417
    """0 takes a free one."""
    tokens: Mapping[str, str] = field(default_factory=dict)
    user: str = "me"
    """Whose memory a caller means who names nobody and whose token names nobody."""
    most_bytes: int = 1_000_000
    """The longest body that is read."""
    body_s: float = 20.0
    """How long a body may take to arrive."""
    timeout_s: float = 120.0
    """How long a request may wait and be worked at."""
    most_waiting: int = 64
    """Requests that may wait for the model; more are told to come again."""
    stop_s: float = 10.0
    """How long requests may go on once the server is told to stop."""

    def __post_init__(self) -> None:
        """Raises `ConfigError` for a host that others reach while no token is asked for."""
        if not self.is_local and not self.tokens:
            raise ConfigError(
                f"no token for {self.host}: expected one, since others can reach this host, got none; set "
                "MEMLORA_TOKEN, name a --token-file, or stay with 127.0.0.1"
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the host."""
        return is_this_machine(self.host)


def read_tokens(text: str, source: str) -> dict[str, str]:
    """Users by token from lines `USER TOKEN`; `#` begins a comment. A token for `*` speaks for every user.

    Raises `ConfigError` for another line, a short token and one that two users have; it names the line alone.
    """
    tokens: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2:
            raise ConfigError(f"wrong line {number} of {source}: expected USER TOKEN, got {len(words)} words; mend it")
        user, token = words
        check_token(token, f"line {number} of {source}")
        if token in tokens:
            raise ConfigError(f"wrong line {number} of {source}: expected a token of its own, got another user's")
        tokens[token] = user
    if not tokens:
        raise ConfigError(f"no token in {source}: expected lines USER TOKEN, got none; write one")
    return tokens


def check_token(token: str, source: str) -> None:
    """Raises `ConfigError` for a token that could be guessed or that a header cannot hold."""
    if len(token) < 16 or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"unusable token in {source}: expected 16 letters or more out of ASCII without blanks, got {len(token)}; "
            "make one with `python -c 'import secrets; print(secrets.token_urlsafe())'`"
        )
