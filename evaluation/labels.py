"""A teacher's labels against the known answers of the same rows."""

from collections.abc import Sequence

from evaluation.figures.intervals import Share
from evaluation.synthetic.scorers import Summary, label_scorer
from runtime_py import operations
from runtime_py.files import Example


def score_labels(operation: str, gold: Sequence[Example], labels: Sequence[str | None]) -> Summary:
    """Figures of `labels`, one for each row of `gold`; None where the teacher's text was of no use.

    Such rows are dropped from training, so what is right is a share of the others; `labelled` says how many those are.
    """
    parse, scorer = operations.get(operation).parse, label_scorer(operation)
    kept = [(label, row) for label, row in zip(labels, gold, strict=True) if label is not None]
    judged = [scorer.judge(parse(label), row) for label, row in kept]
    return {"labelled": Share(len(kept), len(gold)), **scorer.summarise(judged)}
