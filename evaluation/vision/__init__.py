"""Questions about pictures: what is guessed without them."""

from evaluation.vision.baselines import BASELINES, judge_baselines

__all__ = ["BASELINES", "judge_baselines"]
