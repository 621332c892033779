"""Trains the base from its seed: `python models/memlora-tiny/train.py`. Killed and started again, it resumes.

Schedules follow the step number, never the clock, and every row of every batch has its own seed, so a resumed run sees
the same data in the same order. fp32 on the CPU; `--device cuda` trains the same recipe on a GPU.
"""

import argparse
import ctypes
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def keep_pages_resident() -> None:
    """Locks the pages in memory as they are touched: swapping stalled training for half a minute at a time."""
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").mlockall(7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="where the checkpoint and train_log.jsonl go")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build" / "tiny_base", help="resumable state")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, help="stop after so many steps (the schedule stays that of the full run)")
    run(parser.parse_args())


def run(options: argparse.Namespace) -> None:
    """Trains up to the last step, or `options.steps`, and writes the bf16 checkpoint after the last."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded
    sys.path.append(str(ROOT))
    import torch
    from batches import Config
    from plot_loss import plot_loss
    from tokenizer import build_tokenizer, save_tokenizer
    from tokenizers import Tokenizer
    from trainer import Trainer, skill_accuracies

    keep_pages_resident()
    torch.set_num_threads(os.cpu_count() or 1)
    config = Config()
    if not (options.out / "tokenizer.json").exists():
        save_tokenizer(build_tokenizer(), options.out)
    trainer = Trainer(config, Tokenizer.from_file(str(options.out / "tokenizer.json")), options.device)
    state, log = options.scratch / "state.pt", options.out / "train_log.jsonl"
    if state.exists():
        trainer.resume(state)
        kept = [
            line for line in log.read_text("utf-8").rstrip("\n").split("\n") if json.loads(line)["step"] <= trainer.step
        ]
        log.write_text("".join(f"{line}\n" for line in kept))
        average = float(json.loads(kept[-1])["average"])
    else:
        log.write_text("")
        average = 0.0
    started, done = time.time(), trainer.step
    last = min(config.steps, options.steps or config.steps)
    while trainer.step < last:
        loss = trainer.train_step()
        average = loss if not average else 0.95 * average + 0.05 * loss
        if trainer.step > 5 and trainer.step % 25 and trainer.step != last:
            continue
        row: dict[str, Any] = {
            "step": trainer.step,
            "tokens": trainer.tokens,
            "loss": round(loss, 5),
            "average": round(average, 5),
        }
        if trainer.step % 200 == 0 or trainer.step == last:
            row["skills"] = skill_accuracies(trainer.model, trainer.tokenizer)
            trainer.save(state)
        with log.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(
            f"{time.time() - started:.0f} s, {(time.time() - started) / (trainer.step - done):.2f} s/step",
            json.dumps(row),
            flush=True,
        )
    if trainer.step == config.steps:
        trainer.model.to(torch.bfloat16).save_pretrained(options.out)
        plot_loss(options.out)


if __name__ == "__main__":
    main()
