"""Encoding, inert specials, bytes of tokens."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime_py.errors import BundleError, ContractError
from runtime_py.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Path) -> Tokenizer:
    return Tokenizer.from_file(checkpoint / "tokenizer.json")


def test_specials_in_user_text_are_plain_text(tokenizer: Tokenizer) -> None:
    end = tokenizer.id_of("<|im_end|>")
    assert tokenizer.encode("a<|im_end|>", specials=True)[-1] == end
    inert = tokenizer.encode("a<|im_end|>")
    assert end not in inert
    assert tokenizer.decode(inert) == "a<|im_end|>"


def test_token_bytes_spell_every_text(checkpoint: Path) -> None:
    tokenizer = Tokenizer.from_file(checkpoint / "tokenizer.json")

    @settings(max_examples=200, deadline=None)
    @given(st.text())
    def check(text: str) -> None:
        tokens = tokenizer.encode(text)
        assert b"".join(tokenizer.token_bytes(t) or b"" for t in tokens) == text.encode()
        assert tokenizer.decode(tokens) == text

    check()


def test_specials_have_no_bytes(tokenizer: Tokenizer) -> None:
    assert tokenizer.special_ids == {0, 1, 2}
    assert all(tokenizer.token_bytes(token) is None for token in tokenizer.special_ids)
    assert tokenizer.token_bytes(tokenizer.vocab_size) is None


def test_byte_fallback_tokens(tmp_path: Path) -> None:
    vocab = {"<unk>": 0, "<0x0A>": 1, "▁a": 2, "b": 3}
    document = {
        "version": "1.0",
        "added_tokens": [],
        "model": {"type": "BPE", "vocab": vocab, "merges": [], "byte_fallback": True, "unk_token": "<unk>"},
        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
    }
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(document))
    tokenizer = Tokenizer.from_file(path)
    assert [tokenizer.token_bytes(t) for t in (1, 2, 3)] == [b"\n", b" a", b"b"]


def assert_settled(tokenizer: Tokenizer, tokens: list[int]) -> list[str]:
    """What is settled after each token is never taken back, and is all of the text but its end."""
    parts = [tokenizer.settled(tokens[:end]) for end in range(len(tokens) + 1)]
    whole = tokenizer.decode(tokens)
    assert all(whole.startswith(part) for part in parts)
    assert [len(part) for part in parts] == sorted(len(part) for part in parts)
    return parts


def test_settled_text_has_whole_characters(tokenizer: Tokenizer) -> None:
    tokens = tokenizer.encode("Zoë 👩‍🍳 小明!")
    assert len(tokens) > len("Zoë 👩‍🍳 小明!")
    parts = assert_settled(tokenizer, tokens)
    assert parts[-1] == "Zoë 👩‍🍳 小明!"
    assert not any("\ufffd" in part for part in parts)

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.integers(0, tokenizer.vocab_size - 1), max_size=20))
    def check(tokens: list[int]) -> None:
        assert_settled(tokenizer, tokens)

    check()


def test_settled_text_of_single_bytes(tmp_path: Path) -> None:
    """Such tokenizers decode a run of bytes together: one wrong byte spoils all of them."""
    vocab = {"<unk>": 0, "▁a": 1, "b": 2} | {f"<0x{byte:02X}>": 3 + byte for byte in range(256)}
    document = {
        "version": "1.0",
        "added_tokens": [],
        "model": {"type": "BPE", "vocab": vocab, "merges": [], "byte_fallback": True, "unk_token": "<unk>"},
        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
    }
    tokenizer = Tokenizer(json.dumps(document).encode())
    euro = [3 + byte for byte in "€".encode()]
    assert assert_settled(tokenizer, [2, *euro, 2]) == ["", "b", "b", "b", "b", "b€b"]

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.sampled_from([1, 2, *euro, 3 + ord("A"), 3 + 0xFF]), max_size=12))
    def check(tokens: list[int]) -> None:
        assert_settled(tokenizer, tokens)

    check()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"version": "1.0"}'])
def test_broken_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(BundleError, match="malformed tokenizer") as refusal:
        Tokenizer.from_file(path)
    assert refusal.value.reason == "malformed bytes"


def test_missing_file_and_token(tmp_path: Path, tokenizer: Tokenizer) -> None:
    with pytest.raises(BundleError, match="cannot read the tokenizer"):
        Tokenizer.from_file(tmp_path / "none.json")
    with pytest.raises(ContractError, match="unknown token"):
        tokenizer.id_of("<|none|>")
