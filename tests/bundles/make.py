"""Writes the verdict corpus: `y_*` bundles that every reader must open and `n_*` bundles that it must refuse, and why.

    python -m tests.bundles.make FOLDER

`FOLDER/verdicts.json` holds `{name: {"reason": reason class or null, "file": what the refusal must name}}`. The graphs,
programs and goldens are a few bytes: a loader does not look inside them before it has refused.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from export.grammar.compile import write_grammar
from runtime_py import operations
from runtime_py.bundle.manifest import MANIFEST, SEAL, seal_manifest, write_bundle_manifest
from runtime_py.files.artifact import sha256_file, write_json
from runtime_py.operations.prompt import OperationPrompt, Prompt
from runtime_py.text.tokenizer import Tokenizer
from runtime_py.weights import Int4Tensor, QuantizedBase
from runtime_py.weights.adapter_slots import members, stack
from tests.bundles.parts import HIDDEN, adapter_tensors, write_adapter_file, write_base, write_tokenizer

MALFORMED, INVALID, UNLINKABLE = "malformed bytes", "invalid values", "unlinkable parts"
VOCAB, CONTEXT, RANK = 288, 512, 4


@dataclass(frozen=True)
class Verdict:
    """The reason class of the refusal and the file that its sentence names; both None for a good bundle."""

    reason: str | None
    file: str | None


def write_good(folder: Path, names: Sequence[str] = tuple(operations.names())) -> None:
    """A packaged bundle of the operations `names` over a base with one layer."""
    folder.mkdir(parents=True)
    base_sha256 = write_base(folder)
    write_tokenizer(folder / "tokenizer.json")
    shutil.copyfile(folder / "tokenizer.json", folder / "embed_tokenizer.json")
    tokenizer = Tokenizer.from_file(folder / "tokenizer.json")
    prompts, entries = {}, {}
    for seed, name in enumerate(names):
        operation = operations.get(name)
        around = Prompt(f"<|im_start|>{operation.system}\n", "<|im_end|>\n")
        prompts[name] = OperationPrompt.build(operation, around, tokenizer, [2], CONTEXT)
        tensors = adapter_tensors(operation.lora_targets == "all_linear", RANK, seed)
        write_adapter_file(folder / f"{name}.onnx_adapter", tensors)
        grammar = write_grammar(operation, tokenizer, folder / "grammar", VOCAB)
        for file in (f"{name}.onnx", f"{name}.pte", f"goldens/{name}.safetensors"):
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(f"stands for {file}".encode())
        entries[name] = {
            "programs": {"onnx": f"{name}.onnx", "executorch": f"{name}.pte"},
            "adapter": f"{name}.onnx_adapter",
            "grammar": f"grammar/{name}.bin" if grammar else None,
            "golden": f"goldens/{name}.safetensors",
            "adapter_sha256": sha256_file(folder / f"{name}.onnx_adapter"),
            "base_sha256": base_sha256,
            "targets": dict.fromkeys(sorted({key.rpartition(".")[0] for key in tensors}), RANK),
            "parameters": sum(values.size for values in tensors.values()),
            "prompt_sha256": prompts[name].sha256,
        }
    for file in ("model.onnx", "embed.onnx", "rotary.bin"):
        (folder / file).write_bytes(f"stands for {file}".encode())
    write_json(folder / "operations.json", {name: prompt.to_json() for name, prompt in prompts.items()})
    facts = {"layers": 1, "hidden_size": HIDDEN, "heads": 2, "kv_heads": 1, "head_dim": HIDDEN // 2}
    write_bundle_manifest(
        folder,
        {
            "name": "verdict corpus",
            "created_with": {"memlora": "0.1.0"},
            "packaging": "packaged",
            "model": facts
            | {"architecture": "Qwen2ForCausalLM", "vocab_size": VOCAB, "context_length": CONTEXT, "group_size": 32},
            "base": {"file": "base.ptd", "index": "base.index.json", "sha256": base_sha256},
            "programs": {"onnx": "model.onnx"},
            "operations": entries,
            "tokenizer": {"file": "tokenizer.json", "sha256": tokenizer.sha256},
            "operations_file": "operations.json",
            "embedder": {
                "programs": {"onnx": "embed.onnx"},
                "tokenizer": "embed_tokenizer.json",
                "id": "none",
                "dimension": 8,
                "max_tokens": 16,
            },
            "licences": {"base": "Apache-2.0"},
            "ram_bytes_min": 1,
        },
    )


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest and seal it again, as someone would who means it."""
    value = json.loads((folder / MANIFEST).read_text())
    change(value)
    seal_manifest(folder, value)


