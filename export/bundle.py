"""base + adapters -> bundle. The folder is renamed into place only when every parity leg has passed."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from export.embedder.files import write_embedder
from export.grammar.compile import write_grammar
from export.machine.memory import check_room, give_back
from export.parity.runtimes import prove
from export.sources.adapter import CONFIG, AdapterWeights, adapter_identity, read_adapter
from export.sources.chat import check_stop_tokens, open_chat
from export.sources.model import causal_class, read_config
from export.targets import target
from export.targets.target import Lowered
from export.tokenizer import written_table
from export.vision import check_pictures, taken, write_vision
from runtime_py import operations
from runtime_py.bundle import Bundle, write_bundle_manifest
from runtime_py.errors import ConfigError, ParityError
from runtime_py.files import sha256_file, write_folder, write_json
from runtime_py.operations.chat import Chat, context_length
from runtime_py.operations.prompt import OperationPrompt
from runtime_py.text import Tokenizer
from runtime_py.weights import INDEX, QuantizedBase

Stage = Callable[[str], None]
PARITY = "parity.json"
TOOLS = ("memlora", "torch", "transformers", "executorch", "onnx", "onnxruntime", "outlines-core")


@dataclass(frozen=True)
class BundleConfig:
    """`targets` are the runtimes, `retrieve_k` the memories in an answer's prompt; `name` is free text.

    `options` are for targets that take some (`Target.configure`).

    `golden_prompts` inputs of each operation prove the bundle; None leaves it to `golden_extent`.
    """

    name: str
    targets: tuple[str, ...] = field(default_factory=lambda: tuple(target.plain_names()))
    retrieve_k: int = 30
    embedder: Path | None = None
    golden_prompts: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OperationSource:
    """Where one operation comes from: its base and its PEFT folder.

    `unmerged` is None when the adapter stays beside the base; else the adapter is already inside `base`, and
    `unmerged` is the base that it was merged with.
    """

    base: Path
    adapter: Path
    unmerged: Path | None = None

    @property
    def merged(self) -> bool:
        return self.unmerged is not None


def find_adapters(*folders: Path) -> dict[str, Path]:
    """Operation -> PEFT folder, for every operation that has one under one of `folders`.

    Raises `ConfigError` when they make no memory, or two have an adapter for the same operation.
    """
    names = operations.all_names()
    held = [folder / name for folder in folders for name in names if (folder / name / CONFIG).is_file()]
    found = {path.name: path for path in held}
    if twin := next((path for path in held if found[path.name] != path), None):
        raise ConfigError(f"two adapters: expected one of {twin.name}, got {twin} and {found[twin.name]}; drop one")
    operations.check_memory(found, ", ".join(map(str, folders)), "train an adapter for each with memlora distill")
    return found


def export_bundle(
    sources: Mapping[str, OperationSource], out: Path, config: BundleConfig, stage: Stage
) -> list[dict[str, Any]]:
    """Write the bundle of `sources` to `out` and return its parity rows; `stage(text)` tells what is being done.

    Raises `ExportError` for an adapter or model that cannot be lowered, or too little disk or memory, `ParityError`
    when a leg fails.
    """
    merged = any(source.merged for source in sources.values())
    check_room(out, [QuantizedBase.open(path) for path in {source.base for source in sources.values()}])
    stage("check adapters")
    chat = open_chat(next(iter(sources.values())).base)
    for source in sources.values():
        check_stop_tokens(source.adapter, chat.stop_tokens)
    adapters = {} if merged else {name: read_adapter(s.adapter, s.base) for name, s in sources.items()}
    targets = target.configured(config.targets, config.options)
    check_pictures(sources, targets)
    with write_folder(out) as folder:
        stage("grammars and prompts")  # before what takes minutes: a tokenizer may be refused
        facts = _model_facts(next(iter(sources.values())).base)
        prompts = _write_prompts(sources, folder, chat, facts, config.retrieve_k)
        bases = _copy_bases(sources, folder)
        shared: dict[str, str] = {}
        lowered: dict[str, dict[str, Lowered]] = {name: {} for name in sources}
        for to in targets:
            program = _lower(to, taken(to, sources), taken(to, adapters), bases, folder, lowered, stage)
            shared |= program.programs(to.name, folder) if program else {}
        stage("embedder")
        embedder = write_embedder(folder, config.embedder, config.targets, stage)
        fields = {
            "name": config.name,
            "created_with": {tool: version(tool) for tool in TOOLS},
            "packaging": "merged" if merged else "packaged",
            "model": facts,
            "base": None if merged else next(iter(bases.values())),
            "programs": shared,
            "operations": {
                name: _operation_entry(name, source, folder, prompts[name], bases[name], lowered[name])
                for name, source in sources.items()
            },
            "tokenizer": {
                "file": "tokenizer.json",
                "sha256": sha256_file(folder / "tokenizer.json"),
                **written_table(folder / "tokenizer.json", stage),
            },
            "operations_file": "operations.json",
            "embedder": embedder,
            "vision": write_vision(sources, folder),
            "licences": _licences(next(iter(sources.values())).base),
            "ram_bytes_min": 2 * sum(path.stat().st_size for path in folder.rglob("*.ptd")),
        }
        return finish_bundle(folder, fields, sources, stage, config.golden_prompts)


def finish_bundle(
    folder: Path,
    fields: dict[str, Any],
    sources: Mapping[str, OperationSource],
    stage: Stage,
    golden_prompts: int | None = None,
) -> list[dict[str, Any]]:
    """Prove the operations of `sources` in a folder that is complete but for goldens and manifest; write both.

    Rows of other operations are kept from an earlier `parity.json`. Raises `ParityError` for the first leg that fails.
    """
    earlier = folder / PARITY
    proved = json.loads(earlier.read_text("utf-8")) if earlier.exists() else []
    others = [row for row in proved if row["operation"] not in sources]
    for name in sources:
        fields["operations"][name]["golden"] = None
        (folder / "goldens" / f"{name}.safetensors").unlink(missing_ok=True)
    write_bundle_manifest(folder, fields)
    rows = prove(Bundle.open(folder, verify=False), sources, others, stage, golden_prompts)
    failed = [row for row in rows if not row["passed"]]
    if failed:
        raise ParityError(_failure(failed[0]))
    rows = others + rows
    write_json(earlier, rows)
    for name in sources:
        fields["operations"][name]["golden"] = f"goldens/{name}.safetensors"
    write_bundle_manifest(folder, fields)
    Bundle.open(folder)
    return rows


def _copy_bases(sources: Mapping[str, OperationSource], folder: Path) -> dict[str, dict[str, str]]:
    """Operation -> its base's entry; one copy of a base however many operations share it."""
    entries: dict[str, dict[str, str]] = {}
    for name, source in sources.items():
        prefix = f"{name}." if source.merged else ""
        data, index = f"{prefix}base.ptd", f"{prefix}{INDEX}"
        base = QuantizedBase.open(source.base)
        if not (folder / data).exists():
            base.verify()
            shutil.copyfile(base.path, folder / data)
            described = json.loads((source.base / INDEX).read_text("utf-8"))
            write_json(folder / index, described | {"file": data})
            (folder / "hf").mkdir(exist_ok=True)
            shutil.copyfile(source.base / "hf" / "config.json", folder / "hf" / "config.json")  # a bundle is a base too
        entries[name] = {"file": data, "index": index, "sha256": base.sha256}
    return entries


