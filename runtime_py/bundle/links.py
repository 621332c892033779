"""Whether a bundle's parts belong together: tokenizer, bases, adapters, prompts, grammars."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from runtime_py.bundle.manifest import MANIFEST, BaseFiles, Manifest, ModelFacts, OperationFiles
from runtime_py.decoding import Grammar
from runtime_py.errors import BundleError
from runtime_py.files import parse_json, read_record
from runtime_py.files.limits import MAX_CONTEXT_TOKENS, MAX_VISION_SIDE
from runtime_py.operations import pictured
from runtime_py.operations.prompt import OperationPrompt
from runtime_py.text import Tokenizer, check_table
from runtime_py.weights import QuantizedBase, read_adapter, unstack

_LAYER = re.compile(r"model\.layers\.[0-9]{1,6}\.")


def _unlinkable(message: str) -> BundleError:
    return BundleError(f"{message}; fetch or export the bundle again", "unlinkable parts")


def _invalid(message: str) -> BundleError:
    return BundleError(f"{message}; fetch or export the bundle again", "invalid values")


def check_links(folder: Path, manifest: Manifest, tokenizer: Tokenizer) -> None:
    """Tokenizer, bases, adapters and grammars belong together."""
    vocab = manifest.model.vocab_size
    if tokenizer.sha256 != manifest.tokenizer.sha256:
        raise _unlinkable(
            f"foreign {manifest.tokenizer.file}: expected sha256 {manifest.tokenizer.sha256}, got {tokenizer.sha256}"
        )
    if beyond := tokenizer.plain_tokens_from(vocab):  # special tokens beyond are spelt by no text
        raise _unlinkable(
            f"foreign {manifest.tokenizer.file}: expected text in tokens below {vocab}, got {beyond[0]!r}"
        )
    check_tables(folder, manifest)
    shared = check_base(folder, manifest, manifest.base) if manifest.base else None
    for name, entry in manifest.operations.items():
        if manifest.packaging == "merged":
            if entry.base is None or entry.adapter is not None:
                raise _unlinkable(f"incomplete operation {name}: expected a merged base of its own, got none")
            check_base(folder, manifest, entry.base)
        else:
            if shared is None or entry.base is not None:
                raise _unlinkable(f"incomplete operation {name}: expected the one shared base, got another or none")
            check_adapter(folder, name, entry, shared, manifest.programs.values())
        if entry.grammar:
            check_grammar(folder, entry.grammar, manifest)
    check_vision(manifest)


def check_vision(manifest: Manifest) -> None:
    """The graph that sees is the one named, gives rows of the model's width, and is there where it is needed."""
    vision, model = manifest.vision, manifest.model
    if vision is None:
        if blind := sorted(set(pictured()) & set(manifest.operations)):
            raise _unlinkable(f"incomplete operation {blind[0]}: expected vision in {MANIFEST}, got none")
        return
    if not 1 <= vision.side <= MAX_VISION_SIDE or not 1 <= vision.tokens < model.context_length:
        raise _invalid(
            f"invalid vision in {MANIFEST}: expected a side of 1 to {MAX_VISION_SIDE} pixels and 1 to "
            f"{model.context_length - 1} tokens, got {vision.side} and {vision.tokens}"
        )
    for what, expected, got in (
        ("sha256", vision.sha256, manifest.files[vision.file].sha256),
        ("rows of width", model.hidden_size, vision.hidden),
    ):
        if expected != got:
            raise _unlinkable(f"{vision.file} is for another bundle: expected {what} {expected}, got {got}")


def check_tables(folder: Path, manifest: Manifest) -> None:
    """Tables that are there were compiled of the tokenizers that they stand beside."""
    for table, document in (
        (manifest.tokenizer.table, manifest.tokenizer.file),
        (manifest.embedder.table, manifest.embedder.tokenizer),
    ):
        if table is not None:
            check_table(folder / table, manifest.files[document].sha256, document)


def check_base(folder: Path, manifest: Manifest, base: BaseFiles) -> QuantizedBase:
    """The index fits the data and the manifest; the opened base."""
    opened = QuantizedBase.open(folder, base.index)
    for what, expected, got in (
        ("file", base.file, opened.path.name),
        ("sha256", manifest.files[base.file].sha256, opened.sha256),
        ("sha256", base.sha256, opened.sha256),
        ("group size", manifest.model.group_size, opened.group_size),
    ):
        if expected != got:
            raise _unlinkable(f"{base.index} is for another base: expected {what} {expected}, got {got}")
    check_facts(manifest.model, opened, base.index)
    return opened


