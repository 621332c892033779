"""Training of one LoRA expert per operation. Heavy imports wait until an expert is trained."""

from distill.training.config import TrainingConfig, load_config, preset_names
from distill.training.start import train_expert

__all__ = ["TrainingConfig", "load_config", "preset_names", "train_expert"]
