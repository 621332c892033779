"""Who said a fact, and which of his words are his own."""

import re
from collections.abc import Sequence

from runtime_py.memory.rules.relations import content_words, says
from runtime_py.operations.extract import Message
from runtime_py.store import Source

_QUOTED_LINE = re.compile(r"^[ \t]*(?:>|\|)")
_FORWARDED = re.compile(
    r"^[ \t]*(?:-{2}.*(?:forwarded|original) message.*|begin forwarded message.*|(?:fwd?|forwarded)\b.*:.*|"
    r"(?:from|von): .*@.*|on .{4,60} wrote:|\[forwarded\].*|this is what .{1,40} (?:wrote|sent).*:|"
    r".{0,40}\b(?:wrote|writes|says|said|sent|texted|emailed|messaged)(?: (?:me|us))?:|```.*)$",
    re.IGNORECASE,
)
_QUOTATION = re.compile(r'"[^"\n]*"|\u201c[^\u201c\u201d\n]*\u201d|\u00ab[^\u00ab\u00bb\n]*\u00bb|`[^`\n]*`')


Said = Sequence[tuple[Source, frozenset[str]]]
"""The parts of an exchange: whose word each is, and its content words."""


def source_of(role: str, speaker: str, owner: str, is_imported: bool = False) -> Source:
    """Whose word a message is: the store's owner's (`user`), the assistant's, someone else's, or an imported text's.

    `owner` is the name of the store's user (empty: unknown). A named speaker with the assistant's role is a person.
    """
    if is_imported:
        return "imported"
    if role == "assistant":
        return "other" if speaker else "assistant"
    return "other" if owner and speaker and speaker.lower() != owner.lower() else "user"


def own_words(text: str) -> str:
    """`text` without quoted lines, quotations, and everything below a line that forwards or cites a message."""
    kept: list[str] = []
    for line in re.split(r"[\n\r\u2028\u2029]+", text):
        if _FORWARDED.match(line):
            break
        if not _QUOTED_LINE.match(line):
            kept.append(" ".join(_QUOTATION.sub(" ", line).split()))
    return "\n".join(line for line in kept if line)


def parts_said(messages: Sequence[Message], is_imported: bool = False) -> list[tuple[Source, frozenset[str]]]:
    """The messages' own words with their source; what a message quotes or forwards is someone else's word."""
    parts: list[tuple[Source, frozenset[str]]] = []
    for message in messages:
        source, own = source_of(message.role, message.speaker, "", is_imported), own_words(message.text)
        parts.append((source, content_words(own)))
        if source == "user" and own != message.text.strip():
            parts.append(("other", content_words(message.text)))
    return parts


def fact_source(fact: str, said: Said) -> Source:
    """Whose word a fact is: the part's that holds most of its words; the user's where he said as many himself."""
    words = content_words(fact)
    counts = [(len(words & told), source == "user", source) for source, told in said]
    return max(counts, default=(0, False, "other"))[2]


def may_change(new: Source, old: Source | None) -> bool:
    """The user may change everything; others only what is of the same source, never a user's or an unknown one's."""
    return new == "user" or (old is not None and new == old)


def raised_source(old: Source | None, new: Source) -> Source | None:
    """Whose word a memory of `old` is when `new` says it too: the user's where he does, else whose it was."""
    return new if new == "user" else old


def source_after(memory: str, old: Source | None, facts: Sequence[str], said: Said) -> Source | None:
    """Whose word `memory` of `old` is after `facts`: those of them that say all that it says may raise it."""
    for fact in facts:
        if says(fact, memory):
            old = raised_source(old, fact_source(fact, said))
    return old
