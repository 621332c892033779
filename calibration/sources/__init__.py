"""Where a checkpoint comes from: a name known here, a folder, a GGUF file or a model hub."""

from calibration.sources.fetch import fetch_checkpoint, known_names, local_checkpoint
from calibration.sources.origin import ORIGIN, Origin, read_origin

__all__ = ["ORIGIN", "Origin", "fetch_checkpoint", "known_names", "local_checkpoint", "read_origin"]
