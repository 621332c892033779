"""Every regular expression of the tables is one that `java.util.regex` reads as Python does."""

import re

import pytest

from tests.runtime_py.patterns import foreign_part, tables_of_patterns

TABLES = tables_of_patterns()
_HOLE = re.compile(r"\{[a-z]+(?::[a-z0-9]+)?\}|<[a-z0-9]+>")
"""Where the table of dates names a list of words."""


def test_the_tables_that_hold_patterns() -> None:
    """A new one is found by itself; one of these that is no longer found would be held to nothing."""
    counts = {name.rpartition("/")[2]: len(patterns) for name, patterns in TABLES.items()}
    assert counts["plain.json"] == 7
    assert counts["relations.json"] > 15
    assert counts["rules.json"] > 80


@pytest.mark.parametrize("name", TABLES)
def test_patterns_mean_the_same_in_java(name: str) -> None:
    for pattern in TABLES[name]:
        filled = _HOLE.sub("a", pattern)
        assert foreign_part(filled) == "", pattern
        re.compile(filled)


@pytest.mark.parametrize(
    ("pattern", "rest"),
    [
        (r"\w+", r"\w+"),
        (r"a\s", r"\s"),
        (r"a\.", r"\."),
        ("a.b", ".b"),
        ("a$", "$"),
        ("(?i:a)", "(?i:a)"),
        ("(?<=a)b", "(?<=a)b"),
        ("(?P<a>b)", "(?P<a>b)"),
        ("a++", "++"),
        ("a*+b", "*+b"),
        ("a{1,2}+", "{1,2}+"),
        (r"(a)\1", r"\1"),
        (r"[\d]", r"[\d]"),
        ("[a&&b]", "[a&&b]"),
        ("[[:alpha:]]", "[[:alpha:]]"),
        (r"(?:a|b)??[^,;.]{1,5}?\b(?! [a-z]+\b) [^\W_]+", ""),
    ],
)
def test_what_engines_read_in_their_own_way_is_seen(pattern: str, rest: str) -> None:
    assert foreign_part(pattern) == rest
