"""Compile an operation's JSON schema and a tokenizer into the token automaton that bundles ship."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.grammar import canonical, spelling
from export.grammar.canonical import Transitions, keep_canonical
from export.grammar.spelling import Spelling
from export.machine.cache import cached, sources_sha256
from runtime_py.decoding import ILLEGAL, Grammar, shortest_to_end
from runtime_py.errors import ExportError
from runtime_py.files import write_file_atomic
from runtime_py.operations import AnyOperation
from runtime_py.text import Tokenizer

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

    Special tokens are legal nowhere; what the tokenizer writes before every text stands before the JSON too. Raises
    `ExportError` for a schema that no text of this tokenizer satisfies.
    """
    from outlines_core import Index, Vocabulary

    spelt_by = Spelling(tokenizer)
    by_bytes: dict[bytes | str, list[int]] = {}
    for token in range(tokenizer.vocab_size):
        if written := tokenizer.token_bytes(token):
            by_bytes.setdefault(written, []).append(token)
    end = vocab_size or tokenizer.vocab_size
    index = Index(spelt_by.opening + schema_regex(schema), Vocabulary(end, by_bytes))
    transitions = {
        state: {token: following for token, following in row.items() if token != end}
        for state, row in index.get_transitions().items()
    }
    accepting = set(index.get_final_states())
    spelt, ends = keep_canonical(transitions, index.get_initial_state(), accepting, spelt_by)
    classes, table = _compress_tokens(spelt, end)
    return _finish(tokenizer.sha256, classes, table, np.array([state in ends for state in range(len(spelt))]))


def _compress_tokens(transitions: Transitions, vocab_size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tokens that no state tells apart share a class: classes `[V]` and next states `[S, C]`, -1 where illegal."""
    classes, fresh = np.zeros(vocab_size, dtype=np.int64), 1
    rows = []
    for state in range(len(transitions)):
        tokens = np.fromiter(transitions[state].keys(), dtype=np.int64)
        following = np.fromiter(transitions[state].values(), dtype=np.int64)
        rows.append((tokens, following))
        told_apart, group = np.unique(classes[tokens] * len(transitions) + following, return_inverse=True)
        classes[tokens] = fresh + group  # whoever is not named here keeps an older, lower number
        fresh += len(told_apart)
    _, classes = np.unique(classes, return_inverse=True)
    used = int(classes.max()) + 1
    table = np.full((len(rows), used), -1, dtype=np.int64)
    for state, (tokens, following) in enumerate(rows):
        table[state, classes[tokens]] = following
    return classes, table


def _finish(
    tokenizer_sha256: str, classes: NDArray[np.int64], table: NDArray[np.int64], accepting: NDArray[np.bool_]
) -> Grammar:
    """Dead ends removed, equal states and equal token classes merged, numbered by first use; the start state is 0."""
    counts = _tokens_to_end(table, accepting)
    if counts[0] < 0:
        raise ExportError("unusable schema: expected a text that this tokenizer can write, got none; simplify it")
    table = np.where((table >= 0) & (counts[table] >= 0), table, -1)
    table, accepting = _merge_states(table, accepting, counts >= 0)
    columns = np.concatenate([np.full((len(table), 1), -1), table[:, classes]], axis=1)
    _, first, inverse = np.unique(
        columns[:, np.concatenate([[0], 1 + np.unique(classes, return_index=True)[1]])],
        axis=1,
        return_index=True,
        return_inverse=True,
    )
    order = np.argsort(first)
    rank = np.argsort(order)
    column_of_class = rank[inverse.reshape(-1)]
    merged = np.full((len(table), len(order)), -1, dtype=np.int64)
    merged[:, column_of_class[1:]] = table
    if max(merged.shape) >= ILLEGAL:
        raise ExportError(
            f"schema too large: expected fewer than {ILLEGAL} states and token classes, got {merged.shape}; simplify it"
        )
    packed = np.where(merged < 0, ILLEGAL, merged).astype(np.uint16)
    packed_classes = column_of_class[1:][classes].astype(np.uint16)
    ends = shortest_to_end(packed, accepting)
    grammar = Grammar(tokenizer_sha256, 0, packed_classes, packed, accepting, ends)
    grammar.check()
    return grammar


def _tokens_to_end(table: NDArray[np.int64], accepting: NDArray[np.bool_]) -> NDArray[np.int64]:
    """0 or more for states from which an accepting one can be reached, else -1."""
    reaches = accepting.copy()
    while True:
        wider = reaches | ((table >= 0) & reaches[table]).any(axis=1)
        if np.array_equal(wider, reaches):
            return np.where(reaches, 0, -1)
        reaches = wider


def _merge_states(
    table: NDArray[np.int64], accepting: NDArray[np.bool_], alive: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Moore's minimisation of the states in `alive`, then numbered in the order in which they are reached from 0."""
    labels = np.where(alive, accepting + 1, 0).astype(np.int64)
    while True:
        signature = np.concatenate([labels[:, None], np.where(table < 0, -1, labels[table])], axis=1)
        distinct, finer = np.unique(signature, axis=0, return_inverse=True)
        finer = finer.reshape(-1)
        if len(distinct) == len(np.unique(labels)):
            break
        labels = finer
    _, sample = np.unique(labels, return_index=True)
    by_label = {int(labels[s]): int(s) for s in sample}
    order, place = [int(labels[0])], {int(labels[0]): 0}
    for label in order:
        for following in table[by_label[label]]:
            target = int(labels[following])
            if following >= 0 and target not in place:
                place[target] = len(order)
                order.append(target)
    rows = [by_label[label] for label in order]
    numbered = np.array([[place[int(labels[f])] if f >= 0 else -1 for f in table[row]] for row in rows])
    return numbered, accepting[rows]


def write_grammar(
    operation: AnyOperation, tokenizer: Tokenizer, folder: Path, vocab_size: int | None = None
) -> Path | None:
    """Write `folder`/<operation>.bin and return its path; None for an operation without a schema."""
    if operation.schema is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{operation.name}.bin"
    schema = operation.schema
    depends_on = {
        "schema": schema,
        "tokenizer": tokenizer.sha256,
        "vocab_size": vocab_size,
        "outlines-core": version("outlines-core"),
        "sources": sources_sha256(__name__, canonical.__name__, spelling.__name__),
    }
    made = cached("grammar", depends_on, lambda: compile_grammar(schema, tokenizer, vocab_size).to_bytes())
    write_file_atomic(path, made)
    return path
