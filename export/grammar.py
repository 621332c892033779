"""Compile an operation's JSON schema and a tokenizer into the token automaton that bundles ship."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import ExportError
from runtime_py.grammar import ILLEGAL, Grammar, shortest_to_end
from runtime_py.operations import Operation
from runtime_py.tokenizer import Tokenizer

# What outlines-core writes for a character of a string, and what stands there instead: what a JSON writer emits that
# escapes only where it must. All Unicode but raw control characters below U+0020, one spelling for each character.
_LOOSE_CHARACTER = r'([^"\\\x00-\x1F\x7F-\x9F]|\\["\\/bfnrt])'
_STRICT_CHARACTER = r'([^"\\\x00-\x1F]|\\["\\bfnrt]|\\u00(0[0-7be-f]|1[0-9a-f]))'


def schema_regex(schema: Mapping[str, Any]) -> str:
    """A regular expression of the compact JSON texts of `schema`; raises `ExportError` for what it cannot bound."""
    from outlines_core.json_schema import build_regex_from_schema

    if "maxLength" in json.dumps(schema):
        raise ExportError(
            "unusable schema: expected no maxLength, got one; bound answers by max_new_tokens, because a length makes "
            "the automaton explode"
        )
    try:
        regex: str = build_regex_from_schema(json.dumps(schema), "")
    except (TypeError, ValueError) as e:
        raise ExportError(f"unusable schema: expected one that outlines-core can compile, got {e}; simplify it") from e
    return regex.replace(_LOOSE_CHARACTER, _STRICT_CHARACTER)


def compile_grammar(schema: Mapping[str, Any], tokenizer: Tokenizer, vocab_size: int | None = None) -> Grammar:
    """The automaton of `schema` over `tokenizer`; `vocab_size` is that of the model's logits when it is padded.

    Special tokens are legal nowhere. Raises `ExportError` for a schema that no text of this tokenizer satisfies.
    """
    from outlines_core import Index, Vocabulary

    by_bytes: dict[bytes | str, list[int]] = {}
    for token in range(tokenizer.vocab_size):
        if written := tokenizer.token_bytes(token):
            by_bytes.setdefault(written, []).append(token)
    end = vocab_size or tokenizer.vocab_size
    index = Index(schema_regex(schema), Vocabulary(end, by_bytes))
    transitions = index.get_transitions()
    accepting_ids = set(index.get_final_states())
    start = index.get_initial_state()
    states = {*transitions, *accepting_ids, *(following for row in transitions.values() for following in row.values())}
    order = [start, *sorted(states - {start})]
    if len(order) >= ILLEGAL:
        raise ExportError(f"schema too large: expected fewer than {ILLEGAL} states, got {len(order)}; simplify it")
    place = {state: i for i, state in enumerate(order)}
    full = np.full((len(order), end + 1), ILLEGAL, dtype=np.uint16)
    for state, row in transitions.items():
        tokens = np.fromiter(row.keys(), dtype=np.int64, count=len(row))
        full[place[state], tokens] = [place[following] for following in row.values()]
    accepting = np.array([state in accepting_ids for state in order])
    return build_grammar(tokenizer.sha256, full[:, :end], accepting)


def build_grammar(tokenizer_sha256: str, full: NDArray[np.uint16], accepting: NDArray[np.bool_]) -> Grammar:
    """From transitions uint16 `[S, V]` with start state 0: dead ends removed, equal columns become one class."""
    counts = shortest_to_end(full, accepting)
    if counts[0] == ILLEGAL:
        raise ExportError("unusable schema: expected a text that this tokenizer can write, got none; simplify it")
    alive = counts != ILLEGAL
    renumbered = np.full(ILLEGAL + 1, ILLEGAL, dtype=np.uint16)
    renumbered[np.flatnonzero(alive)] = np.arange(alive.sum(), dtype=np.uint16)
    kept = renumbered[full[alive]]
    columns = np.concatenate([np.full((len(kept), 1), ILLEGAL, dtype=np.uint16), kept], axis=1)
    table, first, inverse = np.unique(columns, axis=1, return_index=True, return_inverse=True)
    by_first_use = np.argsort(first)
    rank = np.empty_like(by_first_use)
    rank[by_first_use] = np.arange(len(by_first_use))
    classes = rank[inverse.reshape(-1)[1:]]
    if len(by_first_use) > ILLEGAL:
        raise ExportError(f"schema too large: expected at most {ILLEGAL} token classes, got {len(by_first_use)}")
    grammar = Grammar(
        tokenizer_sha256=tokenizer_sha256,
        start=0,
        classes=classes.astype(np.uint16),
        table=np.ascontiguousarray(table[:, by_first_use]),
        accepting=accepting[alive],
        min_tokens=counts[alive],
    )
    grammar.check()
    return grammar


def write_grammar(
    operation: Operation, tokenizer: Tokenizer, folder: Path, vocab_size: int | None = None
) -> Path | None:
    """Write `folder`/<operation>.bin and return its path; None for an operation without a schema."""
    if operation.schema is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{operation.name}.bin"
    beside = path.with_suffix(".part")
    beside.write_bytes(compile_grammar(operation.schema, tokenizer, vocab_size).to_bytes())
    beside.replace(path)
    return path