def _lower(
    to: target.Target,
    sources: Mapping[str, OperationSource],
    adapters: Mapping[str, AdapterWeights],
    bases: Mapping[str, Mapping[str, str]],
    folder: Path,
    lowered: Mapping[str, dict[str, Lowered]],
    stage: Stage,
) -> Lowered | None:
    """Fills `lowered`: operation -> target -> what was written; the program that operations share, if there is one."""
    shared = None
    if to.lower_shared and adapters:
        stage(f"lower for {to.name}: what operations share")
        shared = to.lower_shared(next(iter(sources.values())).base, adapters, folder)
        give_back()
    if to.lower is None:
        if shared is None:
            raise ConfigError(
                f"cannot lower a merged bundle for {to.name} so: expected folded adapters; use --lora folded"
            )
        return shared
    for name, source in sources.items():
        stage(f"lower for {to.name}: {name}")
        lowered[name][to.name] = to.lower(source.base, adapters.get(name), folder, name, bases[name]["file"])
    return shared


def _model_facts(base: Path) -> dict[str, Any]:
    config = read_config(base)
    heads = config.num_attention_heads
    return {
        "architecture": (config.architectures or [causal_class(config)])[0],
        "layers": config.num_hidden_layers,
        "hidden_size": config.hidden_size,
        "heads": heads,
        "kv_heads": config.num_key_value_heads,
        "head_dim": getattr(config, "head_dim", None) or config.hidden_size // heads,
        "vocab_size": config.vocab_size,
        "context_length": context_length(config),
        "group_size": QuantizedBase.open(base).group_size,
    }


