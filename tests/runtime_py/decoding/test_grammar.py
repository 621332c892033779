"""Token automata: everything they let through is valid, everything a tokenizer writes is let through."""

import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.grammar.compile import compile_grammar, write_grammar
from export.grammar.spelling import Spelling
from runtime_py import operations
from runtime_py.decoding.grammar import ILLEGAL, Grammar
from runtime_py.errors import BundleError, ContractError, ExportError
from runtime_py.operations.select import MOST
from runtime_py.operations.update import EVENTS, MemoryEvent
from runtime_py.operations.vqa import VqaAnswer
from runtime_py.text.tokenizer import Tokenizer
from tests.families.chats import llama2_tokenizer

EMBEDDED = Path(__file__).parents[3] / "models" / "memlora-tiny" / "tokenizer.json"
JSON_OPERATIONS = [name for name in operations.all_names() if operations.get(name).schema]
TOKENIZERS = ("random", "embedded", "leading blank")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
WORD = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters='"\\'), min_size=1, max_size=12)
EVENT = st.builds(MemoryEvent, st.integers(0, 999).map(str), TEXTS, st.sampled_from(EVENTS))
OUTPUTS: dict[str, st.SearchStrategy[Any]] = {
    "extract": st.lists(TEXTS, max_size=4),
    "select": st.lists(st.integers(1, MOST), max_size=9, unique=True),
    "update": st.lists(EVENT, max_size=4),
    "vqa": st.builds(VqaAnswer, WORD, TEXTS),
}
Case = tuple[str, Tokenizer, Grammar]


@pytest.fixture(scope="module", params=[(o, t) for o in JSON_OPERATIONS for t in TOKENIZERS], ids="-".join)
def case(request: pytest.FixtureRequest, checkpoint: Path) -> Case:
    operation, which = request.param
    if which == "leading blank":
        tokenizer = Tokenizer(llama2_tokenizer().to_str().encode())
    else:
        tokenizer = Tokenizer.from_file(EMBEDDED if which == "embedded" else checkpoint / "tokenizer.json")
    schema = operations.get(operation).schema
    assert schema is not None
    return operation, tokenizer, compile_grammar(schema, tokenizer)


def walk(grammar: Grammar, generator: random.Random, budget: int) -> list[int]:
    """Random legal tokens until nothing may follow, the budget ends, or, in an accepting state, by chance."""
    state, tokens = grammar.start, []
    while budget and not grammar.ends(state) and not (grammar.accepting[state] and generator.random() < 0.2):
        legal = np.flatnonzero(grammar.mask(state, budget))
        tokens.append(int(generator.choice(legal)))
        state, budget = grammar.advance(state, tokens[-1]), budget - 1
    assert grammar.accepting[state]
    return tokens


def test_random_walks_are_valid_canonical_json(case: Case) -> None:
    name, tokenizer, grammar = case
    least = int(grammar.min_tokens[grammar.start])

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, 2**32), st.integers(least, 120))
    def check(seed: int, budget: int) -> None:
        tokens = walk(grammar, random.Random(seed), budget)
        assert least <= len(tokens) <= budget
        data = b"".join(tokenizer.token_bytes(token) or b"" for token in tokens)
        text = tokenizer.decode(tokens)
        assert data.decode() == Spelling(tokenizer).opening + text
        value = json.loads(text)
        assert json.dumps(value, ensure_ascii=False, separators=(",", ":")) == text
        check_schema(operations.get(name).schema, value)
        operations.get(name).parse(text)

    check()


def check_schema(schema: Any, value: Any) -> None:
    """The part of JSON schema that the operations use."""
    if "enum" in schema:
        assert value in schema["enum"]
    elif schema["type"] == "object":
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])
        for key, item in value.items():
            check_schema(schema["properties"][key], item)
    elif schema["type"] == "array":
        for item in value:
            check_schema(schema["items"], item)
    else:
        assert schema["type"] == "string"
        assert len(value) >= schema.get("minLength", 0)
        assert re.fullmatch(schema.get("pattern", r"(?s:.*)"), value)


def test_every_target_is_accepted_as_the_tokenizer_writes_it(case: Case) -> None:
    name, tokenizer, grammar = case

    @settings(max_examples=120, deadline=None)
    @given(OUTPUTS[name])
    def check(output: Any) -> None:
        assert grammar.accepts(tokenizer.encode(operations.get(name).render_output(output)))

    check()


def test_structure_is_forced(case: Case) -> None:
    name, tokenizer, grammar = case
    event = MemoryEvent("0", "Maria lives in Kluvo", "UPDATE")
    seen = VqaAnswer("3", "I count 3 dogs.")
    target = {"extract": ["Maria lives in Kluvo"], "select": [3, 12], "update": [event], "vqa": seen}[name]
    state, forced = grammar.start, 0
    for token in tokenizer.encode(operations.get(name).render_output(target)):
        only = grammar.forced(state)
        assert only is None or only == token
        forced += only is not None
        state = grammar.advance(state, token)
    assert forced >= {"extract": 2, "select": 2, "update": 7, "vqa": 2}[name]


