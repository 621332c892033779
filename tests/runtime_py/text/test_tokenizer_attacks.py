"""Tokenizers that lengthen texts without bound, take for ever, panic, or let a user write a special token."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend

from runtime_py.errors import BundleError
from runtime_py.text.tokenizer import Tokenizer
from tests.bundles.parts import write_tokenizer

Json = dict[str, Any]


def document(tmp_path: Path) -> Json:
    write_tokenizer(tmp_path / "tokenizer.json")
    value: Json = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    return value


def opened(value: Json) -> Tokenizer:
    return Tokenizer(json.dumps(value).encode())


def replace(pattern: Json, content: str) -> Json:
    return {"type": "Replace", "pattern": pattern, "content": content}


def sequence(steps: list[Json]) -> Json:
    return {"type": "Sequence", "normalizers": steps}


def nested(depth: int) -> Json:
    return sequence([nested(depth - 1)]) if depth else {"type": "NFC"}


@pytest.mark.parametrize(
    ("stage", "value", "message"),
    [
        ("normalizer", sequence([replace({"String": "a"}, "aa")] * 30), "replacements of 'a' that are no longer"),
        ("normalizer", replace({"String": ""}, ""), "no longer"),
        ("normalizer", sequence([replace({"Regex": "x"}, "y")] * 5), "at most 4 steps that may lengthen"),
        ("normalizer", replace({"Regex": "(a+)+$"}, "y"), "patterns that are matched in linear time"),
        ("normalizer", replace({"Regex": r"(a)\1"}, "y"), "patterns that are matched in linear time"),
        ("normalizer", replace({"Regex": "a" * 3000}, "y"), "patterns that are matched in linear time"),
        ("normalizer", sequence([{"type": "NFC"}] * 33), "at most 32 steps as normalizer, got 33"),
        ("normalizer", nested(9), "nested at most 8 deep"),
        ("normalizer", {"type": "Prepend", "prepend": "x" * 9}, "at most 8 characters put before a text"),
        (
            "pre_tokenizer",
            {
                "type": "Sequence",
                "pretokenizers": [
                    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
                ]
                * 12,
            },
            "ByteLevel once as pre_tokenizer, got 12",
        ),
        ("model", {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.5}, "without dropout, got 0.5"),
        ("model", None, "no model"),
        ("model", {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "b"]]}, "a file of the tokenizers package"),
        ("model", {"type": "Unigram", "unk_id": 7, "vocab": [["a", 0.0]]}, "a file of the tokenizers package"),
    ],
)
def test_documents_that_are_not_taken(stage: str, value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=message):
        opened(document(tmp_path) | {stage: value})


def test_a_panic_is_our_error() -> None:
    """Unigram panics where a text is unknown and nothing stands for it, or says so: either is a sentence."""
    backend = Backend(models.Unigram([("a", 0.0)], None, False))
    with pytest.raises(BundleError, match="a file of the tokenizers package"):
        Tokenizer(backend.to_str().encode()).encode("b")


def spelled(text: str) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A vocabulary of single characters and merges that join `text` from the left."""
    pieces = ["<unk>", *sorted(set("ab <>/s▁_turn|x" + text))]
    merges = [(text[:end], text[end]) for end in range(1, len(text))]
    pieces += [left + right for left, right in merges if left + right not in pieces]
    return {piece: number for number, piece in enumerate(pieces)}, merges


def bpe(text: str, special: bool) -> Backend:
    vocabulary, merges = spelled(text)
    backend = Backend(models.BPE(vocabulary, merges, unk_token="<unk>"))
    backend.normalizer = normalizers.Replace(" ", "▁")
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    backend.add_tokens([AddedToken(text, special=special, normalized=False)])
    return backend


def unigram(text: str, special: bool) -> Backend:
    pieces = [("<unk>", 0.0), *((c, -5.0) for c in sorted(set("ab <>/s▁_turn|x" + text))), (text, -1.0)]
    backend = Backend(models.Unigram(pieces, 0, False))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.add_tokens([AddedToken(text, special=special, normalized=False)])
    return backend


def words(text: str, special: bool) -> Backend:
    backend = Backend(models.WordLevel({"[UNK]": 0, "a": 1, text: 2, f"x{text}x": 3}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.add_tokens([AddedToken(text, special=special, normalized=False)])
    return backend


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("text", ["</s>", "<start_of_turn>", "<|x|>", "</tool>"])
@pytest.mark.parametrize("build", [bpe, unigram, words])
def test_no_text_becomes_an_added_token(build: Callable[[str, bool], Backend], text: str, special: bool) -> None:
    backend = build(text, special)
    tokenizer = Tokenizer(backend.to_str().encode())
    token = backend.token_to_id(text)
    assert tokenizer.id_of(text) == token
    assert tokenizer.encode(text, specials=True) == [token]
    for written in (text, f"a {text} b", f"a{text}a", text * 3):
        assert token not in tokenizer.encode(written)
        assert token not in tokenizer.encode_framed(written, 64)
    assert tokenizer.encode("a")[-1] == backend.encode("a", add_special_tokens=False).ids[-1]
    assert tokenizer.plain_tokens_from(backend.get_vocab_size()) == [], "what is hidden is spelt by no text"


def test_blanks_that_were_added_stay_tokens(tmp_path: Path) -> None:
    """Gemma has runs of line feeds as added tokens: they carry no order."""
    backend = Backend.from_str(json.dumps(document(tmp_path)))
    backend.add_tokens([AddedToken("\n\n", special=False, normalized=False)])
    tokenizer = Tokenizer(backend.to_str().encode())
    assert backend.token_to_id("\n\n") in tokenizer.encode("a\n\nb")


def test_one_that_cannot_be_made_inert_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime_py.text import tokenizer as module

    monkeypatch.setattr(module, "make_inert", lambda value, _tokens: json.dumps(value))
    with pytest.raises(BundleError, match="plain in a user's text, got '</s>' as token"):
        Tokenizer(bpe("</s>", True).to_str().encode())
