"""A byte-level BPE tokenizer of real size: learnt on English, then filled up with made-up words."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from runtime_py.files import read_examples

LEARNT_TOKENS = 6000
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Pieces like those of published models: words with their blank, single digits, punctuation by itself.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_ROOT = Path(__file__).parents[2]


def write_tokenizer(folder: Path, vocabulary: int) -> None:
    """`tokenizer.json`, its configuration and chat template in `folder`; ids 0 to `vocabulary` - 1 all exist."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        _texts(),
        trainers.BpeTrainer(
            vocab_size=min(LEARNT_TOKENS, vocabulary),
            min_frequency=1,
            special_tokens=list(SPECIALS),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    document = json.loads(tokenizer.to_str())
    known = document["model"]["vocab"]
    made_up = _words()
    while len(known) < vocabulary:
        known.setdefault(next(made_up), len(known))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(document)), eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(folder)


def _texts() -> Iterator[str]:
    """What the repository holds of English: prompts, the turn of the benchmark (often, so its words are learnt)."""
    for example in read_examples(_ROOT / "evaluation" / "bench" / "turn.jsonl"):
        for text in _strings(asdict(example)):
            yield from [text] * 3
    for path in [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]:
        yield path.read_text("utf-8")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _words() -> Iterator[str]:
    """Syllables strung together, half of them with the blank (`Ġ`) that most tokens begin with."""
    random = np.random.default_rng(0)
    syllables = [c + v + e for c in "bcdfghjklmnprstvwz" for v in "aeiou" for e in ("", "n", "r", "s", "l")]
    while True:
        word = "".join(random.choice(syllables, int(random.integers(2, 5))))
        yield f"Ġ{word}" if random.random() < 0.5 else word
