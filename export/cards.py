"""The card of a bundle, a base or an expert as a Hugging Face hub shows it: a YAML head, then what its manifest says.

It is made when it is asked for and lies in no folder: a text that people edit is no part of what hashes protect.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runtime_py import operations
from runtime_py.bundle import Bundle
from runtime_py.files import read_manifest
from runtime_py.weights import INDEX

Head = Mapping[str, str | Sequence[str] | None]
_LICENCES = frozenset(
    [
        *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "bsl-1.0", "mpl-2.0", "unlicense", "cc0-1.0"),
        *("cc-by-4.0", "cc-by-nc-4.0", "cc-by-sa-4.0", "gpl-3.0", "agpl-3.0", "lgpl-3.0", "afl-3.0", "openrail"),
        *("gemma", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3"),
    ]
)
"""What the hub knows by these names; another licence is `other`, its own name beside it."""
_UNKNOWN = ("none named", "see the base's card")  # how a bundle says that no licence is noted
_HUB_SOURCE = re.compile(r"([\w.-]+/[\w.-]+) at [0-9a-f]{40}, from the Hugging Face hub")
_NO_SOURCE = "a folder that names no source"
_NO_LICENCE = "none named: measure with it, and do not pass it on"

_BUNDLE = """# {name}

A private memory on a small language model, for phones and laptops: one quantized base and one expert for each of
{operations}, for {runtimes}. Every file is named with its hash in `manifest.json`; a changed one is refused.

```
pip install memlora
memlora pull OWNER/NAME --out bundle
memlora chat bundle
```

{facts}

Each expert gave what torch gives on its golden inputs before this bundle appeared; `memlora verify bundle` replays it:

{parity}
"""
_BASE = """# {name}, quantized

A base for memlora: the weights of a language model, once for every expert and runtime. It answers nothing by itself:
`memlora distill` teaches experts on it, `memlora export` makes a bundle of both.

{facts}
"""
_EXPERT = """# Expert `{name}` for memlora

A LoRA adapter in PEFT's format for one operation of a memory, asked with the words "{system}" It was trained on a
quantized base and fits that base alone, which is known by its hash. `memlora export` makes a bundle of both.

{facts}
"""


def write_card(folder: Path, kind: str) -> str:
    """The card of a checked folder of that kind (`bundle`, `base` or `adapter`), in Markdown with a YAML head."""
    return {"bundle": _bundle, "base": _base, "adapter": _expert}[kind](folder)


def _bundle(folder: Path) -> str:
    manifest = Bundle.open(folder, verify=False).manifest
    model, source = manifest.model, manifest.licences.get("base source")
    licence = manifest.licences.get("base")
    licence = None if licence in _UNKNOWN else licence
    kinds = {kind for entry in manifest.operations.values() for kind in entry.programs} | set(manifest.programs)
    facts = {
        **_origin(source, licence),
        "architecture": f"{model.architecture}, {model.layers} layers, {model.hidden_size} wide",
        "context": f"{model.context_length} tokens",
        "experts": ", ".join(
            f"`{name}` ({entry.parameters:,} parameters)" for name, entry in sorted(manifest.operations.items())
        ),
        "embedder": manifest.embedder.id,
        "size": f"{sum(entry.size for entry in manifest.files.values()):,} bytes",
        "memory it needs": f"{manifest.ram_bytes_min:,} bytes",
        "made with": ", ".join(f"{tool} {number}" for tool, number in manifest.created_with.items()),
    }
    parity = folder / "parity.json"
    rows = json.loads(parity.read_text("utf-8")) if parity.is_file() else []
    text = _BUNDLE.format(
        name=manifest.name,
        operations=", ".join(f"`{name}`" for name in sorted(manifest.operations)),
        runtimes=" and ".join(sorted(kinds)),
        facts=_facts(facts),
        parity=_table(
            ("operation", "leg", "largest relative error", "equal greedy steps"),
            [_proved(row) for row in rows],
        ),
    )
    return _card(licence, "memlora", source, "quantized", ["memlora-bundle", "on-device", *sorted(kinds)], text)


def _proved(row: Mapping[str, Any]) -> tuple[str, ...]:
    steps = f"{row['equal_steps']} of {row['steps']}"
    return str(row["operation"]), str(row["leg"]), f"{row['max_relative_error']:.2g}", steps


def _base(folder: Path) -> str:
    told = read_manifest(folder, "base")["facts"]
    config = json.loads((folder / "hf" / "config.json").read_text("utf-8"))
    index = json.loads((folder / INDEX).read_text("utf-8"))
    kept = [tensor["kind"] for tensor in index["tensors"].values()]
    source = told.get("source")
    facts = {
        **_origin(source, told.get("licence")),
        "architecture": ", ".join(config.get("architectures") or [str(config.get("model_type"))]),
        "tensors": ", ".join(f"{kept.count(kind)} {kind}" for kind in sorted(set(kept))),
        "groups": f"{index['group_size']} weights a scale",
        "size": f"{index['size']:,} bytes",
        "sha256": index["sha256"],
    }
    text = _BASE.format(name=_hub_name(source) or source or "A model", facts=_facts(facts))
    return _card(told.get("licence"), "memlora", source, "quantized", ["memlora-base"], text)


def _expert(folder: Path) -> str:
    manifest = read_manifest(folder, "adapter")
    config, told = manifest["config"], manifest["facts"]
    base, training = told.get("base") or {}, config["training"]
    operation = operations.get(config["operation"])
    facts = {
        **_origin(base.get("source"), base.get("licence")),
        "base sha256": config["base_sha256"],
        "LoRA": f"rank {training['rank']}, alpha {training['alpha']}, {training['targets']}",
        "trained": f"{told['steps']} steps on {told['train_rows']:,} rows, the best at {told['best_step']}",
        "validation loss": f"{told['best_validation_loss']:.4f}",
        "seed": training["seed"],
    }
    text = _EXPERT.format(name=operation.name, system=operation.system, facts=_facts(facts))
    return _card(base.get("licence"), "peft", base.get("source"), "adapter", ["memlora-expert", "lora"], text)


def _card(licence: str | None, library: str, source: str | None, relation: str, tags: Sequence[str], text: str) -> str:
    model = _hub_name(source)
    known = licence.casefold().strip() if licence else ""
    head: Head = {
        "license": known if known in _LICENCES else ("other" if known else None),
        "license_name": licence if known and known not in _LICENCES else None,
        "language": "en",
        "library_name": library,
        "base_model": model,
        "base_model_relation": relation if model else None,
        "tags": ["memlora", *tags],
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items() if value]  # JSON is YAML
    return "\n".join(["---", *lines, "---", text.strip(), ""])


def _origin(source: str | None, licence: str | None) -> dict[str, str]:
    return {"base": source or _NO_SOURCE, "licence of the base": licence or _NO_LICENCE}


def _hub_name(source: str | None) -> str | None:
    """The hub's name of a checkpoint, where `source` says that it came from there."""
    found = _HUB_SOURCE.fullmatch(source or "")
    return found[1] if found else None


def _facts(rows: Mapping[str, Any]) -> str:
    return _table(("", ""), list(rows.items()))


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown; a line's end or a bar inside a value would end its cell."""
    cells = [[" ".join(str(value).split()).replace("|", "\\|") for value in row] for row in (head, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])
