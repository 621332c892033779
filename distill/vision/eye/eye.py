"""The whole eye: a square of pixels -> facts. It looks once at everything and once at each thing."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from distill.vision.eye.crops import around, crop
from distill.vision.eye.finder import Finder, pick
from distill.vision.eye.names import AROUND, LOOK, PART, READ, SIGN_AROUND, Colours, Namer, Signs
from distill.vision.eye.relate import Things, relate
from distill.vision.told import KINDS
from distill.vision.tower import FEATURES, Tower
from runtime_py.errors import ConfigError
from runtime_py.files import write_file_atomic
from runtime_py.images.square import GROUND

HEADS = "eye.safetensors"

_DRAWN, _SIGN = KINDS.index("drawn"), KINDS.index("sign")
_TENTHS = 0.5  # a row of the square belongs to the picture where a pixel differs by so much from the ground around it


class Heads(nn.Module):
    """What is taught of an eye: everything but the tower."""

    def __init__(self) -> None:
        super().__init__()
        self.finder, self.namer, self.colours, self.signs = Finder(), Namer(), Colours(), Signs()

    def write(self, folder: Path) -> None:
        """`eye.safetensors` in `folder`, float16, whole or not there."""
        heads = {name: value.half().contiguous() for name, value in self.state_dict().items()}
        write_file_atomic(folder / HEADS, save(heads))

    @classmethod
    def read(cls, folder: Path) -> "Heads":
        """From `folder`, ready to be used; raises `ConfigError` where there are none, or others."""
        file, made = folder / HEADS, cls()
        if not file.is_file():
            raise ConfigError(f"{folder}: expected an expert that reads pictures, found no {HEADS}; train one")
        try:
            made.load_state_dict({name: value.float() for name, value in load_file(file).items()})
        except (RuntimeError, SafetensorError) as e:
            raise ConfigError(f"{file}: expected the heads of an eye, got others; train the expert again") from e
        return made.eval()


class Eye(nn.Module):
    """Pixels float32 `[B, 3, SIDE, SIDE]`, 0 to 255 -> shares of words by fact, `[B, queries, words]`."""

    def __init__(self, tower: Tower, heads: Heads) -> None:
        super().__init__()
        self.tower, self.heads = tower, heads

    def forward(self, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        """Of static shapes, whatever stands in the picture."""
        return relate(self.things(pixels))

    def things(self, pixels: torch.Tensor) -> Things:
        """The likeliest things of each picture, surest first."""
        heads, normal = self.heads, self.tower.normalise(pixels)
        boxes, sure = pick(heads.finder(self.tower.maps(normal)))
        batch, most = sure.shape
        closely = crop(normal, around(boxes, AROUND, AROUND), (LOOK, LOOK)).flatten(0, 1)
        looks = heads.namer.level(self.tower.features(closely)).view(batch, most, FEATURES)
        kinds = heads.namer(looks)
        shares = kinds.softmax(-1) * sure.unsqueeze(-1)
        drawn, sign = (_of(shares[..., kind], boxes) for kind in (_DRAWN, _SIGN))
        colours, _ = heads.colours(crop(normal, around(drawn, AROUND, AROUND), PART).squeeze(1))
        words = heads.signs(crop(normal, around(sign, *SIGN_AROUND), READ).squeeze(1)).log_softmax(-1)
        left_top, extent = _picture(pixels)
        centres = (boxes[..., :2] - left_top) / extent
        return Things(torch.cat([centres, boxes[..., 2:]], -1), sure, kinds, looks, colours, words)


def _of(share: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """The box `[B, 1, 3]` with the largest of `share` `[B, N]`."""
    places = torch.arange(share.shape[1])
    chosen = (places == share.argmax(1, keepdim=True)).float()
    return (chosen.unsqueeze(-1) * boxes).sum(1, keepdim=True)


def _picture(pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the picture begins in its square and how far it reaches, both `[B, 1, 2]` across and down, in its parts."""
    differs = (pixels - GROUND).abs().amax(1)  # [B, S, S]
    extent = torch.stack([(differs.amax(axis) > _TENTHS).float().mean(-1) for axis in (1, 2)], -1).unsqueeze(1)
    extent = extent.clamp(min=0.1)
    return (1 - extent) / 2, extent
