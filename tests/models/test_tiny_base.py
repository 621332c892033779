"""The embedded base: its script gives its log again, its parts and its checkpoint are what the card says."""

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer

from runtime_py import operations

FOLDER = Path(__file__).parents[2] / "models" / "memlora-tiny"
NAMES = ("batches", "initial_weights", "optimizer", "scene", "skills", "tokenizer", "trainer")


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The modules beside the checkpoint, importable as they are for train.py."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: importlib.import_module(name) for name in NAMES}
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(FOLDER / "tokenizer.json"))


def log() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / "train_log.jsonl").read_text("utf-8").splitlines()]


def test_the_first_steps_from_the_seed_have_the_losses_of_the_log(
    scripts: dict[str, ModuleType], tokenizer: Tokenizer
) -> None:
    """Same seed, same data, same mathematics; only the order of fp32 sums may differ from machine to machine."""
    trainer = scripts["trainer"].Trainer(scripts["batches"].Config(), tokenizer)
    for row in log()[:3]:
        loss = trainer.train_step()
        assert trainer.step == row["step"]
        assert trainer.tokens == row["tokens"]
        assert loss == pytest.approx(row["loss"], abs=5e-3)


def test_a_resumed_run_goes_on_exactly(scripts: dict[str, ModuleType], tokenizer: Tokenizer, tmp_path: Path) -> None:
    batches = scripts["batches"]
    config = batches.Config(seed=1, stages=(batches.Stage(0, 64, 2, True), batches.Stage(3, 96, 2)))
    straight = scripts["trainer"].Trainer(config, tokenizer)
    losses = [straight.train_step() for _ in range(2)]
    straight.save(tmp_path / "state.pt")
    losses += [straight.train_step() for _ in range(2)]
    resumed = scripts["trainer"].Trainer(config, tokenizer)
    resumed.resume(tmp_path / "state.pt")
    assert [resumed.train_step() for _ in range(2)] == losses[2:]
    for name, weight in straight.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_a_state_of_another_configuration_is_refused(
    scripts: dict[str, ModuleType], tokenizer: Tokenizer, tmp_path: Path
) -> None:
    config = scripts["batches"].Config
    scripts["trainer"].Trainer(config(seed=1), tokenizer).save(tmp_path / "state.pt")
    with pytest.raises(SystemExit, match="another configuration"):
        scripts["trainer"].Trainer(config(seed=2), tokenizer).resume(tmp_path / "state.pt")


def test_no_training_text_is_a_memory_operation(scripts: dict[str, ModuleType]) -> None:
    """Neither the operations' system prompts nor the frames of their inputs and outputs occur."""
    text = "\n".join(scripts["tokenizer"].training_text(3000, seed=9))
    for name in operations.names():
        assert operations.get(name).system not in text
    assert not re.search(r"^date: ", text, re.MULTILINE)
    assert not re.search(r"^memories:$", text, re.MULTILINE)
    assert not re.search(r"^question: ", text, re.MULTILINE)
    assert not set(scripts["skills"].SYSTEMS) & {operations.get(name).system for name in operations.names()}


def test_training_uses_words_of_the_training_split_alone(scripts: dict[str, ModuleType]) -> None:
    words = importlib.import_module("distill.corpus.words")
    scene = scripts["scene"].Scene(Random(4))
    for _ in range(300):
        assert words.split_of(scene.word()) == words.split_of(scene.name()) == "train"
    for _ in range(300):
        fact = scene.fact()
        value, kind = fact.values["a"], dict(fact.attribute.slots)["a"]
        assert kind in words.CLOSED or all(words.split_of(part) == "train" for part in value.split())


@pytest.mark.parametrize("shape", [(3, 40, 64), (2, 32, 96), (2, 96, 32)])
def test_muon_orthogonalises_in_fp32(scripts: dict[str, ModuleType], shape: tuple[int, int, int]) -> None:
    """Against the singular value decomposition: same singular vectors, values pulled towards 1."""
    torch.manual_seed(0)
    stack = torch.randn(shape)
    found = scripts["optimizer"].orthogonalise(stack)
    left, _, right = torch.linalg.svd(stack, full_matrices=False)
    singular = left.mT @ found @ right.mT
    diagonal = torch.diagonal(singular, dim1=-2, dim2=-1)
    assert found.dtype == torch.float32
    assert (singular - torch.diag_embed(diagonal)).abs().max() < 1e-3
    assert 0.3 < diagonal.min() <= diagonal.max() < 1.3


