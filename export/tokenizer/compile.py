"""Compile a `tokenizer.json` into the table that phones read."""

import json
from collections.abc import Mapping
from typing import Any

import tokenizers

from export.tokenizer.refusal import UnknownTokenizer
from export.tokenizer.steps import check_first, flat, normalizer_steps, pre_tokenizer_steps
from export.tokenizer.table import (
    NONE,
    AddedFlag,
    Decoder,
    Model,
    ModelFlag,
    PieceFlag,
    Pools,
    StepKind,
    Table,
)
from export.tokenizer.unicode import read_unicode
from runtime_py.text import Tokenizer

MAX_IDS = 1 << 22
MAX_WORD = 1000
_MAX_PIECE_BYTES = 4096


def compile_table(document: bytes) -> bytes:
    """The bytes of the table of a `tokenizer.json`.

    Raises `UnknownTokenizer` for a kind that the format has no words for, `BundleError` for what is no tokenizer.
    """
    tokenizer = Tokenizer(document)
    active, inert = tokenizer.documents()
    backend, plain_backend = (tokenizers.Tokenizer.from_str(json.dumps(each)) for each in (active, inert))
    pools = Pools()
    normalizer = normalizer_steps(active.get("normalizer"), pools)
    pre_tokenizer, of_bytes = pre_tokenizer_steps(active.get("pre_tokenizer"), pools)
    check_first(normalizer, pre_tokenizer, pools)
    composes = any(kind in (StepKind.COMPOSE, StepKind.DECOMPOSE) for kind, _, _ in normalizer)
    settings = active["model"]
    model, flags = _model(settings, of_bytes)
    ids: Mapping[str, int] = settings["vocab"]
    unknown = settings.get("unk_token")
    if unknown is not None and unknown not in ids:
        raise UnknownTokenizer("a vocabulary with the token for what is unknown", f"none named {unknown[:40]!r}")
    longest_word = settings["max_input_chars_per_word"] if model is Model.WORD_PIECE else 0
    if longest_word > MAX_WORD:
        raise UnknownTokenizer(f"words of at most {MAX_WORD} characters", str(longest_word))
    return Table(
        sha256=tokenizer.sha256,
        model=model,
        flags=flags,
        unknown=NONE if unknown is None else ids[unknown],
        longest_word=longest_word,
        pieces=_pieces(backend, ids, inert["model"]["vocab"]),
        merges=_merges(settings.get("merges", []), ids),
        added=_added(backend, plain_backend),
        normalizer=normalizer,
        pre_tokenizer=pre_tokenizer,
        decoder=_decoder(active.get("decoder"), pools),
        frame=_frame(plain_backend),
        pools=pools,
        unicode=read_unicode() if composes else None,
    ).to_bytes()


def _model(settings: Mapping[str, Any], of_bytes: bool) -> tuple[Model, ModelFlag]:
    match settings.get("type"):
        case "WordPiece" if not of_bytes:
            if settings["continuing_subword_prefix"] != "##":
                raise UnknownTokenizer(
                    "## before what goes on a word", repr(settings["continuing_subword_prefix"][:20])
                )
            return Model.WORD_PIECE, ModelFlag(0)
        case "BPE":
            around = [key for key in ("continuing_subword_prefix", "end_of_word_suffix") if settings.get(key)]
            if around:
                raise UnknownTokenizer("BPE of plain pieces", around[0])
            if of_bytes and settings.get("byte_fallback"):
                raise UnknownTokenizer("ByteLevel or byte_fallback", "both")
            flags = ModelFlag(0)
            for key, flag in (
                ("byte_fallback", ModelFlag.BYTE_FALLBACK),
                ("fuse_unk", ModelFlag.FUSE_UNKNOWN),
                ("ignore_merges", ModelFlag.WHOLE_WORDS),
            ):
                flags |= flag if settings.get(key) else ModelFlag(0)
            return Model.BYTES if of_bytes else Model.CHARACTERS, flags
        case kind:
            raise UnknownTokenizer("a BPE or WordPiece model", str(kind))


