"""What a `tokenizer.json` may hold before native code sees it, and the same document with special tokens inert."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from runtime_py.errors import BundleError
from runtime_py.files import parse_json
from runtime_py.files.limits import MAX_TOKENIZER_DEPTH, MAX_TOKENIZER_PATTERN, MAX_TOKENIZER_STEPS

_STAGES = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
_NESTED = ("normalizers", "pretokenizers", "processors", "decoders")
_ONCE = {"ByteLevel", "Precompiled"}  # each can lengthen a text, so a chain of them would without bound
_MOST_GROWING = 4
# Such a pattern may take exponential time: a repeated group, a reference back.
_SLOW = re.compile(r"\)[*+{]|\\[1-9kg]")
_HIDDEN = "\U0010fffd"  # no character: no text can hold it


@contextmanager
def native(origin: str) -> Iterator[None]:
    """Turns whatever the tokenizers package raises, its panics too, into `BundleError` (malformed bytes)."""
    try:
        yield
    except BaseException as e:
        if isinstance(e, BundleError) or not (isinstance(e, Exception) or type(e).__name__ == "PanicException"):
            raise
        raise _refused(origin, "a file of the tokenizers package", str(e)[:200], "malformed bytes") from e


def read_document(data: bytes, origin: str) -> dict[str, Any]:
    """The document, whose steps cannot make a short text long; stored padding and truncation are left out.

    Raises `BundleError`: malformed bytes when it is no strict JSON, invalid values for steps that are not taken.
    """
    document = parse_json(data, f"tokenizer {origin}")
    if not isinstance(document, dict) or not isinstance(document.get("model"), dict):
        raise _refused(origin, "a file of the tokenizers package", "no model", "malformed bytes")
    for stage in _STAGES:
        steps = list(_steps(document.get(stage), origin, 1))
        if len(steps) > MAX_TOKENIZER_STEPS:
            raise _refused(origin, f"at most {MAX_TOKENIZER_STEPS} steps as {stage}", str(len(steps)))
        counts = Counter(str(step.get("type")) for step in steps)
        for kind in sorted(_ONCE & set(counts)):
            if counts[kind] > 1:
                raise _refused(origin, f"{kind} once as {stage}", f"{counts[kind]} of it")
        growing = sum(_check_step(step, origin) for step in steps)
        if growing > _MOST_GROWING:
            raise _refused(origin, f"at most {_MOST_GROWING} steps that may lengthen a text", str(growing))
    if document["model"].get("dropout"):
        raise _refused(origin, "a tokenizer without dropout", str(document["model"]["dropout"])[:40])
    return document | {"truncation": None, "padding": None}


def _steps(value: Any, origin: str, depth: int) -> Iterator[dict[str, Any]]:
    if depth > MAX_TOKENIZER_DEPTH:
        raise _refused(origin, f"steps nested at most {MAX_TOKENIZER_DEPTH} deep", "more")
    if isinstance(value, dict):
        inner = [value[key] for key in _NESTED if isinstance(value.get(key), list)]
        if not inner:
            yield value
        for steps in inner:
            for step in steps:
                yield from _steps(step, origin, depth + 1)


def _check_step(step: dict[str, Any], origin: str) -> bool:
    """Whether a step may lengthen a text by more than a few characters; raises for one that may without bound."""
    pattern, content = step.get("pattern"), step.get("content")
    regex = pattern.get("Regex") if isinstance(pattern, dict) else None
    if isinstance(regex, str) and (len(regex) > MAX_TOKENIZER_PATTERN or _SLOW.search(regex)):
        raise _refused(origin, "patterns that are matched in linear time", f"{regex[:60]!r}")
    prepended = step.get("prepend")
    if isinstance(prepended, str) and len(prepended) > 8:
        raise _refused(origin, "at most 8 characters put before a text", str(len(prepended)))
    if step.get("type") != "Replace" or not isinstance(content, str):
        return False
    text = pattern.get("String") if isinstance(pattern, dict) else None
    most = len(text) if isinstance(text, str) else 1
    if not most or len(content) > most:
        raise _refused(origin, f"replacements of {text or regex!r} that are no longer", f"{content[:40]!r}")
    return regex is not None


def control_tokens(document: dict[str, Any], added: Collection[tuple[int, str]]) -> dict[int, str]:
    """Id -> text of the added tokens that no user may write: all but blanks and the one for what is unknown."""
    unknown = {document["model"].get("unk_token")}
    vocabulary, place = document["model"].get("vocab"), document["model"].get("unk_id")
    if isinstance(vocabulary, list) and isinstance(place, int) and 0 <= place < len(vocabulary):
        unknown.add(vocabulary[place][0])
    return {token: text for token, text in added if text not in unknown and text.strip(" \t\r\n▁")}


def make_inert(document: dict[str, Any], tokens: Collection[int]) -> str:
    """The document's text, in which no text of a user becomes one of `tokens`.

    They are special, whose text is plain on request, and hidden from the model: the piece has a name that no text has,
    and no merge makes it.
    """
    wanted, model = set(tokens), dict(document["model"])
    added = [token | {"special": True} if token.get("id") in wanted else token for token in document["added_tokens"]]
    vocabulary = model["vocab"]
    if isinstance(vocabulary, list):
        model["vocab"] = [
            [f"{_HIDDEN}{place}", *piece[1:]] if place in wanted else piece for place, piece in enumerate(vocabulary)
        ]
    else:
        hidden = {text for text, token in vocabulary.items() if token in wanted}
        model["vocab"] = {f"{_HIDDEN}{v}" if k in hidden else k: v for k, v in vocabulary.items()}
        if "merges" in model:
            parted = ((merge, merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"])
            model["merges"] = [merge for merge, parts in parted if not hidden & {"".join(parts), *parts}]
    return json.dumps(document | {"added_tokens": added, "model": model}, ensure_ascii=False)


def _refused(origin: str, expected: str, got: str, reason: str = "invalid values") -> BundleError:
    what = "malformed" if reason == "malformed bytes" else "unsupported"
    message = f"{what} tokenizer {origin}: expected {expected}, got {got}; export it again or use another base"
    return BundleError(message, reason)
