"""What the dry run is made of: conversations that are made up, their oracle as the teacher, the embedded base."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.protocol import read_protocol, read_split
from evaluation.protocol.judging import Judge
from evaluation.protocol.protocol import LOCOMO as PROTOCOL
from evaluation.synthetic.stages import Oracle
from memlora_cli.judgement.stories import TINY
from memlora_cli.reproduce.ingredients import Ingredients, weights_in
from memlora_cli.reproduce.run_folder import RunFolder
from runtime_py.dialogues import read_dialogues
from runtime_py.errors import ConfigError
from runtime_py.files import read_manifest, sha256_file
from runtime_py.weights import QuantizedBase

DRY_RUN = PROTOCOL.with_name("dry_run.toml")
EXPERTS = TINY / "adapters"
SEED = 0
TITLE = "DRY RUN: made-up conversations, a few training steps; these figures say nothing about the method"


def dry_ingredients(run: RunFolder, judge: Judge, protocol: Path | None, base: Path | None) -> Ingredients:
    """Makes the conversations and, without `base`, quantizes the embedded one, whose experts training begins with.

    Raises `ConfigError` outside a checkout of the repository where no base is named.
    """
    told = read_protocol(protocol or DRY_RUN)
    made = _conversations(run, {part: list(getattr(told, part)) for part in ("train", "validation", "test")})
    oracles = {dialogue.id: dialogue for dialogue in read_dialogues(made / "oracle.jsonl")}
    base = base or _embedded_base(run)
    return Ingredients(
        protocol=told,
        split=read_split(made / "locomo.json", told),
        base=base,
        teacher=lambda dialogue: Oracle(oracles[dialogue.id]),
        taught_by={"teacher": "oracle", "sha256": sha256_file(made / "oracle.jsonl")},
        judge=judge,
        title=TITLE,
        parameters=weights_in(base),
        notes=("A dry run: every stage, ablation and baseline exists, nothing is learnt from its figures.",),
        start=EXPERTS if _is_of(base) else None,
        golden_prompts=1,
    )


def _conversations(run: RunFolder, parts: Mapping[str, list[str]]) -> Path:
    from distill.corpus.locomo_shaped import locomo_shaped, write_locomo_shaped

    def make(_work: Path, out: Path) -> Mapping[str, Any]:
        dialogues = locomo_shaped(parts, SEED)
        write_locomo_shaped(out, dialogues)
        return {"turns": sum(1 for dialogue in dialogues for _ in dialogue.turns)}

    return run.stage("made-up conversations", {"parts": parts, "seed": SEED}, make)


def _embedded_base(run: RunFolder) -> Path:
    from calibration.quantize import quantize_checkpoint

    if not TINY.is_dir():
        raise ConfigError(
            f"no base: expected {TINY}, found none; run the dry run in a checkout of the repository or name a --base"
        )
    out = run.named("base", {"checkpoint": sha256_file(TINY / "model.safetensors")})
    return quantize_checkpoint(TINY, out, scale_search="mse")


def _is_of(base: Path) -> bool:
    """Whether the embedded experts were taught on this very base."""
    if not EXPERTS.is_dir():
        return False
    taught_on = {read_manifest(folder)["config"]["base_sha256"] for folder in EXPERTS.iterdir()}
    return taught_on == {QuantizedBase.open(base).sha256}
