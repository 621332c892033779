"""Every reader's verdicts: good bundles open, bad ones are refused for the right reason, in one sentence, at once."""

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from runtime_py import operations
from runtime_py.bundle.bundle import Bundle, write_bundle_manifest
from runtime_py.bundle.manifest import MANIFEST, SEAL
from runtime_py.errors import BundleError, ConfigError
from tests.bundles.cases import BAD, GOOD
from tests.bundles.make import Verdict, write_corpus

# One sentence: what, expected, got, what to do.
SENTENCE = re.compile(r"[^\n]*expected [^\n]*(got|found) [^\n]*")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Verdict]]:
    folder = tmp_path_factory.mktemp("bundles")
    return folder, write_corpus(folder)


Corpus = tuple[Path, dict[str, Verdict]]


@pytest.mark.parametrize("name", sorted(GOOD))
def test_good_bundles_open(corpus: Corpus, name: str) -> None:
    bundle = Bundle.open(corpus[0] / name)
    assert bundle.operations == operations.names()
    for operation in bundle.operations:
        grammar = bundle.grammar(operation)
        assert (grammar is None) == (operations.get(operation).schema is None)
        assert bundle.prompt(operation).system == operations.get(operation).system
        assert bundle.grammar(operation) is grammar
        golden = bundle.golden(operation)
        assert golden is not None
        assert golden.is_file()


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_bundles_are_refused(corpus: Corpus, name: str) -> None:
    folder, verdicts = corpus
    started = time.monotonic()
    with pytest.raises(BundleError) as refusal:
        Bundle.open(folder / name)
    assert time.monotonic() - started < 5
    message = str(refusal.value)
    assert refusal.value.reason == verdicts[name].reason, message
    assert str(verdicts[name].file) in message
    assert SENTENCE.fullmatch(message), message


def test_any_changed_byte_of_any_file_is_noticed(corpus: Corpus, tmp_path: Path) -> None:
    folder = shutil.copytree(corpus[0] / "y_packaged", tmp_path / "bundle")
    generator = np.random.default_rng(3)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        for place in {0, len(data) - 1, *generator.integers(0, len(data), 3).tolist()}:
            changed = bytearray(data)
            changed[place] ^= 1 << int(generator.integers(0, 8))
            path.write_bytes(changed)
            with pytest.raises(BundleError) as refusal:
                Bundle.open(folder)
            assert path.name in str(refusal.value), (path, place)
        path.write_bytes(data)
    Bundle.open(folder)


def test_progress_names_every_file_and_verify_false_hashes_none(corpus: Corpus) -> None:
    folder = corpus[0] / "y_packaged"
    seen: dict[str, int] = {}
    bundle = Bundle.open(folder, hashed=seen.__setitem__)
    assert seen == {name: entry.size for name, entry in bundle.manifest.files.items()}
    seen.clear()
    Bundle.open(folder, verify=False, hashed=seen.__setitem__)
    assert seen == {}


def test_bundle_hash_follows_content(corpus: Corpus, tmp_path: Path) -> None:
    first = Bundle.open(corpus[0] / "y_packaged")
    assert first.sha256 == Bundle.open(shutil.copytree(first.path, tmp_path / "copy")).sha256
    assert first.sha256 != Bundle.open(corpus[0] / "y_unknown_tool_versions").sha256


def test_unknown_operation_and_missing_folder(corpus: Corpus, tmp_path: Path) -> None:
    bundle = Bundle.open(corpus[0] / "y_packaged")
    for ask in (bundle.operation, bundle.prompt, bundle.grammar, bundle.engine_files):
        with pytest.raises(ConfigError, match="unknown operation"):
            ask("vqa")
    with pytest.raises(BundleError, match="not a bundle"):
        Bundle.open(tmp_path / "none")


def test_graphs_that_are_no_graphs_are_refused_by_the_engine(corpus: Corpus) -> None:
    bundle = Bundle.open(corpus[0] / "y_packaged")
    with pytest.raises(BundleError, match="malformed graph model"):
        bundle.open_engine("extract")
    with pytest.raises(BundleError, match="malformed graph embed"):
        bundle.embedder()


def test_writing_a_manifest_with_wrong_fields_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    with pytest.raises(BundleError, match="expected known keys, got 'nam' \\(nearest: 'name'\\)"):
        write_bundle_manifest(tmp_path, {"nam": "x"})
    assert os.listdir(tmp_path) == ["x"]
    assert MANIFEST not in os.listdir(tmp_path)
    assert SEAL not in os.listdir(tmp_path)


def test_a_file_written_after_it_was_checked_is_not_used(corpus: Corpus, tmp_path: Path) -> None:
    folder = shutil.copytree(corpus[0] / "y_packaged", tmp_path / "bundle")
    bundle = Bundle.open(folder)
    assert bundle.engine_files("extract").adapter == folder / "extract.onnx_adapter"
    uses: dict[str, Callable[[], object]] = {
        "extract.onnx_adapter": lambda: bundle.engine_files("extract"),
        "base.ptd": lambda: bundle.engine_files("update"),
        "grammar/update.bin": lambda: bundle.grammar("update"),
        "goldens/update.safetensors": lambda: bundle.golden("update"),
        "embed.onnx": lambda: bundle.embedder(),
    }
    for name, use in uses.items():
        data = (folder / name).read_bytes()
        (folder / name).unlink()
        (folder / name).write_bytes(data)  # the same bytes: who wrote them may write others
        with pytest.raises(BundleError, match=f"changed {name}: expected the file that was checked"):
            use()
