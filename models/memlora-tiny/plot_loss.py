"""Draws loss.png from train_log.jsonl: `python models/memlora-tiny/plot_loss.py`."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def plot_loss(folder: Path) -> None:
    """The running loss on answers above, the share of wholly right answers of each skill below."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    lines = (folder / "train_log.jsonl").read_text("utf-8").rstrip("\n").split("\n")
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    measured = [row for row in rows if "skills" in row]
    figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(9, 10), sharex=True)
    upper.semilogy([row["tokens"] / 1e6 for row in rows], [row["average"] for row in rows], color="black")
    upper.set(ylabel="cross-entropy per answer token", title="memlora-tiny: the base's training")
    upper.grid(alpha=0.3, which="both")
    colours = pyplot.get_cmap("tab20")
    for index, name in enumerate(measured[-1]["skills"]):
        tokens = [row["tokens"] / 1e6 for row in measured]
        lower.plot(tokens, [row["skills"][name] for row in measured], label=name, color=colours(index))
    lower.set(xlabel="tokens, millions", ylabel="answers wholly right, unseen words", ylim=(0, 1))
    lower.grid(alpha=0.3)
    lower.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small")
    figure.savefig(folder / "loss.png", dpi=80, bbox_inches="tight")
    pyplot.close(figure)


if __name__ == "__main__":
    plot_loss(HERE)
