"""What a step trains on: rows of token ids with loss weights, each from its own seed."""

from dataclasses import dataclass
from random import Random

import torch
from scene import Scene
from skills import SKILLS, SYSTEMS
from tokenizer import SPECIAL, dialogue
from tokenizers import Tokenizer

_, START, STOP = SPECIAL


@dataclass(frozen=True)
class Stage:
    """From `first_step` on: rows of `length` tokens, `rows` a step; `warm` favours random copying."""

    first_step: int
    length: int
    rows: int
    warm: bool = False


@dataclass(frozen=True)
class Config:
    """The resolved run: learning rates warm up for 60 steps, hold, and fall to 2 % after the share `decay_from`."""

    seed: int = 7
    steps: int = 2800
    matrix_lr: float = 2.5e-3
    other_lr: float = 2.5e-3
    decay_from: float = 0.4
    stages: tuple[Stage, ...] = (
        Stage(0, 128, 32, True),
        Stage(200, 256, 16),
        Stage(1400, 384, 11),
        Stage(1900, 512, 8),
    )


def encode_chat(tokenizer: Tokenizer, turns: list[tuple[str, str]], random: Random) -> tuple[list[int], list[float]]:
    """Token ids and loss weights of one conversation: 1 on answers, .1 on a quarter of the prompts' tokens."""
    ids: list[int] = []
    weights: list[float] = []
    if random.random() < 0.3:
        ids = tokenizer.encode(f"{START}system\n{random.choice(SYSTEMS)}{STOP}\n", add_special_tokens=False).ids
        weights = [0.0] * len(ids)
    for user, answer in turns:
        prompt = tokenizer.encode(f"{START}user\n{user}{STOP}\n{START}assistant\n", add_special_tokens=False).ids
        reply = tokenizer.encode(f"{answer}{STOP}\n", add_special_tokens=False).ids
        ids += prompt + reply
        weights += [0.1 if random.random() < 0.25 else 0.0 for _ in prompt] + [1.0] * len(reply)
    return [*ids, 0], [*weights, 0.0]


def sample(scene: Scene, tokenizer: Tokenizer, warm: bool) -> tuple[list[int], list[float]]:
    """Token ids and loss weights of one training text: random copying, shuffled notes, a dialogue, or a skill."""
    random, roll = scene.random, scene.random.random()
    if roll < (0.25 if warm else 0.04):
        span = [random.randrange(3, tokenizer.get_vocab_size()) for _ in range(random.randint(4, 24))]
        times = random.randint(1, 2)
        return span * (1 + times) + [0], [0.0] * len(span) + [1.0] * (len(span) * times) + [0.0]
    if roll < (0.30 if warm else 0.11):
        ids = tokenizer.encode(dialogue(scene), add_special_tokens=False).ids
        return [*ids, 0], [0.3] * (len(ids) + 1)
    if roll < (0.42 if warm else 0.14):
        lines = [f"{line}." for line in scene.lines(random.randint(1, 5), 0.8)]
        ids = tokenizer.encode(
            " ".join(lines) + "\n" + " ".join(random.sample(lines, len(lines))), add_special_tokens=False
        ).ids
        return [*ids, 0], [0.5] * (len(ids) + 1)
    skills, shares = zip(*SKILLS, strict=True)
    return encode_chat(tokenizer, random.choices(skills, shares)[0](scene), random)


def batch(config: Config, step: int, tokenizer: Tokenizer) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and loss weights [B, T] of a step; row b depends on (seed, step, b) alone."""
    stage = [stage for stage in config.stages if stage.first_step <= step][-1]
    ids = torch.zeros(stage.rows, stage.length, dtype=torch.long)
    weights = torch.zeros(stage.rows, stage.length)
    for row in range(stage.rows):
        scene = Scene(Random(f"{config.seed}:{step}:{row}"))
        filled = misses = 0
        while filled < stage.length - 8 and misses < 4:
            tokens, shares = sample(scene, tokenizer, stage.warm)
            end = filled + len(tokens)
            if end > stage.length:
                misses += 1
                continue
            ids[row, filled:end], weights[row, filled:end] = torch.tensor(tokens), torch.tensor(shares)
            filled = end
    return ids, weights