def test_muon_moves_as_torchs_own_does(scripts: dict[str, ModuleType]) -> None:
    """torch.optim.Muon iterates in bf16: the two agree to its precision."""
    torch.manual_seed(0)
    start, gradients = torch.randn(48, 32), [torch.randn(48, 32) for _ in range(3)]
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    optimizers = (
        scripts["optimizer"].Muon([ours], lr=0.1, weight_decay=0.02),
        torch.optim.Muon([theirs], lr=0.1, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
    )
    for gradient in gradients:
        for weight, optimizer in zip((ours, theirs), optimizers, strict=True):
            weight.grad = gradient.clone()
            optimizer.step()
    moved = (theirs - start).norm()
    assert (ours - theirs).norm() < 0.05 * moved


def test_the_first_weights_already_copy(scripts: dict[str, ModuleType]) -> None:
    """The built-in induction circuit points from a repeated token to what followed it."""
    model = scripts["initial_weights"].build_model(2048, 7).eval()
    span = torch.randperm(1000, generator=torch.Generator().manual_seed(1))[:30] + 500
    with torch.no_grad():
        logits = model(torch.cat([span, span])[None]).logits[0, 30:-1]
    rank = (logits > logits.gather(1, span[1:, None])).sum(1).float()
    assert rank.median() < 205  # of 2048: in the first tenth


@pytest.mark.parametrize("word", ["kluvo", "smockro", "ukghaxi", "Kluvo", "Cleeza", "2023", "zzzq"])
def test_a_word_has_the_same_tokens_wherever_it_stands(tokenizer: Tokenizer, word: str) -> None:
    """After a line break, a quote, a space, a comma: so copying is copying of tokens."""
    alone = tokenizer.encode(word, add_special_tokens=False).tokens
    for frame in ("\n{}\n", '"{}"', "the {}.", "x, {}!", "({})", ": {}"):
        tokens = tokenizer.encode(frame.format(word), add_special_tokens=False).tokens
        assert any(tokens[start : start + len(alone)] == alone for start in range(len(tokens))), (frame, tokens)


@pytest.mark.slow
def test_the_tokenizer_is_built_from_its_seed(scripts: dict[str, ModuleType], tokenizer: Tokenizer) -> None:
    built = scripts["tokenizer"].build_tokenizer()
    probe = "\n".join(scripts["tokenizer"].training_text(50, seed=3))
    assert built.get_vocab() == tokenizer.get_vocab()
    assert built.encode(probe).ids == tokenizer.encode(probe).ids


@pytest.mark.parametrize(
    "text", ["", "a  b\t\n c", "Ünï 漢字 🙂", "don't I'm ADD McDonald's", '{"facts":["a","b"]}', "\x00\x7f"]
)
def test_every_text_survives_the_tokenizer(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids, skip_special_tokens=False) == text


def test_the_checkpoint_is_a_stock_one_and_can_be_quantized() -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(FOLDER)
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    config = model.config
    assert model.dtype == torch.bfloat16
    assert config.model_type == "qwen2"
    assert config.tie_word_embeddings
    assert config.vocab_size == len(tokenizer) == 2048
    assert config.eos_token_id == tokenizer.eos_token_id == tokenizer.convert_tokens_to_ids("<|im_end|>")
    linears = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    assert all(linear.in_features % 128 == 0 for linear in linears)
    assert all(bool(torch.isfinite(weight).all()) for weight in model.parameters())
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}], tokenize=False, add_generation_prompt=True
    )
    assert chat == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_the_log_ends_with_the_last_step(scripts: dict[str, ModuleType]) -> None:
    rows = log()
    assert [row["step"] for row in rows[:5]] == [1, 2, 3, 4, 5]
    assert rows[-1]["step"] == scripts["batches"].Config().steps
    assert rows[-1]["average"] < 0.3 < rows[0]["average"]


def test_the_checkpoint_has_the_skills_of_the_log(scripts: dict[str, ModuleType], tokenizer: Tokenizer) -> None:
    """bf16 weights against the fp32 ones of the last step: an answer of a few dozen may differ."""
    from transformers import Qwen2ForCausalLM

    model = Qwen2ForCausalLM.from_pretrained(FOLDER, dtype=torch.float32)
    names = ("read_one", "relation", "number", "repeat")
    found = scripts["trainer"].skill_accuracies(model, tokenizer, names=names)
    logged = log()[-1]["skills"]
    assert found == pytest.approx({name: logged[name] for name in names}, abs=0.1)
    assert min(found.values()) > 0.85
