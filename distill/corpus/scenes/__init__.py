"""Painted scenes with questions whose answers stand in the pixels: pictograms and drawn things on uneven grounds."""

from distill.corpus.scenes.generate import generate_scenes
from distill.corpus.scenes.kinds import KINDS
from distill.corpus.scenes.scene import Question, Scene
from distill.corpus.scenes.shares import SPLITS

__all__ = ["KINDS", "SPLITS", "Question", "Scene", "generate_scenes"]
