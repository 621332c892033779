"""What each choice about experts buys, by short trainings that differ in it alone.

    python -m benchmarks.adapters --base build/base --small build/small --checkpoint build/smollm2 \\
        --data build/written/datasets --out build/adapters.json

- `own` and `shared`: an expert per operation, against one adapter that sees the same batches of both in turns.
- `aware` and `unaware`: `generate` taught on the small base's own weights, against taught on the unquantized
  checkpoint; both are judged on the small base. (Where factors are folded in no adapter of the checkpoint fits.)

All begin alike and see the same batches in the same order, far fewer than the shipped experts do. Printed is JSON: for
each arm the validation loss (nats per target token) and of `generate` the answers that are right, greedy, in bfloat16.
Arms that `--out` holds already are not trained again; one of other bases, data or steps is refused.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model

from distill.training.collate import collate
from distill.training.config import TrainingConfig, load_config
from distill.training.model import load_base, lora_config, open_chat
from distill.training.order import order_rows
from distill.training.packing import PackedRow, alone, pack
from distill.training.tokens import TokenRow, encode_rows
from distill.training.trainer import score_targets_only
from evaluation.figures.tables import as_json
from evaluation.labels import score_labels
from runtime_py import operations
from runtime_py.files import Example, read_examples, sha256_file, write_json
from runtime_py.weights import QuantizedBase

ANSWERS, ANSWER_TOKENS = "generate", 24
VALIDATED = 200
TENTH = 0.1  # of the steps warm up, and the rate falls to a tenth


@dataclass(frozen=True)
class Rows:
    """An operation's rows, and its training's batches in order."""

    batches: list[list[PackedRow]]
    validation: list[TokenRow]
    examples: list[Example]


def main() -> None:
    asked = _arguments()
    torch.manual_seed(0)
    chat = open_chat(asked.base / "hf")
    result = kept(asked)
    steps = dict(zip(asked.operation, asked.steps, strict=True))
    data = {name: _rows(name, asked.data / name, chat, steps[name]) for name in asked.operation}
    merged = _alternate([rows.batches for rows in data.values()])
    arms: dict[str, tuple[Path | None, list[list[PackedRow]], Path, list[str]]] = {
        f"own {name}": (asked.base, rows.batches, asked.base, [name]) for name, rows in data.items()
    }
    arms["shared"] = (asked.base, merged, asked.base, list(data))
    if asked.small:
        batches = data[ANSWERS].batches
        arms["aware"] = (asked.small, batches, asked.small, [ANSWERS])
        arms["unaware"] = (None, batches, asked.small, [ANSWERS])
    for arm, (taught_on, batches, judged_on, names) in arms.items():
        if arm not in result:
            adapter = _teach(taught_on or asked.small, None if taught_on else asked.checkpoint, batches, chat, arm)
            result[arm] = {"steps": len(batches)} | _judge(judged_on, adapter, data, names, chat)
            write_json(asked.out, result)
    print(json.dumps(result, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--base", type=Path, required=True, help="folder of the base that ships")
    parser.add_argument("--small", type=Path, help="folder of one in int4 without folded factors")
    parser.add_argument("--checkpoint", type=Path, help="what both bases were made from")
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder of rows an operation")
    parser.add_argument("--out", type=Path, required=True, help="JSON, kept between runs")
    parser.add_argument("--operation", nargs="+", default=["select", ANSWERS])
    parser.add_argument("--steps", nargs="+", type=int, default=[100, 150], help="for each operation")
    return parser.parse_args()


def kept(asked: argparse.Namespace) -> dict[str, Any]:
    """What `--out` holds of the very same comparison, else its beginning; ends the process over another one's."""
    data = [asked.data / name / f"{split}.jsonl" for name in asked.operation for split in ("train", "validation")]
    made_from = {
        "bases": [QuantizedBase.open(base).sha256 if base else None for base in (asked.base, asked.small)],
        "data": [sha256_file(path) for path in data],
        "steps": dict(zip(asked.operation, asked.steps, strict=True)),
    }
    if not asked.out.is_file():
        return {"made_from": made_from}
    found: dict[str, Any] = json.loads(asked.out.read_text("utf-8"))
    if found.get("made_from") != made_from:
        sys.exit(
            f"{asked.out}: expected arms of {made_from}, got those of {found.get('made_from')}; name another --out"
        )
    return found


