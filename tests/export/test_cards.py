"""Cards: a head that YAML reads as the hub does, and facts of the very folder."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from export.cards import write_card
from runtime_py.files import read_manifest

ROOT = Path(__file__).parents[2]
EXPERTS = ROOT / "models" / "smollm2-135m" / "adapters"
FROM_A_HUB = f"someone/model at {'0' * 40}, from the Hugging Face hub"


def parts(card: str) -> tuple[dict[str, Any], str]:
    """The head as YAML reads it, and the text below."""
    empty, head, text = card.split("---\n", 2)
    assert empty == ""
    return yaml.safe_load(head), text


def with_base(expert: Path, folder: Path, **base: str | None) -> Path:
    """A copy of an expert whose base is noted so."""
    shutil.copytree(expert, folder)
    manifest = read_manifest(folder)
    manifest["facts"]["base"] = base
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.mark.parametrize("expert", sorted(EXPERTS.iterdir()), ids=lambda path: path.name)
def test_a_shipped_expert(expert: Path) -> None:
    head, text = parts(write_card(expert, "adapter"))
    assert head == {
        "license": "apache-2.0",
        "language": "en",
        "library_name": "peft",
        "tags": ["memlora", "memlora-expert", "lora"],
    }
    manifest = read_manifest(expert)
    assert f"# Expert `{expert.name}`" in text
    assert manifest["config"]["base_sha256"] in text
    assert "SmolLM2-135M-Instruct" in text


def test_a_base_of_the_hub_is_named_so_that_the_hub_links_it(tmp_path: Path) -> None:
    expert = with_base(EXPERTS / "select", tmp_path / "e", source=FROM_A_HUB, licence="llama3.2")
    head, _ = parts(write_card(expert, "adapter"))
    assert (head["base_model"], head["base_model_relation"], head["license"]) == (
        "someone/model",
        "adapter",
        "llama3.2",
    )


def test_a_licence_that_the_hub_does_not_know_keeps_its_name(tmp_path: Path) -> None:
    licence = "Own: terms | \"of\" 'mine'"
    expert = with_base(EXPERTS / "select", tmp_path / "e", source="a folder", licence=licence)
    head, text = parts(write_card(expert, "adapter"))
    assert (head["license"], head["license_name"]) == ("other", licence)
    assert "base_model" not in head
    assert "terms \\| " in text


def test_without_a_licence_none_is_claimed(tmp_path: Path) -> None:
    head, text = parts(write_card(with_base(EXPERTS / "select", tmp_path / "e"), "adapter"))
    assert "license" not in head
    assert "do not pass it on" in text


def test_a_base(tiny_base: Path) -> None:
    head, text = parts(write_card(tiny_base, "base"))
    index = json.loads((tiny_base / "base.index.json").read_text("utf-8"))
    assert head["tags"] == ["memlora", "memlora-base"]
    assert index["sha256"] in text
    assert "Qwen2ForCausalLM" in text
    assert f"{index['size']:,} bytes" in text


def test_a_bundle(tiny_bundle: Path) -> None:
    head, text = parts(write_card(tiny_bundle, "bundle"))
    manifest = json.loads((tiny_bundle / "manifest.json").read_text("utf-8"))
    rows = json.loads((tiny_bundle / "parity.json").read_text("utf-8"))
    assert head["tags"] == ["memlora", "memlora-bundle", "on-device", "onnx"]
    assert "memlora pull OWNER/NAME --out bundle" in text
    for name, entry in manifest["operations"].items():
        assert f"`{name}` ({entry['parameters']:,} parameters)" in text
    for row in rows:
        assert f"| {row['operation']} | {row['leg']} | {row['max_relative_error']:.2g} |" in text
