"""The patterns that pre-tokenizers split by, as programs that need no engine of regular expressions.

Understood are alternatives, groups, classes of characters, greedy repeats of a class, and a class that must or must not
follow. A pattern of more is refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from export.tokenizer.refusal import UnknownTokenizer
from export.tokenizer.table import NONE, Instruction, Operator, Pools
from export.tokenizer.unicode import Ranges, complement, read_unicode, union

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
MAX_INSTRUCTIONS = 1024
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}
_COUNT = re.compile(r"\{(\d{1,4})(,?)(\d{0,4})\}")
_PROPERTY = re.compile(r"([pP])\{(\^?)(\w+)\}")
_FOLDED = {"s": "ſ", "k": "\u212a"}  # what else Oniguruma takes for these letters without case
_LIGATURES = ("ss", "ff", "fi", "fl", "st")  # two letters that one character stands for without case

Emit = Callable[[list[Instruction]], None]


@dataclass(frozen=True)
class _Node:
    """Instructions that hold no absolute place, and the fewest characters that they take."""

    instructions: list[Instruction]
    least: int


def compile_pattern(pattern: str, pools: Pools) -> int:
    """The number of `pattern`, as Oniguruma reads it, in `pools`; raises `UnknownTokenizer`."""
    parser = _Parser(pattern, pools)
    whole = parser.alternatives(False)
    if parser.at != len(pattern):
        raise parser.refused(f"{pattern[parser.at :][:20]!r}")
    if not whole.least:
        raise parser.refused("one that matches nothing")
    program = [*whole.instructions, (Operator.MATCH, 0, 0, 0)]
    if len(program) > MAX_INSTRUCTIONS:
        raise parser.refused(f"{len(program)} instructions")
    absolute = [
        (op, place + a, b, c) if op in (Operator.SPLIT, Operator.JUMP) else (op, a, b, c)
        for place, (op, a, b, c) in enumerate(program)
    ]
    return pools.pattern(absolute)


def single_characters(ranges: Ranges, pools: Pools) -> int:
    """The number of the pattern that matches one character of `ranges`."""
    return pools.pattern([(Operator.RUN, pools.characters(ranges), 1, 1), (Operator.MATCH, 0, 0, 0)])


class _Parser:
    def __init__(self, pattern: str, pools: Pools) -> None:
        self.pattern, self.pools, self.at = pattern, pools, 0

    def refused(self, got: str) -> UnknownTokenizer:
        return UnknownTokenizer(
            "patterns of classes, groups, greedy repeats and a class ahead", f"{got} in {self.pattern[:80]!r}"
        )

    def take(self, text: str) -> bool:
        """Whether `text` stands here; it is passed then."""
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def alternatives(self, caseless: bool) -> _Node:
        """`a|b|c`; jumps are relative until the whole program is laid out."""
        branches = [self.sequence(caseless)]
        while self.take("|"):
            branches.append(self.sequence(caseless))
        laid = branches[-1].instructions
        for branch in reversed(branches[:-1]):
            rest = laid
            inner = branch.instructions
            laid = [
                (Operator.SPLIT, len(inner) + 2, 0, 0), *inner, (Operator.JUMP, len(rest) + 1, 0, 0), *rest
            ]  # fmt: skip
        return _Node(laid, min(branch.least for branch in branches))

    def sequence(self, caseless: bool) -> _Node:
        """`abc`, up to the end, `|` or `)`."""
        instructions: list[Instruction] = []
        least, letters = 0, ""
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            start = self.at
            node = self.item(caseless)
            written = self.pattern[start : self.at]
            letters = letters + written.lower() if written.isalpha() else ""
            if caseless and any(pair in letters for pair in _LIGATURES):
                raise self.refused(f"{letters!r} without case")
            instructions += node.instructions
            least += node.least
        return _Node(instructions, least)

    def item(self, caseless: bool) -> _Node:
        """A group, a class ahead, or a class and how often it stands."""
        for opening, negative in (("(?!", 1), ("(?=", 0)):
            if self.take(opening):
                ahead = self.characters(caseless)
                if not self.take(")"):
                    raise self.refused("more than a class ahead")
                return _Node([(Operator.LOOK, self.pools.characters(ahead), negative, 0)], 0)
        for opening, inner in (("(?i:", True), ("(?:", caseless)):
            if self.take(opening):
                return self.group(inner)
        if self.pattern.startswith("(?", self.at):
            raise self.refused(repr(self.pattern[self.at : self.at + 4]))
        if self.take("("):
            return self.group(caseless)
        characters = self.pools.characters(self.characters(caseless))
        least, most = self.count()
        return _Node([(Operator.RUN, characters, least, most)], least)

    def group(self, caseless: bool) -> _Node:
        inner = self.alternatives(caseless)
        if not self.take(")"):
            raise self.refused("a group without an end")
        if not self.take("?"):
            return inner
        return _Node([(Operator.SPLIT, len(inner.instructions) + 1, 0, 0), *inner.instructions], 0)

    def count(self) -> tuple[int, int]:
        """Fewest and most of a class; `NONE` for any number."""
        found = _COUNT.match(self.pattern, self.at)
        if found:
            self.at = found.end()
            least = int(found[1])
            counts = (least, int(found[3]) if found[3] else NONE if found[2] else least)
        else:
            known = {"?": (0, 1), "*": (0, NONE), "+": (1, NONE)}
            counts = known.get(self.pattern[self.at : self.at + 1], (1, 1))
            if counts == (1, 1):
                return counts
            self.at += 1
        if self.pattern[self.at : self.at + 1] in ("?", "+", "*", "{") or counts[0] > counts[1] or not counts[1]:
            raise self.refused("a repeat that is not greedy")
        return counts

    def characters(self, caseless: bool) -> Ranges:
        """One class: `[..]`, an escape, or a character that stands for itself."""
        if self.take("["):
            if caseless:
                raise self.refused("a class without case")
            return self.bracket()
        if self.take("\\"):
            return self.escape()
        character = self.pattern[self.at : self.at + 1]
        if not character or character in "^$.*+?{}()|[]":
            raise self.refused(repr(character))
        self.at += 1
        return self.literal(character, caseless)

    def literal(self, character: str, caseless: bool) -> Ranges:
        if not caseless or not character.isalpha():
            return [(ord(character), ord(character))]
        if not character.isascii():
            raise self.refused(f"{character!r} without case")
        same = {character.lower(), character.upper(), *_FOLDED.get(character.lower(), "")}
        return union([[(ord(c), ord(c))] for c in same])

    def bracket(self) -> Ranges:
        negative = self.take("^")
        parts: list[Ranges] = []
        while not self.take("]"):
            part = self.member()
            last = part[0][0]
            if self.pattern.startswith("-", self.at) and self.pattern[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                end = self.member()
                if part != [(last, last)] or len(end) != 1 or end[0][0] != end[0][1] or end[0][0] < last:
                    raise self.refused("a range of classes")
                part = [(last, end[0][0])]
            parts.append(part)
        if not parts:
            raise self.refused("a class of nothing")
        return complement(union(parts)) if negative else union(parts)

    def member(self) -> Ranges:
        if self.take("\\"):
            return self.escape()
        character = self.pattern[self.at : self.at + 1]
        if not character or character == "[" or self.pattern.startswith("&&", self.at):
            raise self.refused(f"{character or 'an end'!r} in a class")
        self.at += 1
        return [(ord(character), ord(character))]

    def escape(self) -> Ranges:
        """After a backslash: a property, a class of one letter, or a character."""
        properties = read_unicode().properties
        found = _PROPERTY.match(self.pattern, self.at)
        if found and found[3] in properties:
            self.at = found.end()
            inside = properties[found[3]]
            return complement(inside) if (found[1] == "P") != bool(found[2]) else inside
        letter = self.pattern[self.at : self.at + 1]
        self.at += 1
        if letter in _PLAIN:
            return [(ord(_PLAIN[letter]), ord(_PLAIN[letter]))]
        if letter and letter in "sSwWdD":
            inside = properties[{"d": "Nd"}.get(letter.lower(), letter.lower())]
            return complement(inside) if letter.isupper() else inside
        if not letter or letter.isalnum():
            raise self.refused(f"the escape {letter!r}")
        return [(ord(letter), ord(letter))]
