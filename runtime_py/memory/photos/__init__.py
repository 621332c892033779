"""Photos of the memory: given, kept, encoded once, found, and looked at where a question is about one."""

from runtime_py.memory.photos.given import Image, read_images
from runtime_py.memory.photos.looking import Looker
from runtime_py.memory.photos.sight import Encoder, Sight

__all__ = ["Encoder", "Image", "Looker", "Sight", "read_images"]
