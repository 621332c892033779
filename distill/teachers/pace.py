"""How fast one worker may ask: requests and tokens a minute, and pauses that a server asks for."""

import asyncio
import time
from collections.abc import Awaitable, Callable

LETTERS_A_TOKEN = 4.0
"""Of English, by the tokenizers of large models; what an unknown teacher's tokens are estimated with."""


def tokens_in(text: str) -> int:
    """About how many tokens a text has."""
    return max(1, round(len(text) / LETTERS_A_TOKEN))


class Pace:
    """Requests get evenly spaced places in time, so that no minute holds more than it may; None: no limit."""

    def __init__(
        self,
        requests_a_minute: float | None = None,
        tokens_a_minute: float | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._request_s = 60.0 / requests_a_minute if requests_a_minute else 0.0
        self._token_s = 60.0 / tokens_a_minute if tokens_a_minute else 0.0
        self._now, self._sleep = now, sleep
        self._requests_free = self._tokens_free = self._paused_until = now()

    async def wait(self, tokens: int) -> None:
        """Returns when a request of so many tokens may be sent."""
        now = self._now()
        place = max(now, self._requests_free, self._tokens_free, self._paused_until)
        self._requests_free = place + self._request_s
        self._tokens_free = place + tokens * self._token_s
        while (left := max(place, self._paused_until) - self._now()) > 0:
            await self._sleep(left)

    def spend(self, tokens: int) -> None:
        """The tokens of an answer, known only now: later requests wait for them."""
        self._tokens_free = max(self._tokens_free, self._now()) + tokens * self._token_s

    def pause(self, seconds: float) -> None:
        """Nobody asks for so long."""
        self._paused_until = max(self._paused_until, self._now() + seconds)
