"""A bundle that every reader must open, its parts a few bytes each."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from export.grammar.compile import write_grammar
from export.tokenizer import compile_table
from runtime_py import operations
from runtime_py.bundle.manifest import write_bundle_manifest
from runtime_py.files.artifact import sha256_file, write_json
from runtime_py.operations.prompt import OperationPrompt, Prompt
from runtime_py.text.tokenizer import Tokenizer
from tests.bundles.parts import HIDDEN, adapter_tensors, write_adapter_file, write_base, write_tokenizer

VOCAB, CONTEXT, RANK = 288, 512, 4


def write_good(folder: Path, names: Sequence[str] = tuple(operations.names())) -> None:
    """A packaged bundle of the operations `names` over a base with one layer."""
    folder.mkdir(parents=True)
    base_sha256 = write_base(folder)
    write_tokenizer(folder / "tokenizer.json")
    shutil.copyfile(folder / "tokenizer.json", folder / "embed_tokenizer.json")
    tokenizer = Tokenizer.from_file(folder / "tokenizer.json")
    for table in ("tokenizer.bin", "embed_tokenizer.bin"):
        (folder / table).write_bytes(compile_table((folder / "tokenizer.json").read_bytes()))
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
            "tokenizer": {"file": "tokenizer.json", "sha256": tokenizer.sha256, "table": "tokenizer.bin"},
            "operations_file": "operations.json",
            "embedder": {
                "programs": {"onnx": "embed.onnx"},
                "tokenizer": "embed_tokenizer.json",
                "table": "embed_tokenizer.bin",
                "id": "none",
                "dimension": 8,
                "max_tokens": 16,
            },
            "licences": {"base": "Apache-2.0"},
            "ram_bytes_min": 1,
        },
    )
