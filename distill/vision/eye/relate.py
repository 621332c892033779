"""From single things to facts about the picture: plain sums over what was found, with nothing that is learnt.

What was never taught is told with doubt. So a category is looked for among what stands there: the thing most like a
tool is the tool, and what looks like that thing is counted with it. Two of a kind are told by their looks.
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import log_softmax

from distill.corpus.scenes.layouts import REGIONS
from distill.corpus.scenes.pictograms import told_apart
from distill.vision.told import CATEGORY_WORDS, FACTS, MOST

_NAMED = len(CATEGORY_WORDS)
_ALIKE, _ALIKE_SLOPE = 0.28, 40.0  # the cosine from which two things count as one pictogram, and how sharply
_SURE = 1.5  # how much a category's odds decide which thing is meant
_TEMPER, _LEAST = 0.7, -6.0  # of log shares where many are added: errors within a category come together
_BLUR = 0.35  # of a number, in things
_EDGE = 0.02  # of a region, in parts of the picture
_LARGER = 100.0  # how sharply a side, in parts of the square, decides what is the largest
_FAR = 20.0


@dataclass(frozen=True)
class Things:
    """What was found: `boxes` float32 `[B, N, 3]` (centre across and down in parts of the picture, side in parts of the
    square), `sure` `[B, N]`, `kinds` logits `[B, N, kinds]`, `looks` `[B, N, F]`; of the drawn thing and the sign, if
    there is one, `colours` `[B, 2, 10]` and `words` `[B, words]`, both log shares.
    """

    boxes: torch.Tensor
    sure: torch.Tensor
    kinds: torch.Tensor
    looks: torch.Tensor
    colours: torch.Tensor
    words: torch.Tensor


def relate(things: Things) -> dict[str, torch.Tensor]:
    """A share of each word of each fact, `[B, queries, words]`."""
    kinds = log_softmax(things.kinds, -1)
    there = things.sure * (1 - kinds[..., _NAMED:].exp().sum(-1)).clamp(0, 1)  # [B, N]: a pictogram stands there
    alike = _alike(things.looks) * there.unsqueeze(1)  # [B, N, N]
    named = log_softmax(things.kinds[..., :_NAMED], -1)
    shared = alike @ named / (alike.sum(-1, keepdim=True) + 1e-3)  # the same thing seen several times
    named = log_softmax(torch.where(there.unsqueeze(-1) > 0.01, shared, named), -1)
    meant = _meant(named, there)
    return {
        "count": meant @ _number(alike.sum(-1)),
        "place": meant @ _place(things.boxes[..., :2]),
        "odd": _odd(named, there).unsqueeze(1),
        "largest": _largest(named, there, things.boxes[..., 2]).unsqueeze(1),
        "body": _if_there(things.colours[:, 0], _most(things, kinds, _NAMED)),
        "part": _if_there(things.colours[:, 1], _most(things, kinds, _NAMED)),
        "sign": _if_there(things.words, _most(things, kinds, _NAMED + 1)),
        "total": _number(things.sure.sum(-1, keepdim=True)),
    }


def _alike(looks: torch.Tensor) -> torch.Tensor:
    """`[B, N, N]`: whether two things look alike, or each like a third."""
    norm = looks / (looks * looks).sum(-1, keepdim=True).sqrt().clamp(min=1e-3)
    alike = (_ALIKE_SLOPE * (norm @ norm.transpose(-1, -2) - _ALIKE)).sigmoid()
    return (alike.unsqueeze(-1) * alike.unsqueeze(1)).amax(2)


def _meant(named: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """`[B, categories, N]`: which thing a category's word means, were there one."""
    odds = named - (1 - named.exp()).clamp(min=1e-4).log()
    return (_SURE * odds + (there + 1e-4).log().unsqueeze(-1)).transpose(1, 2).softmax(-1)


def _number(number: torch.Tensor) -> torch.Tensor:
    """`[B, ..]` -> `[B, .., words]`."""
    far = (number.unsqueeze(-1) - torch.arange(MOST + 1)) / _BLUR
    return (-0.5 * far * far).softmax(-1)


def _place(centre: torch.Tensor) -> torch.Tensor:
    """Centres `[B, N, 2]` -> shares of the regions and of elsewhere, `[B, N, 6]`."""
    x, y = centre[..., 0], centre[..., 1]
    shares = []
    for left, right, top, bottom in REGIONS.values():
        bounds = (x - left, right - x, y - top, bottom - y)
        inner = [
            (bound / _EDGE).sigmoid()
            for bound, at in zip(bounds, (left, 1 - right, top, 1 - bottom), strict=True)
            if at > 0
        ]
        share = inner[0]
        for more in inner[1:]:
            share = share * more
        shares.append(share)
    told = torch.stack(shares, -1)
    return torch.cat([told, (1 - told.sum(-1, keepdim=True)).clamp(min=0)], -1)


def _odd(named: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """`[B, categories]`: of which category one thing is where all others are of another, by Bayes' rule."""
    told = (_TEMPER * named).clamp(min=_LEAST) * there.unsqueeze(-1)  # [B, N, categories]
    others = told.sum(1, keepdim=True) - told  # [B, N, usual]
    both = others.unsqueeze(-1) + told.unsqueeze(2)  # [B, N, usual, odd]
    both = both + (there + 1e-6).log().unsqueeze(-1).unsqueeze(-1) - _FAR * ~_pairs()
    return both.flatten(1, 2).logsumexp(1).softmax(-1)


def _pairs() -> torch.Tensor:
    """bool `[usual, odd]`: which two a scene with an odd one may hold."""
    return torch.tensor([[usual in told_apart(odd) for odd in CATEGORY_WORDS] for usual in CATEGORY_WORDS])


def _largest(named: torch.Tensor, there: torch.Tensor, side: torch.Tensor) -> torch.Tensor:
    """`[B, categories]`: what the largest thing is and the others are not."""
    large = (_LARGER * side + 8 * (there + 1e-6).log()).softmax(-1).unsqueeze(-1)  # [B, N, 1]
    first = (large * named).sum(1)
    others = (named - _FAR * large + (there + 1e-6).log().unsqueeze(-1)).amax(1)
    share = (0.5 * first).exp() * (first - others).clamp(-_FAR, _FAR).sigmoid()
    return share / share.sum(-1, keepdim=True)


def _most(things: Things, kinds: torch.Tensor, kind: int) -> torch.Tensor:
    """`[B]`: how surely something of the kind stands there."""
    return (things.sure * kinds[..., kind].exp()).amax(-1)


def _if_there(told: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Log shares `[B, words]` -> `[B, 1, words and none]`."""
    share = there.view(-1, 1)
    return torch.cat([told.softmax(-1) * share, 1 - share], -1).unsqueeze(1)


assert set(FACTS) == {"count", "place", "odd", "largest", "body", "part", "sign", "total"}
