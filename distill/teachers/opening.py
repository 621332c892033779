"""A teacher by what the command line calls it."""

from pathlib import Path

from distill.teachers.oracle import OracleTeacher
from distill.teachers.teacher import Teacher
from runtime_py.errors import ConfigError

ORACLE = "oracle"


def open_teacher(named: str, model: str, answers: Path, concurrency: int, timeout_s: float) -> Teacher:
    """`oracle`, the endpoint at a URL with its `model`, or the model in a local folder; it keeps its `answers` there.

    `concurrency` and `timeout_s` are an endpoint's: one that answers one after the other lets the others wait so long.
    Raises `ConfigError` for anything else, and for a URL without a model.
    """
    if named == ORACLE:
        return OracleTeacher()
    if named.startswith(("http://", "https://")):
        from distill.teachers.endpoint import EndpointConfig
        from distill.teachers.openai import OpenAITeacher

        if not model:
            raise ConfigError("no model: expected --teacher-model with the endpoint's name for it, got none; give one")
        config = EndpointConfig(named, model, concurrency=concurrency, timeout_s=timeout_s)
        return OpenAITeacher(config, answers)
    if Path(named).is_dir():
        from distill.teachers.local import LocalTeacher

        return LocalTeacher(Path(named), answers)
    raise ConfigError("unknown teacher: expected oracle, a URL or a folder, got another; correct the teacher")
