"""Text to token ids and back; user text can never become a special token."""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import tokenizers

from runtime_py.errors import BundleError, ContractError
from runtime_py.text.tokenizer_document import control_tokens, make_inert, native, read_document

_BYTE_TOKEN = re.compile("<0x[0-9A-Fa-f]{2}>")


class Tokenizer:
    """A Hugging Face `tokenizer.json`.

    `sha256` is that of the file's bytes; grammars are compiled for, and name, one such hash.
    """

    def __init__(self, document: bytes, origin: str = "tokenizer.json") -> None:
        """From the bytes of a `tokenizer.json`.

        Raises `BundleError`: malformed bytes when they are not one, invalid values for one whose steps lengthen a text
        without bound or whose special tokens a user could write.
        """
        self.sha256 = hashlib.sha256(document).hexdigest()
        self._origin = origin
        self._document = read_document(document, origin)
        text = json.dumps(self._document, ensure_ascii=False)
        self._active = _build(text, origin)
        self._inert = self._build_inert(text)

    @classmethod
    def from_file(cls, path: Path | str) -> "Tokenizer":
        """Read `path`; raises `BundleError` when it is missing or not a tokenizer."""
        try:
            document = Path(path).read_bytes()
        except OSError as e:
            raise BundleError(
                f"cannot read the tokenizer: expected a tokenizer.json at {path}, got {e.strerror}; export it again",
                "malformed bytes",
            ) from e
        return cls(document, str(path))

    def encode(self, text: str, specials: bool = False) -> list[int]:
        """Token ids of `text`, nothing added; with `specials` False, special tokens in `text` are plain characters."""
        backend = self._active if specials else self._inert
        with native(self._origin):
            return list(backend.encode(text, add_special_tokens=False).ids)

    def encode_framed(self, text: str, max_tokens: int) -> list[int]:
        """Token ids of `text` between the model's own special tokens, cut to `max_tokens` in all: for embedders."""
        with native(self._origin):
            encoding = self._inert.encode(text, add_special_tokens=False)
            encoding.truncate(max_tokens - self._inert.num_special_tokens_to_add(False))
            return list(self._inert.post_process(encoding, None, True).ids)

    def decode(self, tokens: list[int]) -> str:
        """Text of `tokens`, special tokens left out; bytes that are not UTF-8 become U+FFFD."""
        return str(self._active.decode(tokens, skip_special_tokens=True))

    def settled(self, tokens: list[int]) -> str:
        """What of the text of `tokens` stays whatever follows: no part of a character, nor of a run of bytes."""
        end = len(tokens)
        while end and _BYTE_TOKEN.fullmatch(self._active.id_to_token(tokens[end - 1]) or ""):
            end -= 1
        return self.decode(tokens[:end]).rstrip("\ufffd")

    def id_of(self, token: str) -> int:
        """The id of the token written exactly `token`; raises `ContractError` when there is none."""
        found = self._active.token_to_id(token)
        if found is None:
            raise ContractError(f"unknown token: expected one of {self.vocab_size} tokens, got {token!r}")
        return int(found)

    @cached_property
    def vocab_size(self) -> int:
        """One more than the highest id."""
        return 1 + max(self._active.get_vocab(with_added_tokens=True).values())

    @cached_property
    def special_ids(self) -> frozenset[int]:
        """Ids of the special tokens."""
        return frozenset(i for i, token in self._active.get_added_tokens_decoder().items() if token.special)

    def plain_tokens_from(self, first: int) -> list[str]:
        """Tokens with ids from `first` on that a text can spell, as they are written.

        A token that the inert tokenizer hides from the model is special there, under an id of its own.
        """
        vocabulary = self._inert.get_vocab(with_added_tokens=True)
        hidden = {token for token, added in self._inert.get_added_tokens_decoder().items() if added.special}
        spelt = {text: token for text, token in vocabulary.items() if token >= first}
        return sorted(text for text, token in spelt.items() if token not in self.special_ids | hidden)

    def documents(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The document with nothing left to defaults, and the one for a user's text: to be compiled from."""
        return json.loads(self._active.to_str()), json.loads(self._inert.to_str())

    def token_bytes(self, token: int) -> bytes | None:
        """The bytes that `token` adds to a text; None for specials and unused ids."""
        return self._bytes.get(token)

    def _build_inert(self, text: str) -> tokenizers.Tokenizer:
        """A tokenizer that writes no added token, whatever the text says: tried with the text of each."""
        added = self._active.get_added_tokens_decoder().items()
        controls = control_tokens(self._document, [(token, entry.content) for token, entry in added])
        inert = _build(text, self._origin)
        inert.encode_special_tokens = True
        if written := _written(inert, controls, self._origin):
            inert = _build(make_inert(self._document, written), self._origin)
            inert.encode_special_tokens = True
            if left := _written(inert, controls, self._origin):
                raise BundleError(
                    f"unsafe tokenizer {self._origin}: expected added tokens to be plain in a user's text, got "
                    f"{controls[min(left)][:40]!r} as token {min(left)}; use another base"
                )
        return inert

    @cached_property
    def _bytes(self) -> dict[int, bytes]:
        kinds = _decoder_kinds(self._document.get("decoder"))
        added = self._active.get_added_tokens_decoder()
        table = {}
        for written, token in self._active.get_vocab(with_added_tokens=True).items():
            if token in added:
                if not added[token].special:
                    table[token] = added[token].content.encode()
            elif "ByteLevel" in kinds:
                stands = all(character in _BYTE_OF for character in written)  # else the decoder takes it as it is
                table[token] = bytes(_BYTE_OF[c] for c in written) if stands else written.encode()
            elif "ByteFallback" in kinds:
                is_byte = _BYTE_TOKEN.fullmatch(written)
                table[token] = bytes([int(written[3:5], 16)]) if is_byte else written.replace("▁", " ").encode()
            else:
                raise BundleError(
                    f"unsupported tokenizer: expected a ByteLevel or ByteFallback decoder, got {sorted(kinds)}; "
                    "use a base model with one of these",
                )
        return table


def _build(text: str, origin: str) -> tokenizers.Tokenizer:
    with native(origin):
        return tokenizers.Tokenizer.from_str(text)


def _written(inert: tokenizers.Tokenizer, controls: Mapping[int, str], origin: str) -> set[int]:
    """Which of the tokens come out when a user writes their texts: alone, in a word, and twice."""
    with native(origin):
        texts = [f"{text} x{text}x {text}{text}" for text in controls.values()]
        encodings = inert.encode_batch(texts, add_special_tokens=False)
    return {token for token, encoding in zip(controls, encodings, strict=True) if token in encoding.ids}


def _decoder_kinds(decoder: Any) -> set[str]:
    if not isinstance(decoder, dict):
        return set()
    nested = [kind for inner in decoder.get("decoders", []) for kind in _decoder_kinds(inner)]
    return {str(decoder.get("type")), *nested}


def _byte_alphabet() -> dict[str, int]:
    """The byte-level alphabet: printable bytes stand for themselves, the others for U+0100 onwards, in order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


_BYTE_OF = _byte_alphabet()
