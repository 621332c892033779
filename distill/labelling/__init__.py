"""Labelling of whole dialogues by a teacher, here or on a cluster."""

from distill.labelling.estimate import Estimate, Prices, estimate
from distill.labelling.local import run_here
from distill.labelling.run import LabelledDialogues, label_dialogues
from distill.labelling.work import Job, Runner

__all__ = [
    "Estimate",
    "Job",
    "LabelledDialogues",
    "Prices",
    "Runner",
    "estimate",
    "label_dialogues",
    "run_here",
]
