"""The loss of a base against its checkpoint: against torch's own losses, and in order of the bits."""

import json
import math
import random
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from calibration.loss import Loss, measure_loss
from calibration.quantize import quantize_checkpoint
from calibration.texts import CHUNK_TOKENS, cut, evenly, read_texts
from memlora_cli.main import main
from runtime_py.errors import ConfigError


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    known = ["tea", "milk", "Anna", "Tom", "walks", "buys", "and", "then", "where", "is", "my", "red", "coat"]
    chance = random.Random(5)
    words = [chance.choice(known) for _ in range(900)]
    path = tmp_path_factory.mktemp("text") / "talk.txt"
    path.write_text(" ".join(words))
    return path


@pytest.fixture(scope="module")
def losses(checkpoint: Path, text: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Loss]:
    folder = tmp_path_factory.mktemp("bases")
    bases = {bits: quantize_checkpoint(checkpoint, folder / str(bits), bits=bits) for bits in (4, 8)}
    chunks = evenly(cut(checkpoint, read_texts([text])), 768)
    return {bits: measure_loss(checkpoint, base, chunks) for bits, base in bases.items()}


def test_perplexity_is_torchs(checkpoint: Path, text: Path, losses: dict[int, Loss]) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(checkpoint)(text.read_text(), verbose=False)["input_ids"]
    chunks = [tokens[start : start + 384] for start in range(0, len(tokens) - 383, 384)]
    chunks = chunks[:: max(1, len(chunks) // 2)][:2]
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    with torch.no_grad():
        found = [float(model(torch.tensor([c]), labels=torch.tensor([c])).loss) for c in chunks]
    assert losses[8].perplexity_checkpoint == pytest.approx(math.exp(sum(found) / 2), rel=1e-5)
    assert losses[8].tokens == 768


def test_fewer_bits_lose_more(losses: dict[int, Loss]) -> None:
    four, eight = losses[4], losses[8]
    assert 0 < eight.kl < four.kl / 20
    assert four.best_token_agreement < eight.best_token_agreement <= 1
    assert abs(eight.ratio - 1) < 0.01
    assert len(eight.layers) == 3  # the embedding and two layers
    assert all(a < b / 5 for a, b in zip(eight.layers, four.layers, strict=True))


def test_a_high_loss_says_what_to_do() -> None:
    assert Loss(10, 20.0, 20.9, 0.0, 1.0, []).advice is None
    advice = Loss(10, 20.0, 22.0, 0.1, 0.8, []).advice
    assert advice is not None
    assert advice.startswith("perplexity grows 1.100 times, more than 1.05: quantize with --bits 8")


def test_texts_that_are_none_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected text files, or folders with .txt files, found none"):
        read_texts([tmp_path])
    (tmp_path / "short.txt").write_text("too short")
    with pytest.raises(ConfigError, match="expected at least 384 tokens in one of them"):
        cut(checkpoint, read_texts([tmp_path]))


def test_the_command(checkpoint: Path, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = quantize_checkpoint(checkpoint, tmp_path / "base", bits=8)
    arguments = ["calibrate", str(checkpoint), "--base", str(base), "--data", str(text), "--tokens", "384", "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tokens"] == 384
    assert found["ratio"] == pytest.approx(found["perplexity_base"] / found["perplexity_checkpoint"])


def test_each_chunk_begins_as_the_tokenizer_begins_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tokens(text: str, add_special_tokens: bool = True, verbose: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [2] * add_special_tokens + [10 + place for place in range(len(text))]}

    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", lambda _folder: tokens)
    first, second = cut(tmp_path, ["x" * 800, "y" * 100])
    assert first == [2, *range(10, 393)]
    assert second == [2, *range(393, 776)]


@pytest.mark.parametrize(("count", "taken"), [(15, 8), (100, 64), (7, 8), (16, 8)])
def test_chunks_are_taken_from_all_of_a_text(count: int, taken: int) -> None:
    places = [place for (place,) in evenly([[place] for place in range(count)], taken * CHUNK_TOKENS)]
    assert len(places) == min(count, taken)
    widest = -(-count // len(places))
    assert places[0] == 0
    assert all(0 < later - earlier <= widest for earlier, later in pairwise([*places, count]))
