"""Normalizers and pre-tokenizers as steps of a table."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from export.tokenizer.pattern import GPT2, compile_pattern, single_characters
from export.tokenizer.refusal import UnknownTokenizer
from export.tokenizer.table import Behaviour, MapEntry, MapKind, Pools, Step, StepKind
from export.tokenizer.unicode import Ranges, read_unicode

INVERTED = 0x100
"""Added to a split's behaviour: what the pattern leaves is the match."""

_BEHAVIOURS = {
    "Isolated": Behaviour.ISOLATED,
    "Removed": Behaviour.REMOVED,
    "MergedWithPrevious": Behaviour.MERGED_WITH_PREVIOUS,
    "MergedWithNext": Behaviour.MERGED_WITH_NEXT,
    "Contiguous": Behaviour.CONTIGUOUS,
}
_SCHEMES = {"always": 0, "first": 1}
_KNOWN_NORMALIZERS = "NFC, NFD, Prepend, Replace, Lowercase and BertNormalizer as normalizer"
_KNOWN_SPLITS = (
    "ByteLevel, Split, Digits, Metaspace, Punctuation, WhitespaceSplit and BertPreTokenizer as pre_tokenizer"
)


def flat(stage: Any, inner: str) -> Iterator[Mapping[str, Any]]:
    """The steps of a stage in order, sequences taken apart; `inner` is where a sequence has them."""
    if stage is None:
        return
    if stage.get("type") == "Sequence":
        for step in stage[inner]:
            yield from flat(step, inner)
    else:
        yield stage


def normalizer_steps(stage: Any, pools: Pools) -> list[Step]:
    """The normalizer's steps; raises `UnknownTokenizer`."""
    return [step for part in flat(stage, "normalizers") for step in _normalizer(part, pools)]


def _normalizer(part: Mapping[str, Any], pools: Pools) -> Iterator[Step]:
    match part["type"]:
        case "NFC":
            yield StepKind.COMPOSE, 0, 0
        case "NFD":
            yield StepKind.DECOMPOSE, 0, 0
        case "Prepend":
            yield StepKind.PREPEND, pools.text(part["prepend"]), 0
        case "Replace" if "String" in part["pattern"]:
            yield StepKind.REPLACE, pools.text(part["pattern"]["String"]), pools.text(part["content"])
        case "Lowercase":
            yield StepKind.MAP, pools.map(_lowercase(pools)), 0
        case "BertNormalizer":
            yield from _bert(part, pools)
        case kind:
            raise UnknownTokenizer(_KNOWN_NORMALIZERS, str(kind))


def _bert(part: Mapping[str, Any], pools: Pools) -> Iterator[Step]:
    known, blank, nothing = read_unicode(), pools.text(" "), pools.text("")
    if part["clean_text"]:
        blanks = [(*pair, MapKind.TEXT, blank) for pair in _without(known.white_space, known.control)]
        gone = [(*pair, MapKind.TEXT, nothing) for pair in known.control]
        yield StepKind.MAP, pools.map(sorted([*blanks, *gone])), 0
    if part["handle_chinese_chars"]:
        yield StepKind.MAP, pools.map([(*pair, MapKind.PAD, blank) for pair in known.ideographs]), 0
    if part["lowercase"] if part["strip_accents"] is None else part["strip_accents"]:
        yield StepKind.DECOMPOSE, 0, 0
        yield StepKind.MAP, pools.map([(*pair, MapKind.TEXT, nothing) for pair in known.nonspacing]), 0
    if part["lowercase"]:
        yield StepKind.MAP, pools.map(_lowercase(pools)), 0


def _without(given: Ranges, others: Ranges) -> Ranges:
    """The few code points of `given` that are not in `others`, each a range of its own."""
    return [
        (point, point)
        for first, last in given
        for point in range(first, last + 1)
        if not any(low <= point <= high for low, high in others)
    ]


