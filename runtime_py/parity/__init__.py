"""What must be equal: the comparator with its tolerances, goldens, their replay, and the proof of what sees."""

from runtime_py.parity.comparator import LEGS, StepAgreement, compare, relative_error
from runtime_py.parity.golden import Golden, golden_bytes, read_golden
from runtime_py.parity.replay import LegResult, judge, prompt_logits, replay_golden
from runtime_py.parity.vision import (
    VISION_GRAPH,
    VISION_PROOF,
    VisionProof,
    read_vision_proof,
    replay_vision,
    write_vision_proof,
)

__all__ = [
    "LEGS",
    "VISION_GRAPH",
    "VISION_PROOF",
    "Golden",
    "LegResult",
    "StepAgreement",
    "VisionProof",
    "compare",
    "golden_bytes",
    "judge",
    "prompt_logits",
    "read_golden",
    "read_vision_proof",
    "relative_error",
    "replay_golden",
    "replay_vision",
    "write_vision_proof",
]