def test_the_blank_before_a_text_belongs_to_its_spelling() -> None:
    """As Llama 2 writes it: the first token carries the blank, which decoding takes off."""
    tokenizer = Tokenizer(llama2_tokenizer(is_joined=True).to_str().encode())
    operation = operations.get("extract")
    assert operation.schema is not None
    grammar = compile_grammar(operation.schema, tokenizer)
    written = tokenizer.encode('{"facts":["Maria lives"]}')
    assert (tokenizer.token_bytes(written[0]) or b"").startswith(b" {")
    assert grammar.accepts(written)
    assert tokenizer.decode(written) == '{"facts":["Maria lives"]}'
    other = [tokenizer.id_of("▁"), *tokenizer.encode('\n{"facts":["Maria lives"]}')[2:]]
    assert tokenizer.decode(other) == tokenizer.decode(written)
    assert not grammar.accepts(other)


@pytest.mark.parametrize(
    ("normalizer", "match"),
    [
        ({"type": "Lowercase"}, "expected one that writes 'Zoe' as it stands, got 'zoe'"),
        ({"type": "Prepend", "prepend": "x"}, "as it stands, got 'x"),
    ],
)
def test_a_tokenizer_that_changes_a_text_is_refused_for_that(checkpoint: Path, normalizer: Any, match: str) -> None:
    document = json.loads((checkpoint / "tokenizer.json").read_text("utf-8")) | {"normalizer": normalizer}
    with pytest.raises(ExportError, match=match):
        compile_grammar({"type": "boolean"}, Tokenizer(json.dumps(document).encode()))


def test_specials_and_control_characters_are_illegal_everywhere(case: Case) -> None:
    _, tokenizer, grammar = case
    illegal = [t for t in range(grammar.vocab_size) if any(b < 32 for b in tokenizer.token_bytes(t) or b"\0")]
    for state in range(len(grammar.table)):
        assert not grammar.mask(state)[illegal].any()


def test_budget_mask_is_what_brute_force_says(case: Case) -> None:
    grammar = case[2]
    for state in range(len(grammar.table)):
        for budget in (1, 2, 3, 7, 1000):
            expected = [
                (n := grammar.next_state(state, t)) is not None and grammar.min_tokens[n] < budget
                for t in range(grammar.vocab_size)
            ]
            assert grammar.mask(state, budget).tolist() == expected
        assert not grammar.mask(state).flags.writeable


def test_file_round_trip_and_padding(tmp_path: Path, checkpoint: Path) -> None:
    tokenizer = Tokenizer.from_file(checkpoint / "tokenizer.json")
    path = write_grammar(operations.get("extract"), tokenizer, tmp_path / "grammar", 416)
    assert path == tmp_path / "grammar" / "extract.bin"
    assert [p.name for p in path.parent.iterdir()] == ["extract.bin"]
    grammar = Grammar.from_file(path)
    assert grammar.vocab_size == 416
    assert grammar.tokenizer_sha256 == tokenizer.sha256
    assert not grammar.mask(grammar.start)[tokenizer.vocab_size :].any()
    assert grammar.to_bytes() == path.read_bytes()
    assert write_grammar(operations.get("generate"), tokenizer, tmp_path) is None


def test_compiling_is_deterministic(checkpoint: Path) -> None:
    tokenizer = Tokenizer.from_file(checkpoint / "tokenizer.json")
    schema = operations.get("extract").schema
    assert schema is not None
    assert compile_grammar(schema, tokenizer).to_bytes() == compile_grammar(schema, tokenizer).to_bytes()


def test_illegal_token_is_refused(case: Case) -> None:
    grammar = case[2]
    for token in (-1, grammar.vocab_size, 0):
        with pytest.raises(ContractError, match="illegal token"):
            grammar.advance(grammar.start, token)


def small() -> Grammar:
    """Two states: token 1 goes on, token 2 ends."""
    return Grammar(
        "0" * 64,
        0,
        np.array([0, 1, 2], dtype=np.uint16),
        np.array([[ILLEGAL, 0, 1], [ILLEGAL, ILLEGAL, ILLEGAL]], dtype=np.uint16),
        np.array([False, True]),
        np.array([1, 0], dtype=np.uint16),
    )


def patched(offset: int, *values: int) -> bytes:
    data = bytearray(small().to_bytes())
    data[offset : offset + len(values)] = bytes(values)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "malformed bytes"),
        (small().to_bytes()[:-1], "malformed bytes"),
        (small().to_bytes() + b"\0", "malformed bytes"),
        (patched(0, 0x4E), "malformed bytes"),
        (patched(4, 9), "malformed bytes"),
        (patched(52, 7), "invalid values"),
        (patched(56, 9), "invalid values"),
        (patched(62, 9), "invalid values"),
        (patched(62, 0, 0, 0, 0), "invalid values"),
        (patched(74, 2), "invalid values"),
        (patched(79, 0), "invalid values"),
    ],
)
def test_broken_files_are_refused(data: bytes, reason: str) -> None:
    assert Grammar.from_bytes(small().to_bytes()).accepts([1, 2])
    with pytest.raises(BundleError) as refusal:
        Grammar.from_bytes(data)
    assert refusal.value.reason == reason


@pytest.mark.parametrize("schema", [{"type": "string", "maxLength": 5}, {"type": "nonsense"}])
def test_schemas_that_cannot_be_compiled_are_refused(checkpoint: Path, schema: dict[str, Any]) -> None:
    with pytest.raises(ExportError, match="unusable schema"):
        compile_grammar(schema, Tokenizer.from_file(checkpoint / "tokenizer.json"))
