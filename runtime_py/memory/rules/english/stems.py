"""Words without their endings, and words of one meaning."""

from functools import lru_cache

from runtime_py.memory.rules.english.words import IRREGULAR, table

_VOWELS = frozenset("aeiouy")


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A word in small letters without its ending: -s -es -ed -ing, -ies and -ied as -y, a doubled consonant once."""
    word = IRREGULAR.get(word, word)
    if word.endswith(("ies", "ied")) and len(word) > 4:
        word = f"{word[:-3]}y"
    elif word.endswith(("sses", "shes", "ches", "xes", "zes")) or (word.endswith("oes") and len(word) > 4):
        word = word[:-2]
    elif word.endswith("s") and len(word) > 3 and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 1 and not _VOWELS.isdisjoint(rest):
            word = rest
            break
    word = word[:-1] if len(word) > 3 and word.endswith("e") else word
    return word[:-1] if len(word) > 2 and word[-1] == word[-2] and word[-1] not in _VOWELS else word


_SAME: dict[str, frozenset[str]] = {}
for _words in table("grounding")["same"]:
    for _one in _words.split():
        _SAME[stem(_one)] = _SAME.get(stem(_one), frozenset()) | {stem(other) for other in _words.split()}


def meanings(plain: str) -> frozenset[str]:
    """The stems that mean the same as a word in small letters, its own among them."""
    cut = stem(plain)
    return _SAME.get(cut, frozenset([cut]))
