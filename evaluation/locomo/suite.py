"""LoCoMo: recall of evidence, and the official score by category, of a bundle that remembers one real conversation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.figures.evidence_recall import match_turns, recall, searches
from evaluation.figures.intervals import Ratio, Share
from evaluation.figures.journal import Journal, fingerprint
from evaluation.locomo.score import ADVERSARIAL, CATEGORY_NAMES, official_score
from evaluation.synthetic.operations import Advance, Summary
from runtime_py.dialogues import CATEGORIES, Dialogue
from runtime_py.memory import MEMORIES_PER_QUESTION, Memory, Reads
from runtime_py.operations.generator import Generator
from runtime_py.store import Embedder

READS: tuple[Reads, ...] = ("both", "turns", "memories")


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
    asked = {read: Memory(generator, embedder, memory.store, limit, read) for read in READS}
    with Journal(journal, fingerprint(config, limit, held, texts)) as results:
        for question in dialogue.questions:
            for read in READS:
                key = f"{read}/{question.id}"
                if key not in results:
                    text = asked[read].ask(question.text, user).text
                    score = official_score(CATEGORIES[question.kind], text, question.answer)
                    results.add(key, {"category": CATEGORIES[question.kind], "answer": text, "score": score})
                advance(f"answering from {read}")
        answers: dict[str, Summary] = {
            read: summarise([results[f"{read}/{q.id}"] for q in dialogue.questions]) for read in READS
        }
    return {"retrieval": found, "answers": answers}
