"""An operation's own rows as tokens: the prompt as it is fed, and the answer that follows it."""

from pathlib import Path

from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples
from runtime_py.operations.chat import Chat

LEAST_TOKENS = 512
SPLIT = "train.jsonl"


def read_rows(data: Path, operation: str, chat: Chat, most: int, context: int) -> list[list[int]]:
    """At most `most` rows of `<data>/<operation>/train.jsonl`, taken evenly; each cut to `context` tokens.

    Raises `ConfigError` for no rows, rows of another operation, or fewer than `LEAST_TOKENS` tokens.
    """
    op, path = operations.get(operation), data / operation / SPLIT
    examples = read_examples(path)
    step = max(1, len(examples) // most)
    prompt = chat.prompt(op)
    rows = []
    for example in examples[::step][:most]:
        try:
            given = op.render(op.read_input(example.input))
        except (KeyError, TypeError, ValueError) as e:
            raise ConfigError(
                f"{path}: expected rows of {operation}, got {example.id!r} of another; correct --data"
            ) from e
        answer = [*chat.tokenizer.encode(example.target), chat.turn_end]
        rows.append([*prompt.encode(chat.tokenizer, given), *answer][:context])
    if (got := sum(map(len, rows))) < LEAST_TOKENS:
        raise ConfigError(f"{path}: expected at least {LEAST_TOKENS} tokens to measure on, got {got}; add rows")
    return rows
