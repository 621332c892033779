"""A bundle that learns pictures: exported beside a text expert, proved at every step, asked, relinked, refused."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export.bundle import BundleConfig, OperationSource, export_bundle
from export.link import link_adapter
from export.parity.pictures import paint
from export.sources.vision import read_vision
from memlora_cli.main import main
from runtime_py.bundle import Bundle, Experts
from runtime_py.errors import BundleError, ContractError, ExportError, ParityError
from runtime_py.operations.vqa import VqaAnswer, VqaInput
from runtime_py.parity import (
    VISION_GRAPH,
    VISION_PROOF,
    VisionProof,
    read_golden,
    read_vision_proof,
    write_vision_proof,
)
from runtime_py.parts import Embeddings
from tests.conftest import write_adapter
from tests.seeing import SIDE, TOKENS, write_vision

pytestmark = pytest.mark.slow

HIDDEN = 128
Exported = tuple[Path, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = write_adapter(tmp_path_factory.mktemp("seeing") / "vqa", checkpoint, "vqa", 30)
    write_vision(folder, HIDDEN)
    return folder


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, base: Path, adapters: Path, seeing: Path) -> Exported:
    out = tmp_path_factory.mktemp("seen") / "bundle"
    sources = {"extract": OperationSource(base, adapters / "extract"), "vqa": OperationSource(base, seeing)}
    return out, export_bundle(sources, out, BundleConfig("seeing", ("onnx",)), lambda _stage: None)


def test_torch_is_the_arbiter_at_every_step_with_pictures(seen: Exported) -> None:
    rows = {(row["operation"], row["leg"]): row for row in seen[1]}
    assert set(rows) == {
        *(("extract", leg) for leg in ("torch_arbiter", "onnx")),
        *(("vqa", leg) for leg in ("torch_arbiter", "onnx", "vision")),
    }
    assert all(row["passed"] for row in rows.values())
    torch = rows["vqa", "torch_arbiter"]
    assert torch["equal_steps"] == torch["steps"] > 500
    assert rows["vqa", "vision"]["steps"] == 2 * TOKENS
    assert rows["vqa", "vision"]["adapter_effect"] > 0.1  # from one picture to the next
    golden = read_golden(seen[0] / "goldens" / "vqa.safetensors")
    pictures = [part for prompt in golden.prompts for part in prompt if isinstance(part, Embeddings)]
    assert len(pictures) == len(golden.prompts) == 36
    assert len({part.name for part in pictures}) > 30


def test_the_manifest_names_what_sees(seen: Exported, seeing: Path) -> None:
    bundle = Bundle.open(seen[0])
    vision = bundle.manifest.vision
    assert vision is not None
    assert (vision.file, vision.side, vision.tokens, vision.hidden) == (VISION_GRAPH, SIDE, TOKENS, HIDDEN)
    assert (seen[0] / vision.file).read_bytes() == (seeing / VISION_GRAPH).read_bytes()
    assert bundle.manifest.min_reader == 3
    encoder = bundle.image_encoder()
    assert encoder is bundle.image_encoder()


def test_an_expert_answers_about_a_picture(seen: Exported) -> None:
    bundle = Bundle.open(seen[0])
    encoder = bundle.image_encoder()
    assert encoder is not None
    asked: list[str] = []

    def look_up(name: str) -> Embeddings:
        asked.append(name)
        return Embeddings(encoder.encode(paint(name)))

    given = [VqaInput(name, "What is it?") for name in ("one", "other")]
    experts = Experts(bundle, pictures=look_up)
    said = [experts.complete("vqa", each)[0] for each in given]
    assert asked == ["one", "other"]
    engine = bundle.open_engine("vqa")
    after = []
    for name in ("one", "other"):
        engine.reset()
        after.append(engine.feed([5, look_up(name), 7]))
    assert not np.allclose(after[0], after[1], atol=1e-2)
    assert said[0] == Experts(bundle, pictures=look_up).complete("vqa", given[0])[0]
    assert isinstance(experts.run("vqa", given[0]).value, VqaAnswer)
    assert experts.fits("vqa", given[0])
    with pytest.raises(ContractError, match="no rows of the picture 'one'"):
        Experts(bundle).run("vqa", given[0])
    with pytest.raises(ContractError, match="expected rows of 128 numbers"):
        Experts(bundle, pictures=lambda _name: Embeddings(np.ones((2, 3), np.float32))).run("vqa", given[0])


def test_verify_replays_rows_of_pictures(seen: Exported, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(seen[0])]) == 0
    assert "vqa" in capsys.readouterr().out


def test_another_expert_is_linked_with_what_it_sees_with(
    seen: Exported, seeing: Path, checkpoint: Path, tmp_path: Path
) -> None:
    other = write_adapter(tmp_path / "vqa", checkpoint, "vqa", 31)
    with pytest.raises(ExportError, match=r"tower and projector in vision\.onnx .* found no vision\.onnx"):
        link_adapter(seen[0], other, "vqa", tmp_path / "linked", lambda _stage: None)
    write_vision(other, HIDDEN)
    link_adapter(seen[0], other, "vqa", tmp_path / "linked", lambda _stage: None)
    linked = Bundle.open(tmp_path / "linked")
    assert linked.manifest.vision == Bundle.open(seen[0]).manifest.vision
    assert linked.operation("vqa").adapter_sha256 != Bundle.open(seen[0]).operation("vqa").adapter_sha256


def damaged(seeing: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seeing, tmp_path / "vqa"))


@pytest.mark.parametrize("name", [VISION_GRAPH, VISION_PROOF])
def test_an_expert_that_cannot_see_is_refused(seeing: Path, base: Path, tmp_path: Path, name: str) -> None:
    expert = damaged(seeing, tmp_path)
    (expert / name).unlink()
    sources = {"vqa": OperationSource(base, expert)}
    with pytest.raises(ExportError, match=f"tower and projector .* found no {name}; train it"):
        export_bundle(sources, tmp_path / "bundle", BundleConfig("blind", ("onnx",)), lambda _stage: None)
    assert not (tmp_path / "bundle").exists()


def test_no_target_that_takes_rows_is_a_sentence(seeing: Path, base: Path, tmp_path: Path) -> None:
    sources = {"vqa": OperationSource(base, seeing)}
    with pytest.raises(ExportError, match="vqa reads pictures: expected --target onnx, got executorch"):
        export_bundle(sources, tmp_path / "bundle", BundleConfig("blind", ("executorch",)), lambda _stage: None)


def test_a_projector_to_another_width_is_refused(seeing: Path, base: Path, tmp_path: Path) -> None:
    expert = damaged(seeing, tmp_path)
    write_vision(expert, HIDDEN // 2)
    with pytest.raises(ExportError, match="expected a projector to the base's 128 numbers a row, got one to 64"):
        read_vision(expert, base)


def test_a_graph_that_is_not_what_torch_computed_makes_no_bundle(seeing: Path, base: Path, tmp_path: Path) -> None:
    expert = damaged(seeing, tmp_path)
    proof = read_vision_proof(expert)
    write_vision_proof(expert, VisionProof(proof.pixels[::-1], proof.rows))
    sources = {"vqa": OperationSource(base, expert)}
    config = BundleConfig("other", ("onnx",), golden_prompts=1)
    with pytest.raises(ParityError, match="parity leg vision failed for vqa: rows: expected a relative error"):
        export_bundle(sources, tmp_path / "bundle", config, lambda _stage: None)


def test_a_proof_that_proves_nothing_is_refused(seeing: Path) -> None:
    pixels = np.zeros((2, SIDE, SIDE, 3), np.uint8)
    rows = np.ones((2, TOKENS, HIDDEN), np.float32)
    for given, told in (
        ((pixels, rows), "the graph sees nothing"),
        ((pixels[:1], rows[:1]), "two pictures or more"),
        ((pixels[:, :4], rows), r"uint8 \[n, side, side, 3\]"),
        ((pixels, rows * np.float32("nan")), "finite rows"),
    ):
        with pytest.raises(BundleError, match=told):
            VisionProof(*given)


def test_the_suite_asks_about_pictures_and_goes_on_where_it_was(seen: Exported, tmp_path: Path) -> None:
    from PIL import Image

    from runtime_py.files import Example, write_example

    folder = tmp_path / "data" / "datasets" / "vqa"
    folder.mkdir(parents=True)
    Image.new("RGB", (40, 30), (200, 20, 20)).save(folder / "a.png")
    row = Example(
        "r", {"image": "a.png", "question": "What colour is it?"}, '{"answer":"red","reason":"So."}', "colour"
    )
    for split in ("train", "test"):
        (folder / f"{split}.jsonl").write_text(write_example(row) + "\n", "utf-8")
    asked = [
        "eval",
        str(seen[0]),
        "--suite",
        "vision",
        "--data",
        str(tmp_path / "data"),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(asked) == 0
    (folder / "a.png").unlink()
    assert main(asked) == 0
    shutil.rmtree(tmp_path / "out")
    assert main(asked) == 2
