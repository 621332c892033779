"""A text cut into its sentences: never inside a title, a price, a link or a quotation; long ones between clauses."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LONG = 160  # letters from which on a sentence is cut between clauses
_ENDS = ".!?\u2026"
_FULL_ENDS = "\u3002\uff01\uff1f\u061f\u06d4\u0964"
_CLOSING = "\"')]}*_\u201d\u2019\u00bb"
_NEVER = _words(
    "dr mr mrs ms mx prof sr jr st mt ft capt col gen lt sgt rev hon fr vs nos nr fig vol approx ca cf "
    "viz dept est e.g i.e e.g. i.e. tel ext"
)
"""Short forms after which a sentence goes on."""
_SOMETIMES = _words("a.m p.m am pm etc inc ltd co corp rd ave blvd sq u.s u.k u.s.a e.u b.c a.d ph.d")
"""Short forms that end a sentence where a capital letter follows."""
_MONTHS = _words("jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun")
_QUOTED = re.compile(r'"[^"\n]*"|\u201c[^\u201c\u201d\n]*\u201d|\u00ab[^\u00ab\u00bb\n]*\u00bb|`[^`\n]*`|\([^()\n]*\)')
_LINK = re.compile(r"(?:https?://|www\.)[^ \t\n]+")
_CLAUSE = re.compile(
    r"[;\u2014] +|,? +[\u2013-] +|, +(?=(?:and|but|so|because|then|also|plus|while|though|although) "
    r"(?:I|I'm|I've|we|he|she|they|it|my|our|his|her|their|the) )"
)
_NEXT_CAPITAL = re.compile(r" +(?!I )[A-Z\u00c0-\u00de]")
_NOT_BLANK = re.compile(r"\S")
_SIGNS = re.compile(r"[ \t]*[^\w\s\"'(\[{\u201c\u2018\u00ab\u00bf\u00a1$\u20ac\u00a3#@<>/*+-]{1,200}(?=\s|$)")
_FOUR_WORDS = re.compile(r"\s*+(?:\S++\s++){3}\S")
_WORD_REACH = 80  # letters before a mark among which its word is looked for


def sentences(text: str) -> list[str]:
    """The sentences of `text` in order, without the white space around them; blank ones are left out.

    A line end always ends one. One longer than `LONG` letters is cut at its semicolons, dashes and before clauses
    that begin with `, and I` and the like, as long as no part gets shorter than four words.
    """
    parts = [part for line in re.split(r"[\n\r\u2028\u2029]+", text) for part in _of_line(line)]
    return [clause for part in parts for clause in (_clauses(part) if len(part) > LONG else [part])]


def _of_line(line: str) -> list[str]:
    shut = _shut(line)
    parts, start, place = [], 0, 0
    while place < len(line):
        if line[place] in _FULL_ENDS or (line[place] in _ENDS and not shut[place]):
            end = place + 1
            while end < len(line) and line[end] in _ENDS + _FULL_ENDS + _CLOSING:
                end += 1
            if _ends(line, start, place, end):
                end = _after_signs(line, end)
                parts.append(line[start:end])
                start = end
            place = end
        else:
            closes = shut[place] and (place + 1 == len(line) or not shut[place + 1])
            if closes and line[place - 1] in _ENDS and _NEXT_CAPITAL.match(line, place + 1):
                parts.append(line[start : place + 1])
                start = place + 1
            place += 1
    parts.append(line[start:])
    return [part.strip() for part in parts if part.strip()]


def _shut(line: str) -> list[bool]:
    """For each letter whether it stands inside a quotation, brackets or a link, where no sentence ends."""
    shut = [False] * len(line)
    for pattern in (_QUOTED, _LINK):
        for match in pattern.finditer(line):
            end = match.end()
            if pattern is _LINK:
                while end > match.start() and line[end - 1] in _ENDS + ",;:)":
                    end -= 1
            shut[match.start() : end] = [True] * (end - match.start())
    return shut


def _ends(line: str, start: int, place: int, end: int) -> bool:
    """Whether the mark at `place`, whose run of marks ends at `end`, ends a sentence that began at `start`."""
    if line[place] in _FULL_ENDS:
        return True
    if end == len(line):
        return True
    if not line[end].isspace():
        return not (line[end].isalnum() or line[end] in "_-/$%&@#+=,;:" or (line[place] != "." and line[end] == "."))
    following = _NOT_BLANK.search(line, end)
    after = following[0] if following else ""
    if line[place : place + 2] in ("..", ".\u2026") or line[place] == "\u2026":
        return not after.islower()
    if line[place] != ".":
        return True
    word = re.split(r"[ \t(\"\u201c]", line[max(start, place - _WORD_REACH) : place])[-1]
    small = word.lower()
    if small == "no":
        return not after.isdigit()
    if small in _NEVER or (len(word) == 1 and word.isupper() and word != "I"):
        return False
    if small in _MONTHS:
        return not (after.isdigit() or after.islower())
    if small in _SOMETIMES or re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", word):
        return not (after.islower() or after.isdigit())
    is_number_of_a_list = re.fullmatch(r"[0-9]{1,2}", word) and not line[start:place].strip(" 0123456789")
    return not is_number_of_a_list


def _after_signs(line: str, end: int) -> int:
    """Behind the signs (emoji) that belong to the sentence before them."""
    match = _SIGNS.match(line, end)
    return match.end() if match else end


def _clauses(sentence: str) -> list[str]:
    shut = _shut(sentence)
    parts, start = [], 0
    for match in _CLAUSE.finditer(sentence):
        is_long = _FOUR_WORDS.match(sentence, start, match.start()) and _FOUR_WORDS.match(sentence, match.end())
        if is_long and not shut[match.start()]:
            parts.append(sentence[start : match.end()].rstrip(" ,;\u2014\u2013-"))
            start = match.end()
    return [*parts, sentence[start:]]
