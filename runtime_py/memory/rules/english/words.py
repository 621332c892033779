"""The English words of the rules (`tables/words.json`): verbs with their forms, irregular plurals, adverbs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def table(name: str) -> Any:
    """A file of `tables/`."""
    return json.loads(Path(__file__).with_name("tables").joinpath(f"{name}.json").read_text("utf-8"))


_TABLE: Mapping[str, Any] = table("words")
_IRREGULAR: Mapping[str, str] = _TABLE["irregular"]


def words(name: str) -> frozenset[str]:
    """The words of one list of the table."""
    return frozenset(_TABLE[name].split())


SAME = words("same")
"""Forms that are a present and a past, or the past of another verb."""
BASES = (frozenset(_IRREGULAR) | words("regular")) - SAME
_OTHER_FORMS = {form: base for base, forms in _IRREGULAR.items() for form in forms.split()}
IRREGULAR: Mapping[str, str] = _OTHER_FORMS | {plural: one for one, plural in _TABLE["plural"].items()}
"""Irregular forms and plurals -> their base."""
_SPECIAL = {"be": "is", "have": "has", "do": "does", "go": "goes", "undergo": "undergoes", "redo": "redoes"}
_DOUBLED = words("doubled")


def third(base: str) -> str:
    """The form of a verb for `he`, in small letters: `tries` of `try`."""
    if base in _SPECIAL:
        return _SPECIAL[base]
    if base.endswith("y") and base[-2:-1] not in ("a", "e", "o", "u"):
        return f"{base[:-1]}ies"
    return f"{base}es" if base.endswith(("s", "x", "z", "ch", "sh", "o")) else f"{base}s"


def past(base: str) -> str:
    """The regular past of a verb: `planned` of `plan`."""
    if base.endswith("e"):
        return f"{base}d"
    if base.endswith("y") and base[-2:-1] not in ("a", "e", "o", "u"):
        return f"{base[:-1]}ied"
    return f"{base}{base[-1]}ed" if base in _DOUBLED else f"{base}ed"


PASTS = frozenset(_OTHER_FORMS) - words("present_forms") | {past(base) for base in words("regular")} | SAME
THIRDS = frozenset(third(base) for base in BASES)
STATES: Mapping[str, str] = _TABLE["state_starts"]
"""Words a sentence begins with that leaves out `I am` or `I was`, and the auxiliary for `he`."""
