"""Python's memory turns, a JSON object a line in, one out: `python -m benchmarks.jvm.python_turns BUNDLE STORE`."""

import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.jvm.talk import open_memory
from runtime_py.bundle import Bundle
from runtime_py.memory import Memory, Stored


def done(turn: dict[str, Any], memory: Memory) -> dict[str, Any]:
    """As Kotlin's `Turns`, without what the engines took."""
    day = date.fromisoformat(turn["date"])
    began = time.perf_counter()
    outcome = memory.add(turn["messages"], turn["user"], day, turn["session"], turn["place"])
    added = time.perf_counter()
    answer = memory.ask(turn["question"], turn["user"], asker=turn["asker"]).text
    ended = time.perf_counter()
    events = outcome.events if isinstance(outcome, Stored) else ()
    return {
        "add_ms": (added - began) * 1e3,
        "ask_ms": (ended - added) * 1e3,
        "memories": [f"{event.event} {event.memory}" for event in events],
        "answer": answer,
    }


def main(bundle: str, store: str) -> None:
    with open_memory(Bundle.open(Path(bundle)), Path(store)) as memory:
        for line in sys.stdin:
            print(json.dumps(done(json.loads(line), memory)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