def _pieces(
    active: tokenizers.Tokenizer, ids: Mapping[str, int], inert_ids: Mapping[str, int]
) -> list[tuple[str, int]]:
    """Text and flags of each id, without text and flags where there is none."""
    everything = active.get_vocab(with_added_tokens=True)
    size = 1 + max(everything.values())
    if size > MAX_IDS or len(set(everything.values())) != len(everything):
        raise UnknownTokenizer(f"ids below {MAX_IDS}, one for each token", f"{size} for {len(everything)} tokens")
    pieces = [("", 0)] * size
    added = active.get_added_tokens_decoder()
    for text, token in everything.items():
        if not text or len(text.encode()) > _MAX_PIECE_BYTES:
            raise UnknownTokenizer(f"tokens of 1 to {_MAX_PIECE_BYTES} bytes", f"one of {len(text.encode())}")
        flags = PieceFlag(0)
        if text in ids:
            flags |= PieceFlag.MODEL if inert_ids.get(text) == token else PieceFlag.MODEL | PieceFlag.HIDDEN
        if token in added:
            flags |= PieceFlag.ADDED | (PieceFlag.SPECIAL if added[token].special else PieceFlag(0))
        pieces[token] = (text, flags)
    return pieces


def _merges(merges: list[Any], ids: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """In the order in which they are made; of a pair that stands twice the later one counts."""
    ranks: dict[tuple[str, str], int] = {}
    for rank, merge in enumerate(merges):
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        ranks[left, right] = rank
    ordered = sorted(ranks, key=ranks.__getitem__)
    return [(ids[left], ids[right], ids[left + right]) for left, right in ordered]


def _added(active: tokenizers.Tokenizer, inert: tokenizers.Tokenizer) -> list[tuple[int, int]]:
    entries = []
    plain = {token.content for token in inert.get_added_tokens_decoder().values() if token.special}
    for token, added in sorted(active.get_added_tokens_decoder().items()):
        changed = added.normalized and active.normalizer and active.normalizer.normalize_str(added.content)
        if added.single_word or (changed and changed != added.content):
            what = "found as a single word" if added.single_word else "changed by the normalizer"
            raise UnknownTokenizer("added tokens that are found as they are", f"{added.content[:40]!r}, {what}")
        if added.content not in plain and inert.token_to_id(added.content) != token:
            raise UnknownTokenizer("one id for each added token", f"two for {added.content[:40]!r}")
        flags = AddedFlag.NORMALIZED if added.normalized else AddedFlag(0)
        flags |= AddedFlag.TAKES_BLANKS_BEFORE if added.lstrip else AddedFlag(0)
        flags |= AddedFlag.TAKES_BLANKS_AFTER if added.rstrip else AddedFlag(0)
        flags |= AddedFlag.INERT if added.content in plain else AddedFlag(0)
        entries.append((token, int(flags)))
    return entries


def _decoder(stage: Any, pools: Pools) -> tuple[int, int, int, int, int]:
    parts = list(flat(stage, "decoders"))
    kinds = [part["type"] for part in parts]
    if kinds == ["ByteLevel"]:
        return Decoder.BYTES, 0, 0, 0, 0
    if "ByteFallback" not in kinds and "ByteLevel" not in kinds:
        return Decoder.NONE, 0, 0, 0, 0
    replaced = parts.pop(0) if kinds[0] == "Replace" and "String" in parts[0]["pattern"] else None
    stripped = parts.pop() if kinds[-1] == "Strip" and not parts[-1]["stop"] else None
    if [part["type"] for part in parts] != ["ByteFallback", "Fuse"]:
        raise UnknownTokenizer("Replace, ByteFallback, Fuse and Strip in this order as decoder", ", ".join(kinds))
    texts = (pools.text(replaced["pattern"]["String"]), pools.text(replaced["content"])) if replaced else (NONE, NONE)
    front = (pools.text(stripped["content"]), stripped["start"]) if stripped else (NONE, 0)
    return Decoder.PIECES, *texts, *front


def _frame(inert: tokenizers.Tokenizer) -> tuple[list[int], list[int]]:
    """The ids that the post-processor puts before and after those of a text."""
    text = inert.encode("a", add_special_tokens=False)
    ids, framed = list(text.ids), list(inert.post_process(text, None, True).ids)
    places = [at for at in range(len(framed)) if ids and framed[at : at + len(ids)] == ids]
    if len(framed) != len(ids) + inert.num_special_tokens_to_add(False) or (framed and len(places) != 1):
        raise UnknownTokenizer("tokens before and after a text as post_processor", f"{framed} of {ids}")
    before = places[0] if places else 0
    return framed[:before], framed[before + len(ids) :]
