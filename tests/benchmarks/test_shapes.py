"""Random models of true shapes: sizes as published, readable by stock tools, the same bytes each time."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.made.shapes import LORA_RANK, SHAPES, Shape, linear_shapes, parameters, write_model
from benchmarks.peer.peer import chat_prompt
from calibration.checkpoint import Checkpoint
from calibration.families import tensor_groups
from runtime_py import operations
from runtime_py.operations.prompt import Prompt
from runtime_py.text.tokenizer import Tokenizer

SMALL = Shape("qwen2", 64, 1, 2, 1, 32, 96, 2048, 1e4, context=256)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shape")
    write_model(SMALL, folder)
    return folder


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("qwen2.5-0.5b", 494_032_768),
        ("qwen3-0.6b", 596_049_920),
        ("llama3.2-1b", 1_235_814_400),
        ("qwen2.5-1.5b", 1_543_714_304),
    ],
)
def test_parameters_are_those_of_the_published_model(name: str, count: int) -> None:
    assert parameters(SHAPES[name]) == count


def test_checkpoint_holds_every_tensor_and_no_two_are_equal(model: Path) -> None:
    opened = Checkpoint.open(model / "checkpoint")
    specs = {spec.name: spec.shape for group in tensor_groups(SMALL.config()) for spec in group}
    assert {name: tensor.shape for name, tensor in opened.tensors.items()} == specs
    values = {name: np.concatenate(list(opened.rows(name))) for name in specs}
    assert all(np.isfinite(v).all() and v.std() > 0.01 for v in values.values())
    assert len({v.tobytes() for v in values.values()}) == len(values)


def test_the_same_seed_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    write_model(SMALL, tmp_path)
    for file in (
        "checkpoint/model.safetensors",
        "checkpoint/tokenizer.json",
        "adapters/update/adapter_model.safetensors",
    ):
        assert (tmp_path / file).read_bytes() == (model / file).read_bytes()


def test_transformers_loads_model_and_adapters(model: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    loaded = AutoModelForCausalLM.from_pretrained(model / "checkpoint")
    assert loaded.num_parameters() == parameters(SMALL)
    for name in operations.names():
        adapted = PeftModel.from_pretrained(
            AutoModelForCausalLM.from_pretrained(model / "checkpoint"), model / "adapters" / name
        )
        lora = [p for key, p in adapted.named_parameters() if "lora_" in key]
        wanted = 2 if operations.get(name).lora_targets == "attention_qv" else len(linear_shapes(SMALL))
        assert len(lora) == 2 * wanted
        assert all(LORA_RANK in p.shape and p.abs().sum() > 0 for p in lora)


def test_tokenizer_has_every_id_and_gives_text_back(model: Path) -> None:
    tokenizer = Tokenizer.from_file(model / "checkpoint" / "tokenizer.json")
    assert tokenizer.vocab_size == SMALL.vocabulary
    text = 'Nadia said: "12 May 2023", déjà vu?\n'
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.encode("<|im_end|>", specials=True) == [tokenizer.id_of("<|im_end|>")]
    assert json.loads((model / "checkpoint" / "config.json").read_text("utf-8"))["vocab_size"] == SMALL.vocabulary


def test_every_peer_gets_the_prompt_of_the_bundle(model: Path) -> None:
    from transformers import AutoTokenizer

    chat = AutoTokenizer.from_pretrained(model / "checkpoint")

    def render(messages: list[dict[str, str]]) -> str:
        return str(chat.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))

    for name in operations.names():
        assert chat_prompt(name) == Prompt.from_chat_template(operations.get(name), render)
