"""LoCoMo: recall of evidence, and the official score by category, of a bundle that remembers one real conversation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.figures.evidence_recall import match_turns, recall, searches
from evaluation.figures.intervals import Ratio, Share
from evaluation.figures.journal import Journal, fingerprint
from evaluation.locomo.score import ADVERSARIAL, CATEGORY_NAMES, official_score
from evaluation.synthetic.operations import Advance, Summary
from runtime_py.dialogues import CATEGORIES, Dialogue, Question
from runtime_py.memory import MEMORIES_PER_QUESTION, Memory
from runtime_py.operations import UnparsableError, get
from runtime_py.operations.generate import DatedMemory, GenerateInput
from runtime_py.operations.generator import Generator
from runtime_py.store import Embedder

READS = ("memories", "raw turns")


def _answer_from_turns(memory: Memory, generator: Generator, question: str, user: str, limit: int) -> str:
    """As `Memory.ask`, with the raw turns that fit the question best in the place of memories."""
    turns = memory.search_turns(question, user, limit)
    found = [DatedMemory(f"{turn.speaker}: {turn.text}", turn.day) for turn in turns]
    while found and not generator.fits("generate", GenerateInput(question, tuple(found))):
        found.pop()
    given = GenerateInput(question, tuple(found))
    try:
        return str(generator.run("generate", given).value)
    except UnparsableError:
        return str(get("generate").fallback(given))


def _answer(memory: Memory, generator: Generator, question: Question, user: str, read: str, limit: int) -> str:
    if read == "memories":
        return memory.ask(question.text, user, limit).text
    return _answer_from_turns(memory, generator, question.text, user, limit)


def summarise(results: Sequence[Mapping[str, Any]]) -> Summary:
    """Official F1 by category, over categories 1 to 4, and refusals of category 5 apart."""
    figures: Summary = {}
    for category, name in CATEGORY_NAMES.items():
        scores = [r["score"] for r in results if r["category"] == category]
        if scores and category != ADVERSARIAL:
            figures[f"{category} {name}, F1"] = Ratio.mean(scores)
    rest = [r["score"] for r in results if r["category"] != ADVERSARIAL]
    refusals = [r["score"] == 1 for r in results if r["category"] == ADVERSARIAL]
    figures["categories 1 to 4, F1"] = Ratio.mean(rest)
    figures["categories 1 to 4, F1 above 0"] = Share.of([score > 0 for score in rest])
    figures["5 adversarial, refused"] = Share.of(refusals)
    return figures


def evaluate_conversation(
    memory: Memory,
    generator: Generator,
    embedder: Embedder,
    config: str,
    dialogue: Dialogue,
    user: str,
    journal: Path,
    limit: int = MEMORIES_PER_QUESTION,
    advance: Advance = lambda _what: None,
) -> dict[str, dict[str, Summary]]:
    """`retrieval` by way of searching and `answers` by what was read, over a store that holds the conversation.

    Raises:
        ConfigError: the store lacks turns of the conversation, or the journal is of another store, bundle or data.
    """
    places = match_turns(memory.store, user, dialogue)
    found = recall(searches(memory, embedder, user, places), dialogue.questions)
    held = [[row.text, row.day.isoformat() if row.day else None] for row in memory.get_all(user)]
    texts = [[q.id, q.text, q.answer] for q in dialogue.questions]
    with Journal(journal, fingerprint(config, limit, held, texts)) as results:
        for question in dialogue.questions:
            for read in READS:
                key = f"{read}/{question.id}"
                if key not in results:
                    text = _answer(memory, generator, question, user, read, limit)
                    score = official_score(CATEGORIES[question.kind], text, question.answer)
                    results.add(key, {"category": CATEGORIES[question.kind], "answer": text, "score": score})
                advance(f"answering from {read}")
        answers = {read: summarise([results[f"{read}/{q.id}"] for q in dialogue.questions]) for read in READS}
    return {"retrieval": found, "answers": answers}
