"""A bundle that learns pictures: exported beside a text expert, proved at every step, asked, relinked, refused."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export.bundle import BundleConfig, OperationSource, export_bundle
from export.link import link_adapter
from export.parity.pictures import paint
from export.sources.vision import read_vision
from memlora_cli.main import main
from runtime_py.bundle import MANIFEST, SEAL, Bundle, Experts, write_bundle_manifest
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
from runtime_py.parts import Embeddings, Piece
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


def resealed(bundle: Path, out: Path, change: Callable[[Path], None]) -> Path:
    """A copy of the bundle after `change`, whose manifest has the hashes of what it holds."""
    shutil.copytree(bundle, out)
    change(out / "goldens")
    fields = json.loads((out / "manifest.json").read_text("utf-8"))
    for sealed in (MANIFEST, SEAL):
        (out / sealed).unlink()
    write_bundle_manifest(out, {k: v for k, v in fields.items() if k not in ("format_version", "min_reader", "files")})
    return out


def test_verify_replays_rows_and_pictures(seen: Exported, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def verify(bundle: Path) -> tuple[int, list[Any], str]:
        code = main(["verify", str(bundle), "--json"])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else [], told.err

    code, rows, _ = verify(seen[0])
    legs = [(row["operation"], row["leg"], row["equal_steps"]) for row in rows if row["passed"]]
    assert code == 0
    assert legs[-1] == ("vqa", "vision", 2 * TOKENS)
    proof = read_vision_proof(seen[0] / "goldens")
    swapped = VisionProof(proof.pixels[::-1], proof.rows)
    code, rows, _ = verify(resealed(seen[0], tmp_path / "swapped", lambda to: write_vision_proof(to, swapped)))
    assert (code, [row["leg"] for row in rows if not row["passed"]]) == (1, ["vision"])
    narrow = VisionProof(proof.pixels, proof.rows[:, :, : HIDDEN // 2])
    code, _, error = verify(resealed(seen[0], tmp_path / "narrow", lambda to: write_vision_proof(to, narrow)))
    assert (code, "expected rows [3, 128] of a picture, as the graph makes, got [3, 64]" in error) == (2, True)
    code, rows, error = verify(resealed(seen[0], tmp_path / "old", lambda to: (to / VISION_PROOF).unlink()))
    assert (code, "vision" in {row["leg"] for row in rows}) == (0, False)
    assert "vision was not replayed: expected its proof in the bundle, got none" in error


def test_texts_are_read_as_without_pictures(seen: Exported, exported: Exported) -> None:
    """To the last bit at every step: slots of rank 0 for the expert that sees, and room for rows, change nothing."""
    both, golden = [Bundle.open(seen[0]), Bundle.open(exported[0])], seen[0] / "goldens"
    assert both[1].manifest.vision is None
    engines = [bundle.open_engine("extract") for bundle in both]
    found = read_golden(golden / "extract.safetensors")
    for prompt, tokens in zip(found.prompts, found.tokens, strict=True):
        steps: list[Sequence[Piece]] = [prompt, *([token] for token in tokens)]
        for step in steps:
            one, other = (engine.feed(step) for engine in engines)
            assert (one == other).all()
        for engine in engines:
            engine.reset()


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


def test_the_suite_asks_about_pictures_and_goes_on_where_it_was(
    seen: Exported, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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
    kept = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert main(asked) == 0
    assert kept == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    Image.new("RGB", (40, 30), (20, 20, 200)).save(folder / "a.png")
    capsys.readouterr()
    assert main(asked) == 2
    assert "holds results of another bundle, data or configuration" in capsys.readouterr().err
    (folder / "a.png").unlink()
    assert main(asked) == 2
    assert "a.png: expected a picture, got none that can be read" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "out")
    assert main(asked) == 2
