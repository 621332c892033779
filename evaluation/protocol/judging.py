"""J: an LLM says whether an answer is right, by a prompt that is printed beside its figures."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.everyday.judge import is_right
from runtime_py.dialogues import Question
from runtime_py.errors import ConfigError

PROMPT = Path(__file__).with_name("judge.txt")
BY_RULE = "a fixed rule, no model"
Ask = Callable[[Sequence[str], Sequence[str]], Sequence[str]]
"""Ids and prompts -> the judge's texts."""
_PLACES = ("{question}", "{gold}", "{answer}")
_LABEL = re.compile(r'"label"\s*:\s*"\s*(CORRECT|WRONG)\s*"', re.IGNORECASE)
_WORD = re.compile(r"\b(CORRECT|WRONG|INCORRECT)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """A question that is judged, and the answer to it."""

    id: str
    question: Question
    answer: str


@dataclass(frozen=True)
class Judge:
    """`name` and `prompt` are printed beside J; a verdict None is an answer of the judge that says neither."""

    name: str
    prompt: str
    judge: Callable[[Sequence[Asked]], list[bool | None]]

    @property
    def prompt_sha256(self) -> str:
        """Hex, empty without a prompt."""
        return hashlib.sha256(self.prompt.encode()).hexdigest() if self.prompt else ""


def read_prompt(path: Path = PROMPT) -> str:
    """The judge's prompt; raises `ConfigError` for no file, or one that lacks a place to fill in."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"judge prompt {path}: expected a text file, got {e}; name another --judge-prompt") from e
    if missing := [place for place in _PLACES if place not in text]:
        raise ConfigError(f"judge prompt {path}: expected the places {', '.join(_PLACES)}, lacks {missing[0]}; add it")
    return text


def fill(prompt: str, asked: Asked) -> str:
    """The prompt with question, gold answer and answer; nothing in them is taken for a place."""
    given = dict(zip(_PLACES, (asked.question.text, asked.question.answer, asked.answer), strict=True))
    return re.sub("|".join(map(re.escape, _PLACES)), lambda found: given[found[0]], prompt)


def verdict(text: str) -> bool | None:
    """The last label; without one the only verdict that is named; None where it names both or neither."""
    if labels := _LABEL.findall(text):
        return bool(labels[-1].upper() == "CORRECT")
    named = {word.upper() == "CORRECT" for word in _WORD.findall(text)}
    return named.pop() if len(named) == 1 else None


def model_judge(name: str, prompt: str, ask: Ask) -> Judge:
    """A model behind `ask`."""

    def judge(asked: Sequence[Asked]) -> list[bool | None]:
        texts = ask([each.id for each in asked], [fill(prompt, each) for each in asked])
        return [verdict(text) for text in texts]

    return Judge(name, prompt, judge)


def rule_judge() -> Judge:
    """The rule of the everyday suite, where no model is at hand: it is stricter, and its figures are no paper's J."""
    return Judge(BY_RULE, "", lambda asked: [is_right(each.answer, each.question) for each in asked])