def relist(folder: Path, name: str) -> None:
    """Enter the changed file `name` with its new hash and size, so that only its content can be refused."""
    entry = {"sha256": sha256_file(folder / name), "size": (folder / name).stat().st_size}
    edit(folder, lambda m: m["files"].update({name: entry}))


def adapter(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the tensors of extract's adapter."""

    def mutate(folder: Path) -> None:
        tensors: dict[str, Any] = adapter_tensors(False, RANK, 0)
        change(tensors)
        write_adapter_file(folder / "extract.onnx_adapter", tensors)
        values = sum(v.size for v in tensors.values())
        edit(folder, lambda m: m["operations"]["extract"].update(parameters=values))
        relist(folder, "extract.onnx_adapter")

    return mutate


def shared_slot(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Put q and v of extract's adapter into one slot, then change its tensors."""

    def mutate(folder: Path) -> None:
        apart, shapes = adapter_tensors(False, RANK, 0), _shapes(folder)
        pairs = {module: (apart[f"{module}.lora_A"], apart[f"{module}.lora_B"]) for module in (Q, V)}
        tensors = dict(zip((f"{SLOT}.lora_A", f"{SLOT}.lora_B"), stack(SLOT, pairs, shapes), strict=True))
        change(tensors)
        write_adapter_file(folder / EXTRACT, tensors)
        relist(folder, EXTRACT)

    return mutate


def listed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change the bytes of file `name` and list it anew."""

    def mutate(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))
        relist(folder, name)

    return mutate


def unlisted(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change the bytes of file `name` behind the manifest's back."""

    def mutate(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return mutate


def manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    return lambda folder: edit(folder, change)


def targets(rank: Any) -> Callable[[Path], None]:
    """Give another rank for extract's first module."""
    return manifest(lambda m: m["operations"]["extract"]["targets"].update({Q: rank}))


def ranks(held: dict[str, int], told: dict[str, int] | None = None) -> Callable[[Path], None]:
    """Give extract's modules the ranks `held`, in one slot, and say in the manifest that they are `told`."""

    def mutate(folder: Path) -> None:
        pairs = {
            m: (np.full((HIDDEN, rank), 0.5), np.full((rank, _shapes(folder)[m][0]), 0.25)) for m, rank in held.items()
        }
        tensors = dict(zip((f"{SLOT}.lora_A", f"{SLOT}.lora_B"), stack(SLOT, pairs, _shapes(folder)), strict=True))
        write_adapter_file(folder / EXTRACT, tensors)
        values = sum(a.size + b.size for a, b in pairs.values())
        edit(folder, lambda m: m["operations"]["extract"].update(targets=told or held, parameters=values))
        relist(folder, EXTRACT)

    return mutate


def _shapes(folder: Path) -> dict[str, tuple[int, int]]:
    tensors = QuantizedBase.open(folder).tensors.items()
    return {name.removesuffix(".weight"): t.shape for name, t in tensors if isinstance(t, Int4Tensor)}


def prompts(**values: Any) -> Callable[[Path], None]:
    """Change fields of extract's prompt."""

    def change(data: bytes) -> bytes:
        rows = json.loads(data)
        rows["extract"].update(values)
        return json.dumps(rows).encode()

    return listed("operations.json", change)


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def reseal_text(change: Callable[[str], str]) -> Callable[[Path], None]:
    """Change the manifest's text itself, and write its hash anew."""

    def mutate(folder: Path) -> None:
        text = change((folder / MANIFEST).read_text())
        (folder / MANIFEST).write_text(text)
        (folder / SEAL).write_text(f"{sha256_file(folder / MANIFEST)}  {MANIFEST}\n")

    return mutate


def index(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the tensors of the base's index."""

    def edited(data: bytes) -> bytes:
        value = json.loads(data)
        change(value["tensors"])
        return json.dumps(value).encode()

    return listed("base.index.json", edited)


def little(folder: Path) -> None:
    """A sparse base of a gigabyte, of which the index names a few thousand bytes."""
    size = 1 << 30
    os.truncate(folder / "base.ptd", size)
    listed("base.index.json", lambda d: json.dumps(json.loads(d) | {"size": size}).encode())(folder)
    edit(folder, lambda m: m["files"]["base.ptd"].update(size=size))


def escape(name: str) -> Callable[[Path], None]:
    """A file outside the bundle, listed under a path that leads to it."""

    def change(value: dict[str, Any]) -> None:
        value["files"][name] = value["files"].pop("extract.pte")
        value["operations"]["extract"]["programs"]["executorch"] = name

    return manifest(change)


def symlink(folder: Path) -> None:
    outside = folder.parent / "outside.ptd"
    shutil.move(folder / "base.ptd", outside)
    (folder / "base.ptd").symlink_to(outside)


def hard_link(folder: Path) -> None:
    outside = folder.parent / "outside_hard.ptd"
    outside.hardlink_to(folder / "base.ptd")


SLOT = "model.layers.0.self_attn.qkv_proj"
Q, _, V = members(SLOT)
V_WEIGHT = f"{V}.weight"
A, B = f"{Q}.lora_A", f"{V}.lora_B"
EXTRACT = "extract.onnx_adapter"
GOOD: dict[str, Callable[[Path], None]] = {
    "y_packaged": lambda folder: None,
    "y_adapter_shared_slot": shared_slot(lambda t: None),
    "y_adapter_other_ranks": ranks({Q: 4, V: 2}),
    "y_unknown_tool_versions": manifest(lambda m: m["created_with"].update(other="9.9")),
}
BAD: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "n_no_manifest": (lambda f: (f / MANIFEST).unlink(), UNLINKABLE, MANIFEST),
    "n_no_seal": (lambda f: (f / SEAL).unlink(), UNLINKABLE, SEAL),
    "n_empty_manifest": (unlisted(MANIFEST, lambda d: b""), MALFORMED, MANIFEST),
    "n_half_manifest": (unlisted(MANIFEST, lambda d: d[: len(d) // 2]), MALFORMED, MANIFEST),
    "n_manifest_flipped_byte": (unlisted(MANIFEST, lambda d: d.replace(b"corpus", b"corpse")), MALFORMED, MANIFEST),
    "n_seal_flipped_byte": (unlisted(SEAL, flip), MALFORMED, SEAL),
    "n_manifest_is_a_list": (reseal_text(lambda t: f"[{t}]"), INVALID, MANIFEST),
    "n_unknown_format_version": (manifest(lambda m: m.update(format_version=3)), INVALID, MANIFEST),
    "n_unknown_min_reader": (manifest(lambda m: m.update(min_reader=3)), INVALID, MANIFEST),
    "n_version_as_text": (manifest(lambda m: m.update(format_version="2")), INVALID, MANIFEST),
    "n_older_format_version": (manifest(lambda m: m.update(format_version=1)), INVALID, MANIFEST),
    "n_no_version": (manifest(lambda m: m.pop("format_version")), INVALID, MANIFEST),
    "n_duplicate_key": (reseal_text(lambda t: t.replace('"name"', '"name": "a",\n "name"', 1)), MALFORMED, MANIFEST),
    "n_unknown_key": (manifest(lambda m: m.update(operation={})), INVALID, MANIFEST),
    "n_missing_key": (manifest(lambda m: m.pop("embedder")), INVALID, MANIFEST),
    "n_wrong_type": (manifest(lambda m: m["model"].update(layers="1")), INVALID, MANIFEST),
    "n_true_for_a_number": (manifest(lambda m: m["model"].update(layers=True)), INVALID, MANIFEST),
    "n_nan_in_manifest": (
        reseal_text(lambda t: t.replace('"ram_bytes_min": 1', '"ram_bytes_min": NaN')),
        MALFORMED,
        MANIFEST,
    ),
    "n_unknown_packaging": (manifest(lambda m: m.update(packaging="loose")), INVALID, MANIFEST),
    "n_negative_size": (manifest(lambda m: m["files"]["base.ptd"].update(size=-1)), INVALID, "base.ptd"),
    "n_short_hash": (manifest(lambda m: m["files"]["base.ptd"].update(sha256="ab")), INVALID, "base.ptd"),
    "n_path_parent": (escape("../extract.pte"), INVALID, "../extract.pte"),
    "n_path_inner_parent": (escape("goldens/../../extract.pte"), INVALID, "goldens/../../extract.pte"),
    "n_path_absolute": (escape("/etc/hostname"), INVALID, "/etc/hostname"),
    "n_path_nul": (escape("extract\0.pte"), INVALID, MANIFEST),
    "n_path_backslash": (escape("..\\extract.pte"), INVALID, MANIFEST),
    "n_path_drive": (escape("C:extract.pte"), INVALID, "C:extract.pte"),
    "n_path_empty": (escape(""), INVALID, MANIFEST),
    "n_path_device": (escape("CON.pte"), INVALID, "CON.pte"),
    "n_path_device_folder": (escape("goldens/aux/extract.pte"), INVALID, "goldens/aux/extract.pte"),
    "n_path_final_dot": (escape("extract.pte."), INVALID, "extract.pte."),
    "n_path_final_blank": (escape("extract.pte "), INVALID, "extract.pte "),
    "n_path_not_composed": (escape("e\u0301xtract.pte"), INVALID, "e\u0301xtract.pte"),
    "n_path_case_twin": (escape("Update.pte"), INVALID, "Update.pte"),
    "n_path_folder_twin": (escape("Goldens/extract.pte"), INVALID, "Goldens"),
    "n_path_manifest_twin": (escape("Manifest.json"), INVALID, "Manifest.json"),
    "n_path_wildcard": (escape("extract*.pte"), INVALID, "extract*.pte"),
    "n_path_long": (escape("e" * 252 + ".pte"), INVALID, MANIFEST),
    "n_kind_with_a_blank": (
        manifest(lambda m: m["programs"].update({"onnx graph": m["programs"].pop("onnx")})),
        INVALID,
        MANIFEST,
    ),
    "n_large_grammar": (
        manifest(lambda m: m["files"]["grammar/extract.bin"].update(size=1 << 30)),
        MALFORMED,
        "grammar/extract.bin",
    ),
    "n_half_surrogate": (reseal_text(lambda t: t.replace("verdict corpus", "\\ud800")), MALFORMED, MANIFEST),
    "n_infinite_number": (
        reseal_text(lambda t: t.replace('"ram_bytes_min": 1', '"ram_bytes_min": 1e999')),
        MALFORMED,
        MANIFEST,
    ),
    "n_deep_manifest": (
        reseal_text(lambda t: t.replace('"verdict corpus"', "[" * 5000 + "]" * 5000)),
        MALFORMED,
        MANIFEST,
    ),
    "n_empty_folder": (lambda f: (f / "hf").mkdir(), UNLINKABLE, "hf"),
    "n_symlink": (symlink, UNLINKABLE, "base.ptd"),
    "n_hard_link": (hard_link, UNLINKABLE, "base.ptd"),
    "n_missing_file": (lambda f: (f / "update.pte").unlink(), UNLINKABLE, "update.pte"),
    "n_unlisted_file": (lambda f: (f / "extra.bin").write_bytes(b"x"), UNLINKABLE, "extra.bin"),
    "n_unlisted_in_folder": (lambda f: (f / "grammar" / "x.bin").write_bytes(b"x"), UNLINKABLE, "grammar/x.bin"),
    "n_named_but_not_listed": (manifest(lambda m: m["files"].pop("update.pte")), UNLINKABLE, "update.pte"),
    "n_base_in_a_folder": (
        manifest(
            lambda m: (m["files"].update({"b/base.ptd": m["files"]["base.ptd"]}), m["base"].update(file="b/base.ptd"))
        ),
        UNLINKABLE,
        "b/base.ptd",
    ),
    "n_truncated_base": (unlisted("base.ptd", lambda d: d[:-1]), MALFORMED, "base.ptd"),
    "n_empty_program": (unlisted("generate.pte", lambda d: b""), MALFORMED, "generate.pte"),
    "n_flipped_base_byte": (unlisted("base.ptd", flip), MALFORMED, "base.ptd"),
    "n_flipped_grammar_byte": (unlisted("grammar/update.bin", flip), MALFORMED, "grammar/update.bin"),
    "n_flipped_golden_byte": (unlisted("goldens/update.safetensors", flip), MALFORMED, "goldens/update.safetensors"),
    "n_other_base_data": (listed("base.ptd", flip), UNLINKABLE, "base.index.json"),
    "n_index_half": (listed("base.index.json", lambda d: d[:100]), MALFORMED, "base.index.json"),
    "n_index_overlap": (index(lambda t: t[V_WEIGHT]["codes"].update(offset=1)), INVALID, "base.index.json"),
    "n_index_outside": (index(lambda t: t[V_WEIGHT]["codes"].update(offset=1 << 40)), INVALID, "base.index.json"),
    "n_index_negative": (index(lambda t: t[V_WEIGHT]["codes"].update(offset=-1)), INVALID, "base.index.json"),
    "n_index_true_for_a_number": (index(lambda t: t[V_WEIGHT].update(shape=[32, True])), INVALID, "base.index.json"),
    "n_index_scales_shape": (index(lambda t: t[V_WEIGHT]["scales"].update(shape=[64])), INVALID, "base.index.json"),
    "n_index_other_key": (index(lambda t: t[V_WEIGHT].update(note="x")), INVALID, "base.index.json"),
    "n_index_short_hash": (index(lambda t: t[V_WEIGHT]["codes"].update(key="ab")), INVALID, "base.index.json"),
    "n_index_no_tensors": (index(lambda t: t.clear()), INVALID, "base.index.json"),
    "n_index_twice": (
        listed("base.index.json", lambda d: d.replace(b'"size"', b'"size": 1, "size"', 1)),
        MALFORMED,
        "base.index.json",
    ),
    "n_index_little_of_the_data": (little, INVALID, "base.index.json"),
    "n_other_group_size": (manifest(lambda m: m["model"].update(group_size=64)), UNLINKABLE, "base.index.json"),
    "n_other_layers": (manifest(lambda m: m["model"].update(layers=2)), UNLINKABLE, "base.index.json"),
    "n_other_kv_heads": (manifest(lambda m: m["model"].update(kv_heads=2)), UNLINKABLE, "base.index.json"),
    "n_other_head_size": (manifest(lambda m: m["model"].update(head_dim=64)), UNLINKABLE, "base.index.json"),
    "n_other_hidden_size": (manifest(lambda m: m["model"].update(hidden_size=32)), UNLINKABLE, "base.index.json"),
    "n_no_heads": (manifest(lambda m: m["model"].update(heads=0)), INVALID, MANIFEST),
    "n_endless_context": (manifest(lambda m: m["model"].update(context_length=1 << 40)), INVALID, MANIFEST),
    "n_adapter_for_other_base": (
        manifest(lambda m: m["operations"]["update"].update(base_sha256="0" * 64)),
        UNLINKABLE,
        "update",
    ),
    "n_adapter_truncated": (listed(EXTRACT, lambda d: d[: len(d) // 2]), MALFORMED, EXTRACT),
    "n_adapter_other_format": (listed(EXTRACT, lambda d: b"PK\3\4" * 40), MALFORMED, EXTRACT),
    "n_adapter_wild_offset": (listed(EXTRACT, lambda d: b"\xff\xff\xff\x7f" + d[4:]), MALFORMED, EXTRACT),
    "n_adapter_missing_tensor": (adapter(lambda t: t.pop(A)), UNLINKABLE, EXTRACT),
    "n_adapter_extra_tensor": (adapter(lambda t: t.update({"other.lora_A": t[A]})), UNLINKABLE, EXTRACT),
    "n_adapter_foreign_module": (
        manifest(lambda m: m["operations"]["extract"].update(targets={"model.layers.7.self_attn.q_proj": RANK})),
        UNLINKABLE,
        EXTRACT,
    ),
    "n_adapter_shared_off_diagonal": (
        shared_slot(lambda t: t[f"{SLOT}.lora_B"].__setitem__((0, -1), 1)),
        UNLINKABLE,
        EXTRACT,
    ),
    "n_adapter_shared_other_rank": (
        shared_slot(lambda t: t.update({f"{SLOT}.lora_A": t[f"{SLOT}.lora_A"][:, 1:].copy()})),
        UNLINKABLE,
        EXTRACT,
    ),
    "n_adapter_shared_target": (
        manifest(lambda m: m["operations"]["extract"].update(targets={SLOT: RANK})),
        UNLINKABLE,
        EXTRACT,
    ),
    "n_adapter_other_rank": (targets(8), UNLINKABLE, EXTRACT),
    "n_adapter_rank_zero": (targets(0), INVALID, EXTRACT),
    "n_adapter_rank_as_text": (targets("4"), INVALID, MANIFEST),
    "n_adapter_ranks_swapped": (ranks({Q: 4, V: 2}, told={Q: 2, V: 4}), UNLINKABLE, EXTRACT),
    "n_adapter_transposed": (adapter(lambda t: t.update({A: t[A].T.copy()})), UNLINKABLE, EXTRACT),
    "n_adapter_int8": (adapter(lambda t: t.update({A: t[A].astype(np.int8)})), INVALID, EXTRACT),
    "n_adapter_zero": (adapter(lambda t: [v.fill(0) for k, v in t.items() if k.endswith("lora_B")]), INVALID, EXTRACT),
    "n_adapter_nan": (adapter(lambda t: t[B].__setitem__((0, 0), np.nan)), INVALID, EXTRACT),
    "n_adapter_infinite": (adapter(lambda t: t[B].__setitem__((1, 1), np.inf)), INVALID, EXTRACT),
    "n_adapter_no_targets": (
        manifest(lambda m: m["operations"]["extract"].update(targets={})),
        UNLINKABLE,
        EXTRACT,
    ),
    "n_adapter_parameters": (manifest(lambda m: m["operations"]["extract"].update(parameters=1)), UNLINKABLE, EXTRACT),
    "n_tokenizer_broken": (listed("tokenizer.json", lambda d: d[:50]), MALFORMED, "tokenizer.json"),
    "n_other_tokenizer": (listed("tokenizer.json", lambda d: d + b"\n"), UNLINKABLE, "tokenizer.json"),
    "n_grammar_truncated": (listed("grammar/extract.bin", lambda d: d[:-1]), MALFORMED, "extract.bin"),
    "n_grammar_other_version": (
        listed("grammar/extract.bin", lambda d: d[:4] + b"\2" + d[5:]),
        MALFORMED,
        "extract.bin",
    ),
    "n_grammar_other_tokenizer": (
        listed("grammar/extract.bin", lambda d: d[:8] + b"\0" * 32 + d[40:]),
        UNLINKABLE,
        "extract.bin",
    ),
    "n_grammar_wild_start": (
        listed("grammar/extract.bin", lambda d: d[:52] + b"\xff" + d[53:]),
        INVALID,
        "extract.bin",
    ),
    "n_prompt_other_tokens": (prompts(prefix_tokens=[5]), INVALID, "operations.json"),
    "n_prompt_other_text": (prompts(prefix="", prefix_tokens=[]), UNLINKABLE, "operations.json"),
    "n_prompt_wild_stop": (prompts(stop_tokens=[VOCAB]), INVALID, "operations.json"),
    "n_prompt_no_stop": (prompts(stop_tokens=[]), INVALID, "operations.json"),
    "n_prompt_over_context": (prompts(max_input_tokens=CONTEXT), INVALID, "operations.json"),
    "n_prompt_unknown_key": (prompts(suffixes="x"), INVALID, "operations.json"),
    "n_prompts_missing": (listed("operations.json", lambda d: b"{}"), UNLINKABLE, "operations.json"),
}


def write_corpus(folder: Path) -> dict[str, Verdict]:
    """Write every case under `folder`, and `verdicts.json`."""
    good = folder / "y_packaged"
    write_good(good)
    verdicts = {"y_packaged": Verdict(None, None)}
    cases: dict[str, Callable[[Path], object]] = {k: v for k, v in GOOD.items() if k != "y_packaged"}
    for name, mutate in {**cases, **{name: case[0] for name, case in BAD.items()}}.items():
        shutil.copytree(good, folder / name)
        mutate(folder / name)
        verdicts[name] = Verdict(*BAD[name][1:]) if name in BAD else Verdict(None, None)
    write_json(folder / "verdicts.json", {name: asdict(verdict) for name, verdict in verdicts.items()})
    return verdicts


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]))
