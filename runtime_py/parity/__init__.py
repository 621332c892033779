"""What must be equal: the comparator with its tolerances, goldens, and their replay."""

from runtime_py.parity.comparator import LEGS, StepAgreement, compare
from runtime_py.parity.golden import Golden, golden_bytes, read_golden
from runtime_py.parity.replay import LegResult, judge, prompt_logits, replay_golden

__all__ = [
    "LEGS",
    "Golden",
    "LegResult",
    "StepAgreement",
    "compare",
    "golden_bytes",
    "judge",
    "prompt_logits",
    "read_golden",
    "replay_golden",
]
