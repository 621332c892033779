"""Seconds of the stages of making a peer's files."""

import time

STAGES = "stages.json"


class Clock:
    """Called with the name of the stage that begins; `seconds` of those that have ended."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._since = 0.0

    def __call__(self, stage: str) -> None:
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] = now - self._since
        self._stage, self._since = stage, now
        print(stage, flush=True)
