"""What labelling will cost, before anything is asked: calls, tokens, money."""

from collections.abc import Sequence
from dataclasses import dataclass

from distill.labelling.conversation import exchanges_to_read
from distill.labelling.shards import Shards
from distill.labelling.work import Job
from distill.prompts import teacher_prompt
from distill.teachers.pace import tokens_in
from distill.teachers.teacher import prompt_for
from runtime_py import operations
from runtime_py.dialogues import Dialogue
from runtime_py.operations.update import UpdateInput

FACTS_TOKENS, EVENTS_TOKENS = 60, 90
"""Assumed of an answer; a teacher that thinks aloud writes ten times as many."""
_NEAR, _FACTS, _SENTENCE = 8, 2, "Maria started working at a bakery in Kluvo on 1 March 2021"


@dataclass(frozen=True)
class Prices:
    """Of a million tokens, in any currency."""

    prompt: float = 0.0
    answer: float = 0.0


@dataclass(frozen=True)
class Estimate:
    """Calls of extract (`reads`) are counted, those of update are at most so many: what has no facts needs none.

    Tokens by letters (a token is four of them) and by what is assumed of answers; `kept` answers are there already.
    """

    exchanges: int
    dialogues: int
    kept: int
    reads: int
    updates: int
    prompt_tokens: int
    answer_tokens: int
    cost: float
    least_minutes: float | None

    @property
    def calls(self) -> int:
        """At most."""
        return self.reads + self.updates


def estimate(job: Job, dialogues: Sequence[Dialogue], prices: Prices) -> Estimate:
    """Asks nobody and writes nothing. Updates of exchanges that are already read are counted as if they were not."""
    shards = Shards(job.answers)
    waiting = shards.waiting()
    new: dict[str, int] = {}
    kept: set[str] = set()
    exchanges = update = 0
    skill = operations.get("extract")
    for dialogue in dialogues:
        for place, example in enumerate(exchanges_to_read(dialogue)):
            exchanges += 1
            update += place > 0  # the first exchange meets an empty memory, about which nobody is asked
            name = job.key("extract", example)
            if name in waiting or shards.get(name) is not None:
                kept.add(name)
            else:
                new[name] = tokens_in(prompt_for(skill, example))
    shards.close()
    typical = UpdateInput((_SENTENCE,) * _NEAR, (_SENTENCE,) * _FACTS)
    prompt_tokens = sum(new.values()) + update * tokens_in(teacher_prompt(operations.get("update"), typical))
    answer_tokens = len(new) * FACTS_TOKENS + update * EVENTS_TOKENS
    cost = (prompt_tokens * prices.prompt + answer_tokens * prices.answer) / 1e6
    return Estimate(
        exchanges,
        len(dialogues),
        len(kept),
        len(new),
        update,
        prompt_tokens,
        answer_tokens,
        cost,
        _least_minutes(job, len(new) + update, prompt_tokens + answer_tokens),
    )


def _least_minutes(job: Job, calls: int, tokens: int) -> float | None:
    """By the limits alone; None without one."""
    bounds = [calls / job.requests_a_minute] if job.requests_a_minute else []
    bounds += [tokens / job.tokens_a_minute] if job.tokens_a_minute else []
    return max(bounds, default=None)