def _rows(name: str, folder: Path, chat: Any, steps: int) -> Rows:
    skill, config = operations.get(name), load_config(name, "smollm2")
    examples = {split: read_examples(folder / f"{split}.jsonl") for split in ("train", "validation")}
    examples["train"] = examples["train"][: 60 * steps]
    prompt = chat.prompt(skill)
    rows = {
        split: list(encode_rows(given, skill, prompt, chat.tokenizer, chat.turn_end, chat.context_tokens).rows)
        for split, given in examples.items()
    }
    packed = pack(rows["train"], config.pack_tokens) if config.pack_tokens else [alone(row) for row in rows["train"]]
    order = order_rows([len(row.input_ids) for row in packed], config.batch_size, steps, seed=0)
    size = config.batch_size
    batches = [[packed[place] for place in order[i : i + size]] for i in range(0, len(order), size)]
    by_id, validation = {row.id: row for row in examples["validation"]}, rows["validation"][:VALIDATED]
    return Rows(batches, validation, [by_id[row.id] for row in validation])  # without those that are too long


def _alternate(lists: Sequence[list[list[PackedRow]]]) -> list[list[PackedRow]]:
    """All batches of several lists, spread evenly over one another."""
    placed = [((place + 0.5) / len(found), batch) for found in lists for place, batch in enumerate(found)]
    return [batch for _, batch in sorted(placed, key=lambda pair: pair[0])]


def _teach(
    base: Path, checkpoint: Path | None, batches: Sequence[Sequence[PackedRow]], chat: Any, arm: str
) -> Mapping[str, torch.Tensor]:
    config: TrainingConfig = load_config(ANSWERS, "smollm2")
    model = _adapted(base, checkpoint, config)
    score_targets_only(model.get_base_model())
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, config.learning_rate, (config.beta1, config.beta2), weight_decay=0.0)
    model.train()
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * min(
                1.0, (step + 1) / (TENTH * len(batches)), 1.1 - step / len(batches)
            )
        given = collate([vars(row) for row in batch], chat.template.pad_token_id)
        with torch.autocast("cpu", torch.bfloat16):
            loss = model(**given).loss / (given["labels"][:, 1:] >= 0).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, config.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        print(f"{arm}: step {step + 1} of {len(batches)}, loss {float(loss.detach()):.3f}", file=sys.stderr, flush=True)
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}


def _adapted(base: Path, checkpoint: Path | None, config: TrainingConfig) -> Any:
    precision = "bf16" if checkpoint else "int4"
    model = load_base(base, precision, checkpoint, torch.bfloat16)  # type: ignore[arg-type]
    torch.manual_seed(config.seed)
    settings = lora_config(
        model, config.targets or "all_linear", config.rank, config.alpha, config.dropout, config.first_layer
    )
    return get_peft_model(model, settings, autocast_adapter_dtype=True)


def _judge(
    base: Path, adapter: Mapping[str, torch.Tensor], data: Mapping[str, Rows], names: Sequence[str], chat: Any
) -> dict[str, Any]:
    model = _adapted(base, None, load_config(ANSWERS, "smollm2"))
    model.load_state_dict(adapter, strict=False)
    model.eval()
    found: dict[str, Any] = {}
    for name in names:
        rows = data[name].validation
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            found[name] = {"validation_loss": _loss(model, rows)}
            if name == ANSWERS:
                found[name] |= _answers(model, rows, data[name].examples, chat)
    return found


def _loss(model: Any, rows: Sequence[TokenRow]) -> float:
    total, targets = 0.0, 0
    for row in rows:
        labels = torch.tensor([row.labels])
        count = int((labels[:, 1:] >= 0).sum())
        logits = model(input_ids=torch.tensor([row.input_ids])).logits[0, -count - 1 : -1].float()
        total += float(torch.nn.functional.cross_entropy(logits, labels[0, -count:], reduction="sum"))
        targets += count
    return round(total / targets, 4)


def _answers(model: Any, rows: Sequence[TokenRow], examples: Sequence[Example], chat: Any) -> dict[str, Any]:
    texts = {example.id: example for example in examples}
    answers = []
    for row in rows:
        given = torch.tensor([row.input_ids[: row.prompt_tokens]])
        made = model.generate(
            input_ids=given, max_new_tokens=ANSWER_TOKENS, do_sample=False, eos_token_id=list(chat.stop_tokens),
            pad_token_id=chat.template.pad_token_id,
        )  # fmt: skip
        text = chat.template.decode(made[0, given.shape[1] :], skip_special_tokens=True).strip()
        answers.append(text or None)
    figures: dict[str, Any] = as_json(score_labels(ANSWERS, [texts[row.id] for row in rows], answers))
    return figures


if __name__ == "__main__":
    main()