def check_facts(model: ModelFacts, base: QuantizedBase, index: str) -> None:
    """The manifest's shape of the model is that of the base's tensors, which bounds what engines reserve."""
    numbers = {key: value for key, value in vars(model).items() if type(value) is int}
    if min(numbers.values()) < 1 or model.context_length > MAX_CONTEXT_TOKENS:
        raise _invalid(
            f"invalid model in {MANIFEST}: expected numbers from 1 on and a context of at most {MAX_CONTEXT_TOKENS} "
            f"tokens, got {numbers}"
        )
    layers = {int(name.split(".")[2]) for name in base.tensors if _LAYER.match(name)}
    if len(layers) != model.layers or max(layers) >= model.layers:
        raise _unlinkable(f"{index} is for another model: expected {model.layers} layers, got {len(layers)}")
    wanted = {"embed_tokens.weight": (model.vocab_size, model.hidden_size)}
    for layer in layers:
        attention = f"layers.{layer}.self_attn"
        wanted[f"{attention}.q_proj.weight"] = (model.heads * model.head_dim, model.hidden_size)
        for side in ("k_proj", "v_proj"):
            wanted[f"{attention}.{side}.weight"] = (model.kv_heads * model.head_dim, model.hidden_size)
    for name, shape in wanted.items():
        tensor = base.tensors.get(f"model.{name}")
        if tensor is not None and tensor.shape != shape:
            raise _unlinkable(
                f"{index} is for another model: expected model.{name} {list(shape)} by {MANIFEST}, got "
                f"{list(tensor.shape)}"
            )


def check_adapter(
    folder: Path, name: str, entry: OperationFiles, base: QuantizedBase, programs: Collection[str]
) -> None:
    """The adapter is for this base, has exactly the tensors of its targets, finite, and an effect.

    `programs` serve every operation: with one, each has an adapter.
    """
    if entry.base_sha256 != base.sha256:
        raise _unlinkable(
            f"adapter of {name} is for another base: expected base sha256 {base.sha256}, got {entry.base_sha256}"
        )
    if entry.adapter is None:
        if programs:
            raise _unlinkable(f"incomplete operation {name}: expected an adapter for {min(programs)}, got none")
        return
    if not entry.targets:
        raise _unlinkable(f"partial adapter {entry.adapter}: expected 1 or more modules, got none")
    if min(entry.targets.values()) < 1:
        raise _invalid(f"invalid adapter {entry.adapter}: expected ranks from 1 on, got {min(entry.targets.values())}")
    tensors = read_adapter(folder / entry.adapter).tensors
    pairs = unstack(entry.adapter, tensors, entry.targets, base)
    if (values := sum(a.size + b.size for a, b in pairs.values())) != entry.parameters:
        raise _unlinkable(f"partial adapter {entry.adapter}: expected {entry.parameters} values, got {values}")
    if not any(a.any() and b.any() for a, b in pairs.values()):
        raise BundleError(f"no-op adapter {entry.adapter}: expected an effect, got only zeros; train it first")


def check_grammar(folder: Path, file: str, manifest: Manifest) -> None:
    """The grammar is well formed and for this tokenizer."""
    grammar = Grammar.from_file(folder / file)
    vocab = manifest.model.vocab_size
    if grammar.tokenizer_sha256 != manifest.tokenizer.sha256 or grammar.vocab_size > vocab:
        raise _unlinkable(
            f"{file} is for another tokenizer: expected sha256 {manifest.tokenizer.sha256} and at most {vocab} tokens, "
            f"got {grammar.tokenizer_sha256} and {grammar.vocab_size}"
        )


def read_prompts(folder: Path, manifest: Manifest, tokenizer: Tokenizer) -> Mapping[str, OperationPrompt]:
    """The prompts of `operations.json`, one for each operation, with the tokens that this tokenizer gives."""
    file = manifest.operations_file
    rows = parse_json((folder / file).read_bytes(), file)
    if not isinstance(rows, dict) or set(rows) != set(manifest.operations):
        got = sorted(rows) if isinstance(rows, dict) else type(rows).__name__
        raise _unlinkable(f"foreign {file}: expected the operations {sorted(manifest.operations)}, got {got}")
    prompts = {name: read_record(OperationPrompt, row, f"{file}, {name}") for name, row in rows.items()}
    for name, prompt in prompts.items():
        _check_prompt(f"{file}, {name}", prompt, manifest, tokenizer)
        expected = manifest.operations[name].prompt_sha256
        if prompt.sha256 != expected:
            raise _unlinkable(f"foreign {file}, {name}: expected prompt sha256 {expected}, got {prompt.sha256}")
    return prompts


def _check_prompt(where: str, prompt: OperationPrompt, manifest: Manifest, tokenizer: Tokenizer) -> None:
    vocab, context = manifest.model.vocab_size, manifest.model.context_length
    for part in ("prefix", "suffix"):
        expected, got = tuple(tokenizer.encode(getattr(prompt, part), specials=True)), getattr(prompt, f"{part}_tokens")
        if got and not 0 <= min(got) <= max(got) < vocab:
            raise _invalid(f"invalid {where}: expected {part}_tokens from 0 to {vocab - 1}, got {max(got)}")
        if expected != got:
            raise _invalid(f"invalid {where}: expected {part}_tokens {list(expected)}, got {list(got)}")
    stops = prompt.stop_tokens
    if not stops or min(stops) < 0 or max(stops) >= vocab:
        raise _invalid(f"invalid {where}: expected stop_tokens from 0 to {vocab - 1}, got {list(stops)}")
    used = len(prompt.prefix_tokens) + prompt.max_input_tokens + len(prompt.suffix_tokens) + prompt.max_new_tokens
    if min(prompt.max_new_tokens, prompt.max_input_tokens) < 1 or used > context:
        raise _invalid(
            f"invalid {where}: expected prompt, input and answer of at most {context} tokens together, each 1 or more, "
            f"got limits of {used}"
        )
