"""A GGUF file as a Hugging Face checkpoint in bfloat16, read by transformers."""

from pathlib import Path
from typing import Any

from calibration.sources.origin import Origin
from runtime_py.errors import ConfigError
from runtime_py.files import sha256_file


def describe_gguf(file: Path) -> Origin:
    """What the file says of itself; raises `ConfigError` when it is no GGUF file."""
    from gguf import GGUFReader

    try:
        fields = GGUFReader(file).fields
    except (ValueError, OSError, IndexError) as e:
        raise ConfigError(f"{file}: expected a GGUF file, got something else ({e})") from e

    def text(key: str) -> str | None:
        return str(fields[key].contents()) if key in fields else None

    return Origin(text("general.name") or file.name, text("general.license"), sha256_file(file))


def write_checkpoint(file: Path, out: Path) -> None:
    """Writes config, weights and tokenizer into folder `out`; raises `ConfigError` where it cannot be read."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    names: dict[str, Any] = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    try:
        tokenizer = AutoTokenizer.from_pretrained(**names)
        model = AutoModelForCausalLM.from_pretrained(**names, dtype=torch.bfloat16)
    except (ValueError, KeyError, NotImplementedError, OSError) as e:
        raise ConfigError(f"{file}: expected a GGUF file of a family that transformers reads, got {e}") from e
    config = model.config
    config.__dict__.pop("quantization_config", None)  # the weights are no longer quantized
    config._name_or_path = ""
    with torch.device("meta"):  # one copy of the weights in memory, not three
        plain = type(model)(config)
    plain.load_state_dict(model.state_dict(), assign=True)
    plain.tie_weights()
    plain.save_pretrained(out)
    tokenizer.save_pretrained(out)
