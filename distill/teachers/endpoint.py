"""An endpoint that speaks the OpenAI chat API: where it is, the key for it, and one question with its answer.

The key goes into one header and nowhere else: not into a URL, an error, the cache or a manifest.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from distill.teachers.teacher import TeacherError
from runtime_py.errors import ConfigError
from runtime_py.privacy import is_this_machine

TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
MOST_ANSWER_BYTES = 8_000_000
HIDDEN = "***"


@dataclass(frozen=True)
class EndpointConfig:
    """`url` ends before `/chat/completions`; `api_key_env` names the variable with the key.

    Times in seconds; `timeout_s` is for one attempt, from connecting to the answer's last byte.
    """

    url: str
    model: str
    api_key_env: str = "OPENAI_API_KEY"
    concurrency: int = 8
    attempts: int = 6
    timeout_s: float = 120.0
    backoff_s: float = 1.0
    longest_backoff_s: float = 60.0
    max_tokens: int = 2048
    temperature: float = 0.0

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            host, _port = parts.hostname, parts.port
        except ValueError as e:
            raise ConfigError("teacher url: expected http:// or https://, a host and a port, got none; mend it") from e
        if parts.scheme not in ("http", "https") or not host:
            raise ConfigError("teacher url: expected http:// or https:// and a host, got another form; mend it")
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            raise ConfigError(
                f"teacher url at {host}: expected no name, password or query in it, got one; put the key into "
                f"${self.api_key_env}"
            )
        if min(self.concurrency, self.attempts, self.max_tokens) < 1:
            raise ConfigError("teacher: expected concurrency, attempts and max_tokens of at least 1")

    @property
    def completions_url(self) -> str:
        return self.url.rstrip("/") + "/chat/completions"

    def request(self, prompt: str) -> dict[str, Any]:
        """What decides an answer: the model, the prompt and the parameters, in the words of the API."""
        return {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }

    def read_key(self) -> str | None:
        """The key, None without one. Raises `ConfigError` for one that no header can carry or http would betray."""
        key = os.environ.get(self.api_key_env, "").strip()
        if not key:
            return None
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ConfigError(
                f"${self.api_key_env}: expected a key of visible ASCII letters, got one with others in it; set it again"
            )
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
            raise ConfigError(
                f"teacher url at {parts.hostname}: expected https:// for a key, got http://, which all on the way "
                f"can read; use https:// or unset ${self.api_key_env}"
            )
        return key


class RetryError(Exception):
    """An answer worth asking for again; `wait_s` when the server said how long to wait.

    `was_answered`: the server ended the request, with something else than what was asked for.
    """

    def __init__(self, why: str, wait_s: float | None = None, was_answered: bool = False) -> None:
        super().__init__(why)
        self.wait_s, self.was_answered = wait_s, was_answered


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def words(self) -> str:
        """The beginning of the body on one line, without control characters."""
        text = self.body[:2000].decode("utf-8", "replace")
        return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))[:200]


async def post(
    client: httpx.AsyncClient,
    url: str,
    body: Mapping[str, Any],
    timeout_s: float,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Sends `body` as JSON. The answer comes uncompressed and within `timeout_s`, or not at all.

    Raises:
        RetryError: the network failed or took too long.
        TeacherError: a certificate that is not trusted, a compressed answer or one of more than `MOST_ANSWER_BYTES`.
    """
    host = urlsplit(url).hostname
    try:
        async with asyncio.timeout(timeout_s), client.stream("POST", url, json=dict(body), headers=headers) as answer:
            coding = answer.headers.get("content-encoding", "identity").lower()
            if coding not in ("", "identity"):
                raise TeacherError(f"teacher at {host}: expected an uncompressed answer, got {coding[:20]!r}")
            data = bytearray()
            async for chunk in answer.aiter_raw():
                data += chunk
                if len(data) > MOST_ANSWER_BYTES:
                    raise TeacherError(
                        f"teacher at {host}: expected an answer of at most {MOST_ANSWER_BYTES} bytes, got more; is the "
                        "URL right?"
                    )
            return Answer(answer.status_code, answer.headers, bytes(data))
    except TimeoutError as e:
        raise RetryError(f"no whole answer in {timeout_s:g} s") from e
    except httpx.InvalidURL as e:
        raise TeacherError(f"teacher at {host}: expected a URL, got one that cannot be asked ({e}); mend it") from e
    except httpx.HTTPError as e:
        if certificate := _certificate_error(e):
            raise TeacherError(
                f"teacher at {host}: expected a certificate that this machine trusts, got another ({certificate}); "
                "correct the host's name or name its authority's file in $SSL_CERT_FILE"
            ) from e
        raise RetryError(str(e) or type(e).__name__) from e


def _certificate_error(error: BaseException | None) -> str | None:
    """What is wrong with a certificate, from the chain of causes or from the text that a wrapper left of it."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return str(error).partition("verify failed:")[2].strip() or "it cannot be verified"
        error = error.__cause__ or error.__context__
    return None


def _is_this_machine(host: str) -> bool:
    return host.endswith(".localhost") or is_this_machine(host)
