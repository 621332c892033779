"""Experts over a bundle's real prompts, tokenizer and grammars, with an engine that knows nothing."""

from datetime import date

import pytest

from runtime_py.bundle.bundle import Bundle
from runtime_py.bundle.experts import Experts
from runtime_py.decoding.session import EngineSession
from runtime_py.engines.fake import FakeEngine
from runtime_py.errors import ContractError
from runtime_py.operations.extract import ExtractInput, Message
from runtime_py.operations.generate import GenerateInput
from tests.bundles.good import write_good


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundle") / "good"
    write_good(folder)
    return Bundle.open(folder)


@pytest.fixture
def experts(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> Experts:
    model = bundle.manifest.model

    def open_session(_bundle: Bundle, name: str, _kind: str = "onnx", _adapter: bool = True) -> EngineSession:
        engine = FakeEngine(model.vocab_size, model.context_length)
        return EngineSession(engine, bundle.prompt(name).prefix_tokens)

    monkeypatch.setattr(Bundle, "open_session", open_session)
    return Experts(bundle)


def said(text: str) -> ExtractInput:
    return ExtractInput((Message("user", "Ana", text),), date(2023, 5, 8))


def test_output_is_valid_however_bad_the_model(experts: Experts) -> None:
    for number in range(3):
        generated = experts.run("extract", said(f"hi {number}"))
        assert all(isinstance(fact, str) for fact in generated.value)


def test_an_answer_is_told_while_it_is_written(experts: Experts) -> None:
    question = GenerateInput("Where does Ana live?", ())
    told: list[str] = []
    whole = experts.complete("generate", question)
    assert experts.complete("generate", question, told.append) == whole
    assert all(whole[0].startswith(text) for text in told)
    assert len(told) > 3
    assert experts.write("generate", question, told.append).value == experts.run("generate", question).value
    short, is_cut = experts.complete("generate", question, lambda text: len(text) < len(told[2]))
    assert is_cut
    assert len(short) < len(whole[0])
    assert experts.complete("generate", question) == whole


def test_fits_is_what_the_prompt_takes(experts: Experts, bundle: Bundle) -> None:
    assert experts.fits("extract", said("hi"))
    long = said("a b " * bundle.manifest.model.context_length)
    assert not experts.fits("extract", long)
    with pytest.raises(ContractError, match="too long"):
        experts.run("extract", long)
