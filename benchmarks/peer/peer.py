"""What is asked of every runtime in the comparison."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py import operations
from runtime_py.files import Example, read_examples
from runtime_py.operations.prompt import Prompt
from runtime_py.text import Tokenizer

Row = NDArray[np.float32]
TURN = "turn.jsonl"
MAX_CONTEXT_TOKENS = 4096


@dataclass(frozen=True)
class Call:
    """One operation of the memory turn: tokens, milliseconds, and how many model calls the answer took."""

    prompt_tokens: int
    answer_tokens: int
    first_token_ms: float
    total_ms: float
    steps: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Script:
    """An operation's prompt, how many of its first tokens are the same in every prompt, and the given answer."""

    prompt: list[int]
    prefix: int
    answer: list[int]


class Peer(ABC):
    """One runtime with one model, whose files lie in `out` and were made from `model` (see `benchmarks.made.shapes`).

    The token that follows is always given, but the runtime computes, masks and samples as it would without knowing.
    """

    version: str
    drafts = False

    def __init__(self, model: Path, out: Path, threads: int) -> None:
        self.model = model
        self.out = out
        self.threads = threads
        self._scripts: dict[str, list[Script]] = {}

    @classmethod
    @abstractmethod
    def prepare(cls, model: Path, out: Path, group_size: int) -> None:
        """Write the runtime's files for the model and its adapters into `out`; runs in a process of its own.

        `group_size` int4 weights share a scale, where the runtime lets one choose.
        """

    @classmethod
    def shipped(cls, out: Path) -> list[Path]:
        """The files that an application would ship to run the operations."""
        return [file for file in out.rglob("*") if file.is_file()]

    @abstractmethod
    def open(self, operation: str | None) -> None:
        """Load what `operation` needs beyond what is loaded already; None is the model without adapters."""

    @abstractmethod
    def select(self, operation: str | None) -> None:
        """From now on feed with the adapter of `operation`, which is open."""

    @abstractmethod
    def feed(self, tokens: Sequence[int]) -> Row:
        """Append tokens to what the selected operation holds; the logits `[V]` after the last one."""

    @abstractmethod
    def rewind(self, length: int) -> None:
        """Let the selected operation hold its first `length` tokens only."""

    def feed_rows(self, tokens: Sequence[int]) -> Sequence[Row]:
        """As `feed`, the logits after each token; only asked of peers that have `drafts`."""
        raise NotImplementedError

    def begin(self, operation: str) -> None:  # noqa: B027
        """A new answer of `operation` begins: set up its grammar."""

    def choose(self, row: Row, token: int) -> None:
        """Mask and sample from a logits row as the runtime does; `token` is what is then taken."""
        int(np.argmax(row))

    def count(self, operation: str) -> int:
        """How many times the turn runs the operation."""
        return len(self.scripts(operation))

    def call(self, operation: str, number: int, drafts: bool) -> Call:
        """The operation's part `number` of the memory turn, from tokens to the last token; it is primed.

        With `drafts`, what followed the last two tokens earlier in the text is fed along and kept where it was right.
        """
        script = self.scripts(operation)[number]
        answer, done, steps = script.answer, 0, 1
        started = time.perf_counter()
        self.select(operation)
        self.rewind(script.prefix)
        self.begin(operation)
        row = self.feed(script.prompt[script.prefix :])
        first = time.perf_counter()
        while True:
            self.choose(row, answer[done])
            done += 1
            if done == len(answer):
                break
            draft = look_up([*script.prompt, *answer[:done]]) if drafts else []
            rows = self.feed_rows([answer[done - 1], *draft]) if draft else [self.feed([answer[done - 1]])]
            steps += 1
            right = 0
            while right < len(draft) and done < len(answer) - 1 and draft[right] == answer[done]:
                self.choose(rows[right], answer[done])
                done += 1
                right += 1
            if right < len(draft):
                self.rewind(len(script.prompt) + done)
            row = rows[right]
        ended = time.perf_counter()
        return Call(len(script.prompt), len(answer) - 1, (first - started) * 1e3, (ended - started) * 1e3, steps)

    def prime(self, operation: str) -> None:
        """Let the operation hold the part of its prompt that never changes, as after an earlier call."""
        self.select(operation)
        self.rewind(0)
        script = self.scripts(operation)[0]
        self.feed(script.prompt[: script.prefix])

    def agreement(self, operation: str) -> tuple[int, int]:
        """How many tokens of the operation's answers are what the model, without a grammar, would have chosen; of all.

        With real weights it tells that a peer computes the model and the expert that it was given.
        """
        agreed = tokens = 0
        self.select(operation)
        for script in self.scripts(operation):
            self.rewind(0)
            row = self.feed(script.prompt)
            for token in script.answer:
                agreed += int(np.argmax(row)) == token
                row = self.feed([token])
            tokens += len(script.answer)
        self.rewind(0)
        return agreed, tokens

    def scripts(self, operation: str) -> list[Script]:
        """Tokens of the turn, the stop token included in the answers."""
        if operation not in self._scripts:
            tokenizer = Tokenizer.from_file(self.model / "checkpoint" / "tokenizer.json")
            facts, prompt = operations.get(operation), chat_prompt(operation)
            prefix = len(tokenizer.encode(prompt.prefix, specials=True))
            self._scripts[operation] = [
                Script(
                    prompt.encode(tokenizer, facts.render(facts.read_input(row.input))),
                    prefix,
                    [*tokenizer.encode(row.target), tokenizer.id_of("<|im_end|>")],
                )
                for row in turn_rows(self.model, operation)
            ]
        return self._scripts[operation]


def turn_rows(model: Path, operation: str) -> list[Example]:
    """What the turn of the model in folder `model` asks of an operation."""
    return [row for row in read_examples(model / TURN) if row.id.partition("/")[0] == operation]


def operations_of(model: Path) -> list[str]:
    """The operations of the turn that the model has an adapter for, in the turn's order."""
    of_turn = dict.fromkeys(row.id.partition("/")[0] for row in read_examples(model / TURN))
    return [name for name in of_turn if (model / "adapters" / name).is_dir()]


def is_measured_bare(model: Path) -> bool:
    """Whether steps without an adapter are measured: of random models, which have one for every operation."""
    return set(operations_of(model)) >= set(operations.names())


def context_length(model: Path) -> int:
    """Tokens that prompt and answer have together, in every runtime."""
    config = json.loads((model / "checkpoint" / "config.json").read_text("utf-8"))
    return min(int(config["max_position_embeddings"]), MAX_CONTEXT_TOKENS)


def look_up(text: Sequence[int]) -> list[int]:
    """Up to 8 tokens that followed the latest earlier occurrence of the last two."""
    key = list(text[-2:])
    for start in range(len(text) - 3, -1, -1):
        if list(text[start : start + 2]) == key:
            return list(text[start + 2 : start + 10])
    return []


def chat_prompt(operation: str) -> Prompt:
    """The prompt that `benchmarks.made.shape_tokenizer`'s chat template gives."""

    def render(messages: list[dict[str, str]]) -> str:
        turns = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)
        return f"{turns}<|im_start|>assistant\n"

    return Prompt.from_chat_template(operations.get(operation), render)
