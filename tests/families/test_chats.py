"""Prompt, stop tokens and vocabulary of the families' tokenizers: the same for training and export, on every day."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from calibration.quantize import quantize_checkpoint
from distill.training.model import open_chat as training_chat
from export.bundle import BundleConfig, OperationSource, _model_facts, export_bundle
from export.parity.runtimes import prove
from export.sources.chat import check_stop_tokens, open_chat
from runtime_py import operations
from runtime_py.bundle import Bundle, Experts
from runtime_py.errors import ConfigError, ExportError
from runtime_py.operations.extract import ExtractInput
from runtime_py.text import Tokenizer
from tests.conftest import write_adapter, write_checkpoint
from tests.families.chats import write_gemma, write_llama, write_llama2


@pytest.fixture(scope="module")
def gemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gemma")
    return quantize_checkpoint(write_gemma(folder / "checkpoint"), folder / "base")


def _copied(base: Path, folder: Path) -> Path:
    shutil.copytree(base, folder)
    return folder / "hf"


def _change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_what_training_appends_ends_an_answer_and_so_does_every_eos(gemma: Path, tmp_path: Path) -> None:
    assert training_chat(gemma / "hf").turn_end == 5  # <end_of_turn>, which only the template names
    assert open_chat(gemma).stop_tokens == training_chat(gemma / "hf").stop_tokens == (1, 5)
    hf = _copied(gemma, tmp_path / "base")
    _change(hf / "generation_config.json", eos_token_id=[0, 1])
    _change(hf / "config.json", eos_token_id=3)
    assert open_chat(tmp_path / "base").stop_tokens == (0, 1, 3, 5)


def test_an_adapter_taught_another_end_is_refused(tmp_path: Path) -> None:
    check_stop_tokens(tmp_path, (1, 5))  # no manifest: the base's own
    manifest = {"schema": 1, "kind": "adapter", "config": {}, "tools": {}, "files": {}}
    for facts in ({}, {"stop_tokens": [1, 5]}):
        (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"facts": facts}))
        check_stop_tokens(tmp_path, (1, 5))
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"facts": {"stop_tokens": [1]}}))
    with pytest.raises(ExportError, match=r"stop tokens \[1, 5\], got \[1\]"):
        check_stop_tokens(tmp_path, (1, 5))


def test_a_prompt_is_the_same_on_every_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers.utils.chat_template_utils as templates

    base = quantize_checkpoint(write_llama(tmp_path / "checkpoint"), tmp_path / "base")
    prefixes = set()
    for day in (datetime(2026, 11, 25), datetime(2027, 3, 1)):

        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None, today: datetime = day) -> Any:
                return today

        monkeypatch.setattr(templates, "datetime", Clock)
        for chat in (open_chat(base), training_chat(base / "hf")):
            prefixes.add(chat.prompt(operations.get("extract")).prefix)
    assert len(prefixes) == 1
    assert "Today Date: 26 Jul 2024" in prefixes.pop()
    assert open_chat(base).stop_tokens == (1, 4)


def _prove_near_ties(*given: Any) -> list[dict[str, Any]]:
    """The real legs, every miss a near tie: layers of random weights have more of them than trained experts may."""
    rows = prove(*given)
    for row in rows:
        assert not row["differences"]
        assert all(miss["margin"] <= row["rounding_noise"] for miss in row["misses"])
    return [row | {"passed": True} for row in rows]


@pytest.mark.slow
def test_a_bundle_over_a_tokenizer_that_begins_texts_with_a_blank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.bundle.prove", _prove_near_ties)
    checkpoint = write_llama2(tmp_path / "checkpoint")
    base = quantize_checkpoint(checkpoint, tmp_path / "base")
    sources = {"extract": OperationSource(base, write_adapter(tmp_path / "adapter", checkpoint, "extract"))}
    export_bundle(sources, tmp_path / "bundle", BundleConfig("llama 2", ("onnx",)), lambda _stage: None)
    text, _ = Experts(Bundle.open(tmp_path / "bundle")).complete("extract", ExtractInput((), None))
    assert text == operations.get("extract").render_output(json.loads(text)["facts"])  # no blank before it


def test_a_tokenizer_without_a_spelling_is_refused_before_any_lowering(
    checkpoint: Path, adapters: Path, tmp_path: Path
) -> None:
    base = quantize_checkpoint(checkpoint, tmp_path / "base")
    _change(base / "hf" / "tokenizer.json", normalizer={"type": "Lowercase"})
    said: list[str] = []
    sources = {"extract": OperationSource(base, adapters / "extract")}
    with pytest.raises(ExportError, match="unusable tokenizer: expected one that writes 'Zoe' as it stands, got 'zoe'"):
        export_bundle(sources, tmp_path / "bundle", BundleConfig("x", ("onnx",)), said.append)
    assert said == ["check adapters", "grammars and prompts"]


@pytest.mark.slow
def test_a_special_token_beyond_the_vocabulary_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.bundle.prove", _prove_near_ties)
    checkpoint = write_gemma(tmp_path / "checkpoint", "<image_soft_token>")
    base = quantize_checkpoint(checkpoint, tmp_path / "base")
    sources = {"extract": OperationSource(base, write_adapter(tmp_path / "adapter", checkpoint, "extract"))}
    rows = export_bundle(sources, tmp_path / "bundle", BundleConfig("gemma", ("onnx",)), lambda _stage: None)
    assert all(row["passed"] for row in rows)
    bundle = Bundle.open(tmp_path / "bundle")
    assert bundle.tokenizer.id_of("<image_soft_token>") == bundle.manifest.model.vocab_size
    assert bundle.prompt("extract").stop_tokens == (1, 5)
    assert max(bundle.tokenizer.encode("see <image_soft_token>")) < bundle.manifest.model.vocab_size


def test_text_in_tokens_beyond_the_vocabulary_is_refused_by_name(gemma: Path, tmp_path: Path) -> None:
    hf = _copied(gemma, tmp_path / "base")
    document = json.loads((hf / "tokenizer.json").read_text())
    document["model"]["vocab"]["zebra"] = 384
    (hf / "tokenizer.json").write_text(json.dumps(document))
    with pytest.raises(ConfigError, match="below the model's 384, got 'zebra'"):
        open_chat(tmp_path / "base")


@pytest.mark.parametrize(
    ("name", "match"), [("tokenizer.json", "expected tokenizer.json"), ("chat_template.jinja", "chat template")]
)
def test_what_a_prompt_needs_is_asked_for_before_any_lowering(
    checkpoint: Path, adapters: Path, tmp_path: Path, name: str, match: str
) -> None:
    base = quantize_checkpoint(checkpoint, tmp_path / "base")
    (base / "hf" / name).unlink()
    said: list[str] = []
    sources = {"generate": OperationSource(base, adapters / "generate")}
    with pytest.raises(ConfigError, match=match):
        export_bundle(sources, tmp_path / "bundle", BundleConfig("x", ("onnx",)), said.append)
    assert said == ["check adapters"]


def test_architectures_are_not_needed(gemma: Path, tmp_path: Path) -> None:
    hf = _copied(gemma, tmp_path / "base")
    _change(hf / "config.json", architectures=None)
    assert _model_facts(tmp_path / "base")["architecture"] == "Gemma3ForCausalLM"


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_a_tied_head_with_values_of_its_own_is_refused(tmp_path: Path, scale: float) -> None:
    from safetensors.torch import load_file, save_file

    checkpoint = write_checkpoint(tmp_path / "checkpoint")
    weights = load_file(checkpoint / "model.safetensors")
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"] * scale
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})
    if scale == 1.0:
        assert quantize_checkpoint(checkpoint, tmp_path / "base").is_dir()
        return
    with pytest.raises(ConfigError, match=r"expected lm_head\.weight to equal model\.embed_tokens\.weight"):
        quantize_checkpoint(checkpoint, tmp_path / "base")


def test_a_raw_token_of_a_byte_level_vocabulary_has_the_bytes_that_decoding_gives(checkpoint: Path) -> None:
    document = json.loads((checkpoint / "tokenizer.json").read_text())
    first = 1 + max([*document["model"]["vocab"].values(), *(a["id"] for a in document["added_tokens"])])
    raw = ["你好", "naïve 咖", "Ġé"]
    document["model"]["vocab"] |= {text: first + place for place, text in enumerate(raw)}
    tokenizer = Tokenizer(json.dumps(document).encode())
    for place, text in enumerate(raw[:2]):
        assert tokenizer.token_bytes(first + place) == text.encode() == tokenizer.decode([first + place]).encode()
    assert tokenizer.token_bytes(first + 2) == b" \xe9"  # every character stands for a byte


def test_prompt_and_context_of_training_are_those_of_the_bundle(gemma: Path) -> None:
    exported, trained = open_chat(gemma), training_chat(gemma / "hf")
    assert exported.context_tokens == trained.context_tokens == 1024
    for name in operations.names():
        assert exported.prompt(operations.get(name)) == trained.prompt(operations.get(name))
