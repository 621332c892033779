"""Runners without a model."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from evaluation.synthetic.runner import Output

Answer = Callable[[str, Mapping[str, Any]], str]


class FakeRunner:
    """Answers by a function; the base alone always writes `{`. Counts its runs and can be stopped after some."""

    def __init__(self, answer: Answer, config: str = "fake", stop_after: int | None = None) -> None:
        self._answer = answer
        self.config = config
        self.runs = 0
        self._stop_after = stop_after

    def run(self, operation: str, given: Mapping[str, Any], adapter: bool) -> Output:
        if self.runs == self._stop_after:
            raise KeyboardInterrupt
        self.runs += 1
        text = self._answer(operation, given) if adapter else "{"
        return Output(text, len(text), False)


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
