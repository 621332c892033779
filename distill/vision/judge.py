"""`python -m distill.vision.judge BASE EXPERT DATASET`: an expert's right answers on a dataset's pictures, by kind.

From pixels, by torch: eye, projector, base with the adapter. An answer is right where greedy decoding writes exactly
the wanted word; no grammar helps. Beside it what the eye's facts answer, read by a rule, and the same base without the
adapter. What needs no picture, the majority and the question's words, is in `evaluation.vision`. `--write` puts each
row's outcome into a JSON file.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import PeftModel
from safetensors.torch import load_file

from distill.corpus.scenes import Question
from distill.training.collate import branch_mask
from distill.training.model import cap_logits, load_base, open_chat
from distill.training.tokens import IGNORED
from distill.vision.eye.answers import answer
from distill.vision.eye.eye import Eye, Heads
from distill.vision.features import read_square
from distill.vision.projector import IMAGE_TOKENS, PROJECTOR, Projector
from distill.vision.rows import PicturedRow, collate, encode_rows
from distill.vision.seeing import answers_right
from distill.vision.tower import SIDE, Tower
from runtime_py import operations
from runtime_py.files import Example, read_examples

_BATCH = 8
Shares = dict[str, list[int]]


class Expert:
    """A trained expert's folder on its base: pictures and questions -> right or not."""

    def __init__(self, base: Path, folder: Path) -> None:
        self.chat = open_chat(base / "hf")
        loaded = load_base(base, "int4", None, torch.bfloat16)
        self.model: Any = PeftModel.from_pretrained(loaded, folder).eval()
        self.eye = Eye(Tower(), Heads.read(folder))
        state = {name: value.float() for name, value in load_file(folder / PROJECTOR).items()}
        self.projector = Projector(state["query"].shape[1], 1.0).eval()
        self.projector.load_state_dict(state)

    @torch.inference_mode()
    def look(self, pictures: Sequence[Path]) -> dict[str, torch.Tensor]:
        """What the eye tells of picture files: shares of words by fact, `[B, queries, words]`."""
        pixels = torch.from_numpy(np.stack([read_square(path, SIDE) for path in pictures])).permute(0, 3, 1, 2)
        told: dict[str, torch.Tensor] = self.eye(pixels.float())
        return told

    @torch.inference_mode()
    def right(self, rows: Sequence[PicturedRow], tokens: torch.Tensor) -> list[bool]:
        """Whether each row's answer is written, by its image tokens `[B, IMAGE_TOKENS, hidden]`."""
        batch = collate([[row] for row in rows], self.chat.template.pad_token_id)
        base = self.model.get_base_model()
        text = base.get_input_embeddings()(batch.ids)
        end = batch.start + IMAGE_TOKENS
        fed = torch.cat([text[:, : batch.start], tokens.to(text.dtype), text[:, end:]], 1)
        mask = branch_mask(batch.segments)
        made = base.base_model(inputs_embeds=fed, attention_mask=mask, position_ids=batch.positions, use_cache=False)
        wanted = batch.labels[:, 1:]
        known = wanted != IGNORED
        logits = cap_logits(base.get_output_embeddings()(made.last_hidden_state[:, :-1][known]).float(), base.config)
        return answers_right(logits, wanted[known], rows)


def judge(expert: Expert, dataset: Path, rows: Sequence[Example], bare: int) -> dict[str, Any]:
    """Right and asked by kind: with the adapter (`expert`), by the `facts`, of the first `bare` rows by the `base`.

    `rows` gives each row's outcome by its id.
    """
    encoded = encode_rows(rows, operations.get("vqa"), expert.chat)
    counted: dict[str, Shares] = {"expert": {}, "facts": {}, "base": {}}
    outcomes: dict[str, bool] = {}
    for start in range(0, len(encoded), _BATCH):
        some = encoded[start : start + _BATCH]
        told = expert.look([dataset / row.picture for row in some])
        with torch.inference_mode():
            tokens = expert.projector(told)
        found = expert.right(some, tokens)
        _add(counted["expert"], some, found)
        asked = [_question(row) for row in rows[start : start + _BATCH]]
        _add(counted["facts"], some, [answer(told, place, each) == each.answer for place, each in enumerate(asked)])
        outcomes |= {row.id: hit for row, hit in zip(some, found, strict=True)}
        if start < bare:
            with expert.model.disable_adapter():
                _add(counted["base"], some, expert.right(some, tokens))
        sys.stderr.write(f"{start + len(some)}/{len(encoded)} {counted['expert']}\n")
    return {"right": counted, "rows": outcomes}


def _question(row: Example) -> Question:
    return Question(row.kind, str(row.input["question"]), json.loads(row.target)["answer"], "")


def _add(counted: Shares, rows: Sequence[PicturedRow], found: Sequence[bool]) -> None:
    for row, hit in zip(rows, found, strict=True):
        told = counted.setdefault(row.kind, [0, 0])
        told[0] += hit
        told[1] += 1


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("base", "expert", "dataset"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--rows", type=int, default=None)
    parser.add_argument("--bare", type=int, default=0, help="rows that the base without an adapter is asked, too")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    rows = read_examples(given.dataset / f"{given.split}.jsonl")[: given.rows]
    found = judge(Expert(given.base, given.expert), given.dataset, rows, given.bare)
    told = {
        name: {**by, "all": [sum(v) for v in zip(*by.values(), strict=True)]}
        for name, by in found["right"].items()
        if by
    }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    if given.write:
        given.write.write_text(json.dumps({"right": told, "rows": found["rows"]}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