def _lowercase(pools: Pools) -> list[MapEntry]:
    entries: list[MapEntry] = []
    for point, text in sorted(read_unicode().lowercase.items()):
        if len(text) != 1:
            entries.append((point, point, MapKind.TEXT, pools.text(text)))
        elif entries and entries[-1][1:] == (point - 1, MapKind.SHIFT, ord(text) - point):
            entries[-1] = (entries[-1][0], point, *entries[-1][2:])
        else:
            entries.append((point, point, MapKind.SHIFT, ord(text) - point))
    return entries


def pre_tokenizer_steps(stage: Any, pools: Pools) -> tuple[list[Step], bool]:
    """The pre-tokenizer's steps, and whether words are bytes after them; raises `UnknownTokenizer`."""
    parts = list(flat(stage, "pretokenizers"))
    kinds = [part["type"] for part in parts]
    if "ByteLevel" in kinds[:-1]:
        raise UnknownTokenizer("ByteLevel as the last pre_tokenizer", f"it before {kinds[-1]}")
    return [step for part in parts for step in _pre_tokenizer(part, pools)], "ByteLevel" in kinds


def check_first(normalizer: list[Step], pre_tokenizer: list[Step], pools: Pools) -> None:
    """What stands before the first piece alone needs a normalizer that leaves the first character in its place."""
    only_first = any(kind is StepKind.PREPEND_MISSING and b == _SCHEMES["first"] for kind, _, b in pre_tokenizer)
    for kind, _, b in normalizer if only_first else []:
        if kind is not StepKind.COMPOSE and not (kind is StepKind.REPLACE and pools.texts[b]):
            raise UnknownTokenizer("no normalizer, NFC or Replace beside a Metaspace of the first piece", kind.name)


def _pre_tokenizer(part: Mapping[str, Any], pools: Pools) -> Iterator[Step]:
    known = read_unicode()
    match part["type"]:
        case "ByteLevel":
            if part["add_prefix_space"]:
                yield StepKind.PREPEND_MISSING, pools.text(" "), _SCHEMES["always"]
            if part.get("use_regex", True):
                yield StepKind.SPLIT, compile_pattern(GPT2, pools), Behaviour.ISOLATED
        case "Split":
            pattern = part["pattern"].get("Regex") or _escaped(part["pattern"]["String"])
            how = _BEHAVIOURS[part["behavior"]] | (INVERTED if part["invert"] else 0)
            yield StepKind.SPLIT, compile_pattern(pattern, pools), how
        case "Digits":
            how = Behaviour.ISOLATED if part["individual_digits"] else Behaviour.CONTIGUOUS
            yield StepKind.SPLIT, single_characters(known.numeric, pools), how
        case "Punctuation":
            yield StepKind.SPLIT, single_characters(known.punctuation, pools), _BEHAVIOURS[part["behavior"]]
        case "WhitespaceSplit":
            yield StepKind.SPLIT, single_characters(known.white_space, pools), Behaviour.REMOVED
        case "BertPreTokenizer":
            yield StepKind.SPLIT, single_characters(known.white_space, pools), Behaviour.REMOVED
            yield StepKind.SPLIT, single_characters(known.punctuation, pools), Behaviour.ISOLATED
        case "Metaspace":
            yield from _metaspace(part, pools)
        case kind:
            raise UnknownTokenizer(_KNOWN_SPLITS, str(kind))


def _metaspace(part: Mapping[str, Any], pools: Pools) -> Iterator[Step]:
    mark = part["replacement"]
    yield StepKind.REPLACE, pools.text(" "), pools.text(mark)
    if part["prepend_scheme"] != "never":
        yield StepKind.PREPEND_MISSING, pools.text(mark), _SCHEMES[part["prepend_scheme"]]
    if part["split"]:
        yield StepKind.SPLIT, single_characters([(ord(mark), ord(mark))], pools), Behaviour.MERGED_WITH_NEXT


def _escaped(text: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", text, flags=re.ASCII)
