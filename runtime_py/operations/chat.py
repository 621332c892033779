"""How a base reads and ends a chat: prompt, stop tokens and context length, decided once for training and export.

Read from the `hf` folder of a base. The Hugging Face tokenizer, which alone can render chat templates, is handed in by
the rooms that have it: nothing here imports it.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.operations.operation import AnyOperation
from runtime_py.operations.prompt import Prompt, try_render
from runtime_py.text import Tokenizer

MAX_CONTEXT_TOKENS = 4096
TEMPLATE_DAY = datetime(2024, 7, 26)
"""What a template that asks for today gets: a prompt must be the same on the day of training and on every other."""
_ASKS_FOR_DAY = re.compile(r"strftime_now\(\s*([\x27\"])(.*?)\1\s*\)")
_MARK = "ANSWER-GOES-HERE"


@dataclass(frozen=True)
class Chat:
    """`template` is the Hugging Face tokenizer; `turn_end` the token that ends a trained answer, one of `stop_tokens`.

    `context_tokens` is what prompt and answer have together.
    """

    tokenizer: Tokenizer
    template: Any
    stop_tokens: tuple[int, ...]
    turn_end: int
    context_tokens: int

    @classmethod
    def open(cls, hf: Path, load: Callable[[Path], Any], config: Any) -> "Chat":
        """From the `hf` folder of a base, `load(folder)` its Hugging Face tokenizer, `config` its configuration.

        Raises `ConfigError` without a tokenizer, a chat template or a stop token, and for a tokenizer that writes text
        in tokens that the model has no logits for.
        """
        if not (hf / "tokenizer.json").is_file():
            raise ConfigError(f"{hf}: expected tokenizer.json, found none; save the tokenizer as a fast one")
        tokenizer = Tokenizer.from_file(hf / "tokenizer.json")
        check_vocabulary(tokenizer, int(config.vocab_size))
        template = load(hf)
        if not template.chat_template:
            raise ConfigError(f"{hf}: expected a tokenizer with a chat template, found none; use an instruct model")
        named, written = _named_stops(hf), _written_stop(template, tokenizer)
        if not named and written is None:
            raise ConfigError(f"{hf}: expected eos_token_id in config.json or generation_config.json, found none")
        turn_end = named[0] if written is None else written
        stops = tuple(sorted({*named, turn_end}))
        if stops[-1] >= config.vocab_size:
            raise ConfigError(
                f"{hf}: expected stop tokens below the model's {config.vocab_size}, got {stops[-1]}; mend eos_token_id"
            )
        return cls(tokenizer, template, stops, turn_end, context_length(config))

    def prompt(self, operation: AnyOperation) -> Prompt:
        """The operation's prompt by the base's chat template."""
        return Prompt.from_chat_template(operation, lambda messages: render(self.template, messages, True))


def context_length(config: Any) -> int:
    """Tokens that prompt and answer have together: what a model's config was made for, at most 4,096."""
    return min(int(config.max_position_embeddings), MAX_CONTEXT_TOKENS)


def render(template: Any, messages: list[dict[str, str]], asks: bool) -> str:
    """A chat as text by the template of a Hugging Face tokenizer; up to where the answer starts when it `asks`."""
    text = _dated(str(template.get_chat_template()))
    return str(template.apply_chat_template(messages, chat_template=text, tokenize=False, add_generation_prompt=asks))


def _dated(template: str) -> str:
    """The template with a `strftime_now` of its own, which says `TEMPLATE_DAY` in every format that it asks for."""
    if "strftime_now" not in template:
        return template
    formats = {wanted: TEMPLATE_DAY.strftime(wanted) for _, wanted in _ASKS_FOR_DAY.findall(template)}
    day = f"{{{{ {json.dumps(formats)}.get(format, '{TEMPLATE_DAY:%d %b %Y}') }}}}"
    return f"{{%- macro strftime_now(format) -%}}{day}{{%- endmacro %}}{{{{ '' }}}}{template}"


def check_vocabulary(tokenizer: Tokenizer, vocab_size: int) -> None:
    """Ids from `vocab_size` on may only be special tokens, which no text can spell; else `ConfigError` names one."""
    if beyond := tokenizer.plain_tokens_from(vocab_size):
        raise ConfigError(
            f"unusable tokenizer: expected text in tokens below the model's {vocab_size}, got {beyond[0]!r}; use the "
            "tokenizer that the model was trained with"
        )


def _named_stops(hf: Path) -> list[int]:
    """Every eos of `config.json` and `generation_config.json`, in this order."""
    found: dict[int, None] = {}
    for name in ("config.json", "generation_config.json"):
        path = hf / name
        values: Mapping[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        named = values.get("eos_token_id")
        for token in named if isinstance(named, list) else [named]:
            if token is not None:
                found[int(token)] = None
    return list(found)


def _written_stop(template: Any, tokenizer: Tokenizer) -> int | None:
    """The first special token that the template writes behind an answer; None when it writes none."""
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": _MARK}]
    text = try_render(lambda given: render(template, given, False), messages) or ""
    tail = text.rpartition(_MARK)[2] if _MARK in text else ""
    return next((token for token in tokenizer.encode(tail, specials=True) if token in tokenizer.special_ids), None)
