"""Tables of tokenizers: what is committed is what is compiled, and what has no words in the format is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

from export.tokenizer import UnknownTokenizer, compile_table, written_table
from runtime_py.text import Tokenizer as Ours
from runtime_py.text import check_table
from tests.tokenizers.goldens import COMMITTED, COUNT, SEED, facts, rows
from tests.tokenizers.kinds import KINDS, smollm2


@pytest.mark.parametrize("name", KINDS)
def test_committed_goldens_are_what_the_package_says(name: str) -> None:
    document = KINDS[name]().to_str().encode()
    table, texts = COMMITTED / "tables" / f"{name}.bin", COMMITTED / "texts" / f"{name}.jsonl"
    assert table.read_bytes() == compile_table(document), "run python -m tests.tokenizers.goldens"
    committed = [json.loads(line) for line in texts.read_text("utf-8").splitlines()]
    assert committed == json.loads(json.dumps([facts(document), *rows(document, COUNT, SEED)]))


def test_a_table_names_its_tokenizer(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(smollm2().to_str(), "utf-8")
    assert written_table(path, pytest.fail) == {"table": "tokenizer.bin"}
    check_table(tmp_path / "tokenizer.bin", Ours.from_file(path).sha256, path.name)


def test_an_unknown_kind_has_no_table_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(Tokenizer(models.Unigram([("a", 0.0)], 0, False)).to_str(), "utf-8")
    told: list[str] = []
    assert written_table(path, told.append) == {}
    assert len(told) == 1
    assert "expected a BPE or WordPiece model, got Unigram" in told[0]
    assert not (tmp_path / "tokenizer.bin").exists()


def changed(change: Callable[[Tokenizer], None]) -> bytes:
    tokenizer = smollm2()
    change(tokenizer)
    return tokenizer.to_str().encode()


def splits(pattern: str) -> Callable[[Tokenizer], None]:
    def change(tokenizer: Tokenizer) -> None:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(use_regex=False)]
        )

    return change


def normalizes(normalizer: normalizers.Normalizer) -> Callable[[Tokenizer], None]:
    return lambda tokenizer: setattr(tokenizer, "normalizer", normalizer)


def first_piece_after_a_prepended_one(tokenizer: Tokenizer) -> None:
    tokenizer.normalizer = normalizers.Prepend("▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (normalizes(normalizers.NFKC()), "BertNormalizer as normalizer, got NFKC"),
        (normalizes(normalizers.Replace(Regex(" +"), " ")), "as normalizer, got Replace"),
        (
            lambda t: setattr(t, "pre_tokenizer", pre_tokenizers.UnicodeScripts()),
            "as pre_tokenizer, got UnicodeScripts",
        ),
        (first_piece_after_a_prepended_one, "beside a Metaspace of the first piece, got PREPEND"),
        (lambda t: t.add_tokens([AddedToken("day", single_word=True)]), "'day', found as a single word"),
        (splits(r"a+?"), "a repeat that is not greedy in 'a"),
        (splits(r"(?<=a)b"), r"got '\(\?<=' in"),
        (splits(r"(?!ab)c"), "more than a class ahead"),
        (splits(r"\bword"), "the escape 'b'"),
        (splits(r"(?i:ss)"), "'ss' without case"),
        (splits(r"[a-z&&[^q]]"), "in a class"),
        (splits(r"a*"), "one that matches nothing"),
    ],
)
def test_what_has_no_words_is_refused_in_a_sentence(change: Callable[[Tokenizer], None], message: str) -> None:
    with pytest.raises(UnknownTokenizer, match=message) as refusal:
        compile_table(changed(change))
    assert str(refusal.value).startswith("no table of the tokenizer: expected ")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"continuing_subword_prefix": "##"}, "BPE of plain pieces, got continuing_subword_prefix"),
        ({"end_of_word_suffix": "</w>"}, "BPE of plain pieces, got end_of_word_suffix"),
        ({"byte_fallback": True}, "ByteLevel or byte_fallback, got both"),
    ],
)
def test_models_that_have_no_words(model: dict[str, Any], message: str) -> None:
    document = json.loads(smollm2().to_str())
    document["model"] |= model | {"merges": []}
    with pytest.raises(UnknownTokenizer, match=message):
        compile_table(json.dumps(document).encode())


def test_hidden_tokens_are_marked(tmp_path: Path) -> None:
    """A control token that plain letters could spell is hidden from the model in a user's text."""
    pieces = ["<unk>", *"</s>ab", "</", "</s", "</s>"]
    merges = [("<", "/"), ("</", "s"), ("</s", ">")]
    backend = Tokenizer(models.BPE({text: i for i, text in enumerate(pieces)}, merges, unk_token="<unk>"))
    backend.add_special_tokens([AddedToken("</s>", normalized=False)])
    table = compile_table(backend.to_str().encode())
    flags = dict(zip(pieces, table[64:], strict=False))
    assert flags["</s>"] == 1 | 2 | 4 | 8
    assert flags["</s"] == 1
