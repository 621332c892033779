"""What a user asked for -> what a run is made of; what is wrong is told before anything long begins."""

from dataclasses import dataclass, replace
from pathlib import Path

from evaluation.protocol import is_published, read_protocol, read_split
from evaluation.protocol.judging import Judge, rule_judge
from evaluation.protocol.protocol import LOCOMO
from evaluation.protocol.rows import STAGES
from memlora_cli.reproduce.endpoints import is_url, open_bank_teacher, open_judge
from memlora_cli.reproduce.experts import settings, shared_settings
from memlora_cli.reproduce.ingredients import Ingredients, weights_in
from memlora_cli.reproduce.run_folder import RunFolder
from memlora_cli.reproduce.vision import open_seeing
from runtime_py.dialogues import Dialogue
from runtime_py.errors import ConfigError
from runtime_py.operations.generator import Generator

LEAST_SEEDS = 3
ANSWERS = "answers"
TITLE = "MemLoRA's protocol on LoCoMo"
OTHER_SPLIT = "The split is not the paper's: do not compare these figures with the published ones."


@dataclass(frozen=True)
class Request:
    """The command's options, by their names."""

    data: Path | None
    base: Path | None
    teacher: str
    teacher_model: str
    judge: str
    judge_model: str
    judge_prompt: Path | None
    bertscore: Path | None
    vision: Path | None
    pictures: Path | None
    validation: tuple[str, ...]
    test: tuple[str, ...]
    seeds: int | None
    protocol: Path | None
    concurrency: int
    timeout_s: float
    is_plan: bool
    is_dry_run: bool


def ingredients(run: RunFolder, asked: Request) -> Ingredients:
    """Everything read and tried once; a plan asks no endpoint and needs no base.

    Raises:
        ConfigError: an option, file, folder or protocol that cannot be used.
        TeacherError: an endpoint that does not answer as one.
    """
    given = _dry(run, asked) if asked.is_dry_run else _real(run, asked)
    if asked.seeds is not None:
        given = replace(given, protocol=replace(given.protocol, seeds=tuple(range(asked.seeds))))
    given = replace(given, encoder=asked.bertscore, seeing=open_seeing(asked.vision, asked.pictures))
    _check(given, 1 if asked.is_dry_run else LEAST_SEEDS)
    return given


def _dry(run: RunFolder, asked: Request) -> Ingredients:
    from memlora_cli.reproduce.dry_run import dry_ingredients

    for option, value in (("data", asked.data), ("teacher", asked.teacher), ("test", asked.test)):
        if value:
            raise ConfigError(f"no --{option} in a dry run: expected made-up conversations, got one; leave it out")
    return dry_ingredients(run, _judge(run, asked), asked.protocol, asked.base)


def _real(run: RunFolder, asked: Request) -> Ingredients:
    if asked.data is None:
        raise ConfigError(
            "no data: expected --data with your copy of LoCoMo's JSON file (CC BY-NC 4.0), got none; --dry-run makes "
            "conversations up"
        )
    protocol = read_protocol(asked.protocol or LOCOMO)
    split = read_split(asked.data, protocol, asked.validation, asked.test)
    if asked.base is None and not asked.is_plan:
        raise ConfigError("no base: expected --base with a folder made by memlora quantize, got none; give one")
    parameters = weights_in(asked.base) if asked.base else protocol.costs.parameters
    teacher, taught_by = (
        (_nobody, {"teacher": "planned"})
        if asked.is_plan
        else open_bank_teacher(
            asked.teacher, asked.teacher_model, run.path / ANSWERS, asked.concurrency, asked.timeout_s
        )
    )
    return Ingredients(
        protocol=protocol,
        split=split,
        base=asked.base or Path(),
        teacher=teacher,
        taught_by=taught_by,
        judge=_judge(run, asked),
        title=TITLE,
        parameters=parameters,
        notes=() if is_published(read_protocol(LOCOMO), split) else (OTHER_SPLIT,),
        together=asked.concurrency if is_url(asked.teacher) else 1,
    )


def _nobody(_dialogue: Dialogue) -> Generator:
    raise ConfigError("no teacher: expected one, got a plan; leave --plan out")


def _judge(run: RunFolder, asked: Request) -> Judge:
    if asked.is_plan:
        return rule_judge()
    return open_judge(
        asked.judge,
        asked.judge_model,
        asked.judge_prompt,
        asked.teacher,
        run.path / ANSWERS,
        asked.concurrency,
        asked.timeout_s,
    )


def _check(given: Ingredients, least_seeds: int) -> None:
    """Settings of all candidates, and seeds enough to say how far figures scatter; a dry run's figures say nothing."""
    protocol = given.protocol
    if len(protocol.seeds) < least_seeds:
        raise ConfigError(f"seeds: expected {least_seeds} or more, got {len(protocol.seeds)}; name more")
    for name in protocol.candidates:
        try:
            shared_settings(protocol, name, 0)
            for operation in STAGES:
                settings(protocol, operation, name, 0)
        except ConfigError as e:
            raise ConfigError(f"protocol {protocol.name}, candidate {name}: {e}") from e
