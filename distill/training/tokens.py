"""Dataset rows -> token ids, by the very prompt and tokenizer that the runtime uses."""

from collections.abc import Sequence
from dataclasses import dataclass

from runtime_py.errors import ConfigError
from runtime_py.files import Example
from runtime_py.operations import AnyOperation
from runtime_py.operations.prompt import Prompt
from runtime_py.text import Tokenizer

IGNORED = -100


@dataclass(frozen=True)
class TokenRow:
    """`input_ids` = prompt, target, stop token; the first `prompt_tokens` of them carry no loss."""

    id: str
    input_ids: tuple[int, ...]
    prompt_tokens: int

    @property
    def labels(self) -> list[int]:
        """`input_ids` with the prompt masked."""
        return [IGNORED] * self.prompt_tokens + list(self.input_ids[self.prompt_tokens :])


@dataclass(frozen=True)
class TokenRows:
    """What fits the context; `too_long` holds the ids of the rows that do not."""

    rows: tuple[TokenRow, ...]
    too_long: tuple[str, ...]

    @property
    def lengths(self) -> list[int]:
        """Tokens of each row, prompt and target together."""
        return [len(row.input_ids) for row in self.rows]


def encode_rows(
    rows: Sequence[Example],
    operation: AnyOperation,
    prompt: Prompt,
    tokenizer: Tokenizer,
    stop_token: int,
    context: int,
) -> TokenRows:
    """Tokens of every row that fits in `context` tokens; raises `ConfigError` for an input that cannot be read."""
    prefix, suffix = (tokenizer.encode(part, specials=True) for part in (prompt.prefix, prompt.suffix))
    fitting, too_long = [], []
    for row in rows:
        try:
            text = operation.render(operation.read_input(row.input))
        except (KeyError, TypeError, ValueError) as e:
            raise ConfigError(f"row {row.id}: expected an input of {operation.name}, got {e!r}") from e
        before = (*prefix, *tokenizer.encode(text), *suffix)  # what `Prompt.encode` gives, without its repeated work
        ids = (*before, *tokenizer.encode(row.target), stop_token)
        if len(ids) <= context:
            fitting.append(TokenRow(row.id, ids, len(before)))
        else:
            too_long.append(row.id)
    if not fitting:
        raise ConfigError(
            f"{operation.name}: expected rows of at most {context} tokens, got {len(too_long)} longer ones and no "
            f"other (the first is {too_long[0]}); use a base with a longer context or shorter inputs"
        )
    return TokenRows(tuple(fitting), tuple(too_long))
