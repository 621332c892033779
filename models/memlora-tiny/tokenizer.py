"""Byte-level BPE in which a word has the same tokens wherever it stands.

Capitalised words and digits never absorb the space before them. Lower-case words are learnt without it too; only then
frequent whole words get one more merge with the space, at the lowest priority, so that text stays short.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

from scene import Scene, speaker_facts
from skills import SKILLS
from text_skills import CODES
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from distill.corpus.speech import message

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
VOCABULARY = 2048
SPACED_WORDS = 260
WHOLE_WORDS = ("facts", "memory", "memories", "date", "question", "answer", "event", "no", "information", "available")
_SPLIT = r"'(?:s|m|re|ve|ll|d|t)(?![A-Za-z])|[A-Z]+(?![a-z])|[A-Z][a-z]*| ?[a-z]+|[0-9]+|[^A-Za-z0-9\s]+|\s"
_SPLIT_WITHOUT_SPACE = _SPLIT.replace(" ?[a-z]+", "[a-z]+")


def dialogue(scene: Scene) -> str:
    """A few messages between two people, one a line."""
    random, pair = scene.random, scene.names(2)
    text = ""
    for index in range(random.randint(2, 6)):
        name, other = pair[index % 2], pair[1 - index % 2]
        sentences = [scene.say(fact) for fact in speaker_facts(scene, name, random.choice([0, 1, 1, 2]))]
        text += f"{name}: {message(random, sentences, other, scene.split)}\n"
    return text


def training_text(count: int, seed: int) -> Iterator[str]:
    """Text of the training split: skills and dialogues."""
    scene = Scene(Random(seed))
    skills, weights = zip(*SKILLS, strict=True)
    for index in range(count):
        if index % 4 == 0:
            yield dialogue(scene)
        else:
            yield "\n".join(f"{user}\n{answer}" for user, answer in scene.random.choices(skills, weights)[0](scene))
    yield " ".join([*CODES, *WHOLE_WORDS] * 3000)


def _pre_tokenizer(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def build_tokenizer(count: int = 30000, seed: int = 1) -> Tokenizer:
    """The tokenizer of `VOCABULARY` tokens, trained on `count` texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _pre_tokenizer(_SPLIT_WITHOUT_SPACE)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - SPACED_WORDS,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(training_text(count, seed), trainer)
    counts: dict[str, int] = {}
    for text in training_text(3000, seed):
        tokens = tokenizer.encode(text, add_special_tokens=False).tokens
        for space, word, after in zip(tokens, tokens[1:], [*tokens[2:], ""], strict=False):
            if space == "Ġ" and word.isascii() and word.isalpha() and word.islower() and not after[:1].islower():
                counts[word] = counts.get(word, 0) + 1
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[:SPACED_WORDS]
    state = json.loads(tokenizer.to_str())
    for word in frequent:
        state["model"]["merges"].append(["Ġ", word])
        state["model"]["vocab"][f"Ġ{word}"] = len(state["model"]["vocab"])
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.pre_tokenizer = _pre_tokenizer(_SPLIT)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Writes tokenizer.json, tokenizer_config.json and the chat template."""
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=SPECIAL[2], pad_token=SPECIAL[0], bos_token=None, model_max_length=2048
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
