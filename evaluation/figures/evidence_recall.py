"""recall@k of evidence turns: through memories and their provenance, and of raw turns by vector, words and both."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from evaluation.figures.intervals import Ratio, Share
from runtime_py.dialogues import Dialogue, Question
from runtime_py.errors import ConfigError
from runtime_py.memory import Memory
from runtime_py.retrieval import Retrieval
from runtime_py.store import Embedder, Store, Vectors

DEPTHS = (1, 3, 5, 10, 30)
Search = Callable[[str], list[set[str]]]


def match_turns(store: Store, user: str, dialogue: Dialogue) -> dict[int, str]:
    """The dialogue's turn id of every turn in the store, found by day, speaker and text.

    Raises:
        ConfigError: a turn of the dialogue is not in the store.
    """
    stored = store.turns(user)
    places: dict[int, str] = {}
    for session in dialogue.sessions:
        said = [turn for turn in stored if turn.day == session.date]
        for turn in session.turns:
            found = next(
                (t for t in said if t.id not in places and _is_same(t.speaker, t.text, turn.speaker, turn.text)), None
            )
            if found is None:
                raise ConfigError(
                    f"store {store.path} lacks turn {turn.id} of {dialogue.id}: expected all "
                    f"{len(list(dialogue.turns))} turns of user {user!r}, got {len(stored)} turns; "
                    "run `memlora ingest` to its end"
                )
            places[found.id] = turn.id
    return places


def _is_same(speaker: str, text: str, wanted_speaker: str, wanted: str) -> bool:
    return speaker == wanted_speaker and " ".join(text.split()).startswith(" ".join(wanted.split()))


def searches(memory: Memory, embedder: Embedder, user: str, places: Mapping[int, str]) -> dict[str, Search]:
    """Ways to find turns: each gives, for a question, the dialogue's turn ids behind each hit, best hit first."""

    def by_memories(question: str) -> list[set[str]]:
        hits = memory.retrieval.search(user, question, embedder.embed([question])[0], max(DEPTHS), "memory")
        return [{places[t.id] for t in memory.store.provenance(user, hit.id) if t.id in places} for hit in hits]

    return {"memories (hybrid)": by_memories, **turn_searches(memory.retrieval, embedder, user, places)}


def turn_searches(retrieval: Retrieval, embedder: Embedder, user: str, places: Mapping[int, str]) -> dict[str, Search]:
    """The ways that read raw turns alone."""
    deepest = max(DEPTHS)

    @cache
    def vector(question: str) -> Vectors:
        found: Vectors = embedder.embed([question])[0]
        return found

    def told(turns: Iterable[int]) -> list[set[str]]:
        return [{places[turn]} if turn in places else set() for turn in turns]

    def by_vector(question: str) -> list[set[str]]:
        return told(hit.id for hit in retrieval.near(user, vector(question), deepest, "turn"))

    def by_words(question: str) -> list[set[str]]:
        return told(retrieval.by_words(user, question, deepest, "turn"))

    def by_both(question: str) -> list[set[str]]:
        return told(hit.id for hit in retrieval.search(user, question, vector(question), deepest, "turn"))

    return {"raw turns, vector": by_vector, "raw turns, keyword": by_words, "raw turns, hybrid": by_both}


def recall(ways: Mapping[str, Search], questions: Sequence[Question]) -> dict[str, dict[str, Share | Ratio]]:
    """By way of searching and depth k: evidence turns among the first k hits, of all evidence turns asked for.

    A memory leads to both turns of its exchange, so `turns read@k` says how many turns the k hits stand for.
    """
    asked = [question for question in questions if question.evidence]
    figures: dict[str, dict[str, Share | Ratio]] = {}
    for name, search in ways.items():
        hits = [search(question.text) for question in asked]
        column: dict[str, Share | Ratio] = {}
        for k in DEPTHS:
            seen = [set().union(*found[:k]) for found in hits]
            wanted = [set(question.evidence) for question in asked]
            pairs = list(zip(seen, wanted, strict=True))
            column[f"recall@{k}"] = Share(sum(len(s & w) for s, w in pairs), sum(map(len, wanted)))
        column[f"turns read@{max(DEPTHS)}"] = Ratio.mean([len(set().union(*found)) for found in hits])
        figures[name] = column
    return figures
