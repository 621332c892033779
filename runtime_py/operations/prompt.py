"""The prompt of an operation: a fixed prefix, the user's text, a fixed suffix. Training and inference both use it."""

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime_py.errors import ConfigError, ContractError
from runtime_py.operations import AnyOperation
from runtime_py.parts import Embeddings, Piece, to_places
from runtime_py.text import Tokenizer

Render = Callable[[list[dict[str, str]]], str]
SENTINEL = "USER-TEXT-GOES-HERE"


@dataclass(frozen=True)
class Prompt:
    """The text before and after the user's text, special tokens included."""

    prefix: str
    suffix: str

    @classmethod
    def from_chat_template(cls, operation: AnyOperation, render: Render) -> "Prompt":
        """Render the chat template once with a sentinel as the user's text and split there.

        `render` turns `[{"role", "content"}]` into the prompt's text up to where the answer starts. A template without
        a system role (it raises, or drops the text) gets the system text in front of the user's. Raises `ConfigError`
        when the template does not show the user's text exactly once.
        """
        user = {"role": "user", "content": SENTINEL}
        text = try_render(render, [{"role": "system", "content": operation.system}, user])
        if text is None or operation.system not in text:
            text = render([{"role": "user", "content": f"{operation.system}\n\n{SENTINEL}"}])
        if text.count(SENTINEL) != 1 or operation.system not in text:
            raise ConfigError(
                f"unusable chat template for {operation.name}: expected the system text and the user's text once, got "
                f"{text!r}; mend the base model's chat template"
            )
        prefix, suffix = text.split(SENTINEL)
        return cls(prefix, suffix)

    def encode(self, tokenizer: Tokenizer, user_text: str) -> list[int]:
        """tokens(prefix) + tokens(user text, special tokens inert) + tokens(suffix)."""
        return [
            *tokenizer.encode(self.prefix, specials=True),
            *tokenizer.encode(user_text),
            *tokenizer.encode(self.suffix, specials=True),
        ]


@dataclass(frozen=True)
class OperationPrompt:
    """An operation's entry in `operations.json`: its prompt as text and as tokens, its stop tokens and limits.

    `max_input_tokens` bounds the tokens of the user's text, `max_new_tokens` the answer's without the stop token.
    """

    system: str
    prefix: str
    suffix: str
    prefix_tokens: tuple[int, ...]
    suffix_tokens: tuple[int, ...]
    stop_tokens: tuple[int, ...]
    max_new_tokens: int
    max_input_tokens: int
    retrieve_k: int

    @classmethod
    def build(
        cls,
        operation: AnyOperation,
        prompt: Prompt,
        tokenizer: Tokenizer,
        stop_tokens: Sequence[int],
        context_length: int,
        retrieve_k: int = 0,
        max_new_tokens: int | None = None,
    ) -> "OperationPrompt":
        """The entry of `operation`: what the context leaves beside prompt and answer is the user's.

        Raises `ConfigError` when that is nothing.
        """
        prefix = tokenizer.encode(prompt.prefix, specials=True)
        suffix = tokenizer.encode(prompt.suffix, specials=True)
        answer = max_new_tokens or operation.max_new_tokens
        room = context_length - len(prefix) - len(suffix) - answer
        if room < 1:
            raise ConfigError(
                f"no room for input in {operation.name}: expected a context above {context_length - room} tokens, got "
                f"{context_length}; lower max_new_tokens or use a base with a longer context"
            )
        return cls(
            operation.system,
            prompt.prefix,
            prompt.suffix,
            tuple(prefix),
            tuple(suffix),
            tuple(stop_tokens),
            answer,
            room,
            retrieve_k,
        )

    def encode(self, tokenizer: Tokenizer, *user: str | Embeddings) -> list[Piece]:
        """The whole prompt around what the user gives: tokens, and embeddings where they stand between texts.

        Raises `ContractError` when the user's part has too many places.
        """
        given: list[Piece] = []
        for piece in user:
            given += tokenizer.encode(piece) if isinstance(piece, str) else [piece]
        if (places := len(to_places(given))) > self.max_input_tokens:
            raise ContractError(
                f"input too long: expected at most {self.max_input_tokens} tokens, got {places}; split the text"
            )
        return [*self.prefix_tokens, *given, *self.suffix_tokens]

    @property
    def sha256(self) -> str:
        """Hex sha256 of the UTF-8 text `prefix`, a NUL, `suffix`."""
        return hashlib.sha256(f"{self.prefix}\0{self.suffix}".encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The entry as a JSON object."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(self).items()}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "OperationPrompt":
        """Back from `to_json`; the bundle's reader has checked names and types."""
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()}
        return cls(**fields)


def try_render(render: Render, messages: list[dict[str, str]]) -> str | None:
    """None when the template itself refuses the messages."""
    try:
        return render(messages)
    except _refusal():
        return None


def _refusal() -> type[Exception]:
    """Jinja's error, when `render` has brought Jinja: the runtime itself does without."""
    return getattr(sys.modules.get("jinja2"), "TemplateError", ConfigError)