def _write_prompts(
    sources: Mapping[str, OperationSource], folder: Path, chat: Chat, facts: Mapping[str, Any], retrieve_k: int
) -> dict[str, OperationPrompt]:
    """`tokenizer.json`, `operations.json` and `grammar/<op>.bin`."""
    hf = next(iter(sources.values())).base / "hf"
    shutil.copyfile(hf / "tokenizer.json", folder / "tokenizer.json")
    tokenizer = Tokenizer.from_file(folder / "tokenizer.json")
    prompts = {}
    for name in sources:
        operation = operations.get(name)
        prompt, context = chat.prompt(operation), facts["context_length"]
        prompts[name] = OperationPrompt.build(operation, prompt, tokenizer, chat.stop_tokens, context, retrieve_k)
        if operation.schema is not None:
            write_grammar(operation, tokenizer, folder / "grammar", facts["vocab_size"])
    write_json(folder / "operations.json", {name: prompt.to_json() for name, prompt in prompts.items()})
    return prompts


def _operation_entry(
    name: str,
    source: OperationSource,
    folder: Path,
    prompt: OperationPrompt,
    base: Mapping[str, str],
    lowered: Mapping[str, Lowered],
) -> dict[str, Any]:
    weights = read_adapter(source.adapter, source.base) if not source.merged else None
    modules = weights.modules if weights else {}
    entry = {
        "programs": {k: v for kind, files in lowered.items() for k, v in files.programs(kind, folder).items()},
        "adapter": next((files.adapter.name for files in lowered.values() if files.adapter), None),
        "grammar": f"grammar/{name}.bin" if (folder / "grammar" / f"{name}.bin").exists() else None,
        "golden": None,
        "adapter_sha256": adapter_identity(source.adapter),
        "base_sha256": base["sha256"],
        "targets": weights.ranks if weights else {},
        "parameters": sum(a.size + b.size for a, b in modules.values()),
        "prompt_sha256": prompt.sha256,
    }
    return entry | ({"base": dict(base)} if source.merged else {})


def _licences(base: Path) -> dict[str, str]:
    """What is noted of the checkpoint's source, else what its own config says."""
    noted = base / "hf" / "source.json"
    if noted.is_file():
        origin = json.loads(noted.read_text("utf-8"))
        return {"base": origin["licence"] or "none named", "base source": origin["source"]}
    return {"base": json.loads((base / "hf" / "config.json").read_text("utf-8")).get("license", "see the base's card")}


def _failure(row: Mapping[str, Any]) -> str:
    far = [miss for miss in row["misses"] if miss["margin"] > row["rounding_noise"]]
    if row["differences"]:
        what = row["differences"][0]["message"]
    elif far:
        what = (
            f"expected another token than the arbiter's only where its best two are {row['rounding_noise']:.2g} apart "
            f"or less, got {far[0]['margin']:.2g} (prompt {far[0]['prompt']}, step {far[0]['step']})"
        )
    elif row["adapter_effect"] <= row["max_relative_error"]:
        what = f"expected an adapter that changes the logits more than rounding, got {row['adapter_effect']:.2g}"
    else:
        what = (
            "expected more equal greedy steps over the operations of this leg together, got "
            f"{row['equal_steps']} of {row['steps']} in this one"
        )
    return f"parity leg {row['leg']} failed for {row['operation']}: {what}; no bundle was written"
