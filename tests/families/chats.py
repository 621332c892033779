"""Tokenizers and chat templates as the families have them, tiny."""

import json
from pathlib import Path
from typing import Any

from tests.conftest import SENTENCES
from tests.families.models import random_model

GEMMA_SPECIALS = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
GEMMA_TEMPLATE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set first = messages[0]['content'] + '\n\n' %}"
    "{% set rest = messages[1:] %}{% else %}{% set first = '' %}{% set rest = messages %}{% endif %}"
    "{% for m in rest %}{% set role = 'model' if m['role'] == 'assistant' else m['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + (first if loop.first else '') + m['content'] + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
LLAMA_SPECIALS = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
LLAMA_TEMPLATE = (
    "{{ bos_token }}{% if not date_string is defined %}{% if strftime_now is defined %}"
    "{% set date_string = strftime_now('%d %b %Y') %}{% else %}{% set date_string = '1 Jan 2000' %}{% endif %}"
    "{% endif %}<|start_header_id|>system<|end_header_id|>\n\nToday Date: {{ date_string }}\n\n"
    "{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% endif %}<|eot_id|>"
    "{% for m in messages if m['role'] != 'system' %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)

LLAMA2_TEMPLATE = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + '</s>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)


def write_tokenizer(folder: Path, specials: list[str], template: str, **names: str) -> Any:
    """A byte-level tokenizer whose first ids are `specials`; `names` are `eos_token` and its like."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=384, min_frequency=1, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)
    fast.chat_template = template
    fast.save_pretrained(folder)
    return fast


def write_gemma(folder: Path, extra: str | None = None) -> Path:
    """A Gemma whose tokenizer's eos is not what ends a turn; `extra` is one more special token.

    Its id is the size of the model's vocabulary, as that of the real one's image token is.
    """
    names = {"eos_token": "<eos>", "bos_token": "<bos>", "pad_token": "<pad>"}
    fast = write_tokenizer(folder, GEMMA_SPECIALS, GEMMA_TEMPLATE, **names)
    vocab = len(fast) if extra else 384
    if extra:
        fast.add_special_tokens({"additional_special_tokens": [extra]})
        fast.save_pretrained(folder)
    sizes = {"max_position_embeddings": 1024, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
    random_model("Gemma 3", vocab_size=vocab, **sizes).save_pretrained(folder)
    return folder


def write_llama(folder: Path) -> Path:
    """A Llama 3.2, whose template writes today's date."""
    write_tokenizer(folder, LLAMA_SPECIALS, LLAMA_TEMPLATE, eos_token="<|eot_id|>", bos_token="<|begin_of_text|>")
    sizes: dict[str, Any] = {
        "max_position_embeddings": 1024,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": None,
    }
    random_model("Llama 3.2", **sizes).save_pretrained(folder)
    return folder


def write_llama2(folder: Path) -> Path:
    """A Llama whose tokenizer is that of Llama 2: it begins every text with a blank, which its decoder takes off."""
    from transformers import PreTrainedTokenizerFast

    folder.mkdir(parents=True)
    fast = PreTrainedTokenizerFast(tokenizer_object=llama2_tokenizer(), eos_token="</s>", bos_token="<s>")
    fast.chat_template = LLAMA2_TEMPLATE
    fast.save_pretrained(folder)
    sizes: dict[str, Any] = {
        "vocab_size": 480, "max_position_embeddings": 1024, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": None
    }  # fmt: skip
    random_model("SmolLM2", **sizes).save_pretrained(folder)
    return folder


def llama2_tokenizer(is_joined: bool = False) -> Any:
    """SentencePiece's BPE as `tokenizer.json` has it: blanks are `▁`, one is put first, unknown letters are bytes.

    `is_joined` lets a token hold letters beside punctuation, blanks before it among them: `▁{"facts`.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    blanks = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    apart = pre_tokenizers.Sequence([blanks, pre_tokenizers.Punctuation("isolated")])
    tokenizer.pre_tokenizer = blanks if is_joined else apart
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(
        vocab_size=480,
        min_frequency=1,
        special_tokens=specials,
        initial_alphabet=list('▁{}[]":,0123456789'),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*SENTENCES, *SENTENCES], trainer)
    tokenizer.pre_tokenizer = None
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    document = json.loads(tokenizer.to_str())
    document["added_tokens"] = [a for a in document["added_tokens"] if not a["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(document))
