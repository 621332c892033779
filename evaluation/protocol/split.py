"""Which conversations of a file are trained, chosen and tested on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluation.protocol.protocol import Protocol
from runtime_py.dialogues import Dialogue, read_locomo
from runtime_py.errors import ConfigError

Split = Mapping[str, Sequence[Dialogue]]
"""`train`, `validation` and `test`: dialogues in the file's order."""


def read_split(
    path: Path, protocol: Protocol, validation: Sequence[str] = (), test: Sequence[str] = ()
) -> dict[str, list[Dialogue]]:
    """The conversations of a LoCoMo file by their part in the protocol.

    With `validation` or `test`, names in the place of the protocol's, all other conversations of the file are trained
    on.

    Raises:
        ConfigError: no LoCoMo file, a conversation that it lacks, one named for two parts, or one with other than two
            speakers.
    """
    found = {dialogue.id: dialogue for dialogue in read_locomo(path)}
    if not found:
        raise ConfigError(f"{path}: expected LoCoMo's conversations, got an empty list; check the file")
    wanted = {"validation": tuple(validation) or protocol.validation, "test": tuple(test) or protocol.test}
    held_out = [name for names in wanted.values() for name in names]
    if twice := sorted({name for name in held_out if held_out.count(name) > 1}):
        raise ConfigError(
            f"wrong split: expected each conversation once in validation or test, got {', '.join(twice)} twice; "
            "correct --validation or --test"
        )
    others = tuple(name for name in found if name not in held_out)
    wanted["train"] = others if validation or test else protocol.train
    _check_there(path, found, wanted)
    for dialogue in found.values():
        if len(set(dialogue.speakers)) != 2:
            raise ConfigError(
                f"{path}: expected two speakers in {dialogue.id}, got {', '.join(dialogue.speakers)}; correct it"
            )
    return {part: [found[name] for name in found if name in wanted[part]] for part in ("train", "validation", "test")}


def _check_there(path: Path, found: Mapping[str, Dialogue], wanted: Mapping[str, Sequence[str]]) -> None:
    missing = {part: [name for name in names if name not in found] for part, names in wanted.items()}
    told = [f"{' and '.join(names)} ({part})" for part, names in missing.items() if names]
    if told:
        raise ConfigError(
            f"{path} lacks conversations of the protocol: expected {', '.join(told)}, got {', '.join(found)}; "
            "bring the whole file, or name others that it has with --validation and --test"
        )
    if not wanted["train"]:
        raise ConfigError(
            f"{path}: expected conversations to train on, got none beside those of validation and test; name fewer"
        )


def is_published(protocol: Protocol, split: Split) -> bool:
    """Whether the split is the protocol's own, so that its figures may stand beside published ones."""
    return all({dialogue.id for dialogue in split[part]} == set(getattr(protocol, part)) for part in split)
