"""Teaching what crops show: kinds by the tower's features, a drawn thing's colours, a sign's word."""

from collections.abc import Callable, Sequence
from zlib import crc32

import torch
from torch import nn
from torch.nn.functional import cross_entropy, nll_loss

from distill.corpus.scenes.colours import CENTRES, COLOURS
from distill.vision.eye.crops import around, crop
from distill.vision.eye.material import Material, coordinates, kind_of, off
from distill.vision.eye.names import AROUND, PART, READ, SIGN_AROUND, Colours, Namer, Signs
from distill.vision.eye.painted import Box
from distill.vision.eye.shelf import Shelf
from distill.vision.told import KINDS, SIGN_WORDS
from distill.vision.tower import DEVIATION, MEAN, Tower
from runtime_py.progress import Progress

FOLDS = 3
_NAME_BATCH, _NAME_RATE, _NAME_DECAY, _SMOOTH, _DROPPED = 256, 1e-3, 0.3, 0.1, 0.5
_SHADE = 0.45  # how far from a colour's middle its shades are, in the tower's units
_ROLE_WEIGHT = torch.tensor([1.0, 1.0, 3.0])  # around, body, part
_CLOSE_BATCH, _CLOSE_RATE, _CLOSE_DECAY = 32, 2e-3, 0.02


def teach_namer(namer: Namer, features: torch.Tensor, shown: Sequence[Box], steps: int, seed: int) -> Shelf:
    """Teaches `namer` on all, and for the shelf a namer on each share of the names but one."""
    features = features.float()
    with torch.no_grad():
        namer.mean.copy_(features.mean(0))  # type: ignore[operator]
        namer.deviation.copy_(features.std(0).clamp(min=1e-2))  # type: ignore[operator]
    looks = namer.level(features)
    kinds = torch.tensor([kind_of(box) for box in shown])
    share = torch.tensor([_share(box, place) for place, box in enumerate(shown)])
    told = torch.zeros(len(shown), len(KINDS))
    for left in range(FOLDS):
        other = Namer()
        _fit(other, looks[share != left], kinds[share != left], steps, seed)
        with torch.no_grad():
            told[share == left] = other(looks[share == left])
    _fit(namer, looks, kinds, steps, seed)
    return Shelf(told.numpy(), looks.half().numpy(), kinds.numpy(), tuple(box.name for box in shown))


def _share(box: Box, place: int) -> int:
    """By name, but that signs and made-up things, which have no names, come to all shares."""
    return place % FOLDS if box.name in ("sign", "made-up") else crc32(box.name.encode()) % FOLDS


def _fit(namer: Namer, looks: torch.Tensor, kinds: torch.Tensor, steps: int, seed: int) -> None:
    """Every kind counts alike, however many of it were shown; dropped features keep few from deciding."""
    torch.manual_seed(seed)
    nn.init.zeros_(namer.kinds.weight)
    nn.init.zeros_(namer.kinds.bias)
    weight = 1 / kinds.bincount(minlength=len(KINDS)).clamp(min=1)[kinds].float()
    optimizer = torch.optim.AdamW(namer.kinds.parameters(), _NAME_RATE, weight_decay=_NAME_DECAY)
    for _ in range(steps):
        rows = torch.multinomial(weight, _NAME_BATCH, replacement=True)
        given = nn.functional.dropout(looks[rows], _DROPPED)
        loss = cross_entropy(namer(given), kinds[rows], label_smoothing=_SMOOTH)
        torch.autograd.backward(loss)
        optimizer.step()
        optimizer.zero_grad()


def teach_colours(
    colours: Colours, tower: Tower, material: Material, steps: int, seed: int, progress: Progress
) -> None:
    """From crops of drawn things, which are cut anew each time."""
    held = [(row, box) for row, boxes in enumerate(material.boxes) for box in boxes if len(box.holds) == 2]

    def loss(rows: torch.Tensor) -> torch.Tensor:
        given = _cut(tower, material, [held[row] for row in rows], (AROUND, AROUND), PART, source)
        wanted = torch.tensor([[COLOURS.index(colour) for colour in held[row][1].holds] for row in rows])
        told, roles = colours(given)
        right = _roles(given, wanted)
        shown = right >= 0
        hues = colours.hues(nn.functional.avg_pool2d(given, 2)).flatten(2).transpose(1, 2)  # [B, places, 10]
        each = torch.where(right == 1, wanted[:, :1], wanted[:, 1:])
        named = cross_entropy(hues[right > 0], each[right > 0])
        sort = cross_entropy(roles.transpose(1, 2)[shown], right[shown], _ROLE_WEIGHT)
        return nll_loss(told.flatten(0, 1), wanted.flatten()) + sort + 0.3 * named

    source = torch.Generator().manual_seed(seed)
    _learn(colours, loss, len(held), steps, source, "colours", progress)


def _roles(crops: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """int64 `[B, places]`: 1 near the body's colour, 2 near the part's, 0 far from both, -1 in between."""
    centres = torch.tensor(list(CENTRES.values()), dtype=torch.float32)
    centres = (centres - torch.tensor(MEAN)) / torch.tensor(DEVIATION)
    places = nn.functional.avg_pool2d(crops, 2).flatten(2).transpose(1, 2).unsqueeze(2)  # [B, places, 1, 3]
    far = (places - centres[wanted].unsqueeze(1)).abs().amax(-1)  # [B, places, 2]
    near, which = far.min(-1)
    return torch.where(near < _SHADE, 1 + which, torch.where(near > 2 * _SHADE, 0, -1))


def teach_signs(signs: Signs, tower: Tower, material: Material, steps: int, seed: int, progress: Progress) -> None:
    """From crops of signs, which are cut anew each time."""
    held = [(row, box) for row, boxes in enumerate(material.boxes) for box in boxes if box.name == "sign"]

    def loss(rows: torch.Tensor) -> torch.Tensor:
        given = _cut(tower, material, [held[row] for row in rows], SIGN_AROUND, READ, source)
        wanted = torch.tensor([SIGN_WORDS.index(held[row][1].holds[0]) for row in rows])
        return cross_entropy(signs(given), wanted)

    source = torch.Generator().manual_seed(seed)
    _learn(signs, loss, len(held), steps, source, "signs", progress)


def _cut(
    tower: Tower, material: Material, held: Sequence[tuple[int, Box]], wide: tuple[float, float],
    size: tuple[int, int], source: torch.Generator,
) -> torch.Tensor:  # fmt: skip
    made = []
    for row, box in held:
        normal = tower.normalise(torch.from_numpy(material.pixels[row : row + 1]).float())
        made.append(crop(normal, around(off(coordinates([box]), source), *wide), size)[0])
    return torch.cat(made)


def _learn(
    head: nn.Module, loss_of: Callable[[torch.Tensor], torch.Tensor], count: int, steps: int,
    source: torch.Generator, name: str, progress: Progress,
) -> None:  # fmt: skip
    optimizer = torch.optim.AdamW(head.parameters(), _CLOSE_RATE, weight_decay=_CLOSE_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _CLOSE_RATE, total_steps=steps, pct_start=0.1)
    head.train()
    torch.manual_seed(source.initial_seed())
    for step in range(1, steps + 1):
        loss = loss_of(torch.randint(count, (_CLOSE_BATCH,), generator=source))
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(head.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 50 == 0 or step == steps:
            progress(name, step, steps, f"loss {float(loss.detach()):.3f}")
    head.eval()
