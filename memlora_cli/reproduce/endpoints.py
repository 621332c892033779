"""Teacher and judge behind an endpoint, each asked one question before anything long begins."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from distill.teachers import open_teacher
from distill.teachers.bank import TeacherGenerator
from distill.teachers.endpoint import EndpointConfig
from distill.teachers.openai import OpenAITeacher
from evaluation.protocol.judging import PROMPT, Asked, Judge, fill, model_judge, read_prompt, rule_judge, verdict
from evaluation.protocol.rows import FACTS, MEMORY
from runtime_py.dialogues import Dialogue, Question
from runtime_py.errors import ConfigError
from runtime_py.operations.generator import Generator

JUDGE_TOKENS = 512
JUDGE_KEY = "JUDGE_API_KEY"
"""The variable with the key of a judge at another host than the teacher's."""
_KNOWN = Asked("probe", Question("probe", "Where does Ana live?", "single_hop", "Oslo"), "in Oslo")


def is_url(named: str) -> bool:
    """Whether it is an endpoint that is named."""
    return named.startswith(("http://", "https://"))


def open_judge(
    url: str, model: str, prompt: Path | None, teacher: str, answers: Path, concurrency: int, timeout_s: float
) -> Judge:
    """The model at `url` with its prompt; without a URL the fixed rule.

    The key for the host of `teacher` is sent to no other host: a judge elsewhere has its own, in `$JUDGE_API_KEY`.

    Raises `ConfigError` for a URL without a model, a prompt without its places, or a model that does not call an
    obviously right answer CORRECT; `TeacherError` for an endpoint that does not answer as one.
    """
    text = read_prompt(prompt or PROMPT)
    if not url:
        if model or prompt:
            raise ConfigError("no judge: expected --judge with the endpoint's URL beside its model or prompt; give one")
        return rule_judge()
    if not is_url(url) or not model:
        raise ConfigError("no judge: expected --judge with a URL and --judge-model with its name; give both")
    config = EndpointConfig(url, model, concurrency=concurrency, timeout_s=timeout_s, max_tokens=JUDGE_TOKENS)
    if not is_url(teacher) or urlsplit(teacher).netloc != urlsplit(url).netloc:
        config = replace(config, api_key_env=JUDGE_KEY)
    told = _probe(config, fill(text, _KNOWN))
    if verdict(told) is not True:
        raise ConfigError(
            f"judge {model} at {url}: expected CORRECT for an obviously right answer, got {told[:80]!r}; use another "
            "model or prompt"
        )
    asker = OpenAITeacher(config, answers)
    return model_judge(model, text, lambda ids, prompts: asker.answer(ids, prompts))


def open_bank_teacher(
    named: str, model: str, answers: Path, concurrency: int, timeout_s: float
) -> tuple[Callable[[Dialogue], Generator], Mapping[str, Any]]:
    """What fills a conversation's bank, and what decides its texts; raises as `open_judge`, and for the oracle, which
    knows no real conversation."""
    if not named or named == "oracle":
        raise ConfigError(
            "no teacher: expected --teacher with an endpoint's URL or a local model's folder, got none; an oracle "
            "knows made-up conversations only (--dry-run)"
        )
    teacher = open_teacher(named, model, answers, concurrency, timeout_s)
    if is_url(named):
        _probe(EndpointConfig(named, model, timeout_s=timeout_s), "Answer with one word: what colour is snow?")
    generator = TeacherGenerator(teacher, (FACTS, MEMORY))
    return lambda _dialogue: generator, dict(teacher.description)


def _probe(config: EndpointConfig, prompt: str) -> str:
    """One answer, asked for twice at most and at every start: a kept one says nothing of the server now."""
    quick = replace(config, attempts=2, backoff_s=0.2, max_tokens=JUDGE_TOKENS)
    with TemporaryDirectory(prefix="memlora-probe-") as folder:
        return OpenAITeacher(quick, Path(folder)).answer(["probe"], [prompt])[0]
