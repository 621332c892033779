"""What a run would take: calls, tokens, GPU hours, dollars, each with its formula; nothing is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from rich.table import Column, Table

from evaluation.protocol.rows import ANSWER, FACTS, MEMORY, ROWS, STAGES
from evaluation.protocol.views import exchanges_of
from memlora_cli.reproduce.ingredients import Ingredients
from runtime_py.dialogues import Dialogue

VIEWS = 2
TURNS, QUESTIONS = "exchanges", "questions"


@dataclass(frozen=True)
class Line:
    """One stage; calls are of a model, tokens are read and written, hours are a GPU's, dollars an endpoint's."""

    stage: str
    calls: int
    tokens_in: int
    tokens_out: int
    hours: float
    dollars: float
    formula: str


def plan(given: Ingredients) -> list[Line]:
    """Every stage in order. Update is counted once an exchange, which is the most it can be asked."""
    c, protocol = given.protocol.costs, given.protocol
    counts = {part: _counts(dialogues) for part, dialogues in given.split.items()}
    taught = {part: counts[part][TURNS] * VIEWS for part in ("train", "validation")}
    candidates, seeds = len(protocol.candidates), len(protocol.seeds)
    lines = []
    for name, read, written in (
        (FACTS, c.long_extract_tokens, c.extract_answer_tokens),
        (MEMORY, c.long_update_tokens, c.update_answer_tokens),
    ):
        calls = sum(taught.values())
        lines.append(
            _asked(given, f"teacher: {name}", calls, read, written,
                   f"{VIEWS} views x {calls // VIEWS} exchanges of train and validation")
        )  # fmt: skip
    rows = {
        FACTS: (taught["train"], c.short_extract_tokens + c.extract_answer_tokens),
        MEMORY: (taught["train"], c.short_update_tokens + c.update_answer_tokens),
        ANSWER: (
            sum(_kept(dialogue, protocol.taught_categories) for dialogue in given.split["train"]),
            c.short_generate_tokens + c.generate_answer_tokens,
        ),
    }
    trainings = candidates + seeds - 1
    for name in STAGES:
        lines.append(_trained(given, f"expert: {name}", *rows[name], trainings,
                              f"{candidates} candidates + {seeds - 1} more seeds"))  # fmt: skip
    every = sum(count for count, _ in rows.values())
    mean = sum(prod(row) for row in rows.values()) // max(1, every)
    lines.append(_trained(given, "one shared adapter", every, mean, seeds, f"{seeds} seeds"))
    valid, test = counts["validation"], counts["test"]
    memories, times = 2 * candidates, len(STAGES) * candidates  # answering candidates share the last memory
    lines.append(_run(given, "selection", valid, memories, times,
                      f"{memories} memories and {times} times all questions of validation"))  # fmt: skip
    stores = len({tuple((name, row.who[name]) for name in (FACTS, MEMORY)) for row in ROWS if row.is_seeded})
    asked = sum(row.is_seeded for row in ROWS)
    lines.append(_run(given, "test", test, 1 + stores * seeds, 1 + asked * seeds,
                      f"1 + {stores} x {seeds} memories, 1 + {asked} x {seeds} times all questions"))  # fmt: skip
    judged = sum(_kept(d, (1, 2, 3, 4)) for d in given.split["test"]) * (1 + asked * seeds)
    judged += sum(_kept(d, (1, 2, 3, 4)) for d in given.split["validation"]) * len(STAGES) * candidates
    lines.append(_asked(given, "judge", judged, c.judge_tokens, c.judge_answer_tokens,
                        "questions of categories 1 to 4 x rows x seeds, and those of selection"))  # fmt: skip
    return lines


def _counts(dialogues: Sequence[Dialogue]) -> dict[str, int]:
    return {
        TURNS: sum(exchanges_of(dialogue) for dialogue in dialogues),
        QUESTIONS: sum(len(dialogue.questions) for dialogue in dialogues),
    }


def _kept(dialogue: Dialogue, categories: Sequence[int]) -> int:
    return sum(question.category in categories for question in dialogue.questions)


def _asked(given: Ingredients, stage: str, calls: int, read: int, written: int, formula: str) -> Line:
    """Calls of an endpoint: dollars = (calls x tokens read x price + calls x tokens written x price) / 10^6."""
    c = given.protocol.costs
    dollars = calls * (read * c.dollars_per_million_input + written * c.dollars_per_million_output) / 1e6
    return Line(stage, calls, calls * read, calls * written, 0.0, dollars, f"{formula}, {read} + {written} tokens each")


def _trained(given: Ingredients, stage: str, rows: int, tokens: int, trainings: int, formula: str) -> Line:
    """Hours = trainings x epochs x rows x tokens x parameters x FLOPs / (peak x utilisation x 3600)."""
    c = given.protocol.costs
    seen = trainings * c.epochs * rows * tokens
    flops = seen * given.parameters * c.flops_per_parameter_and_token
    hours = flops / (c.peak_flops * c.utilisation * 3600)
    told = f"({formula}) x {c.epochs} epochs x {rows} rows of {tokens} tokens"
    return Line(stage, 0, seen, 0, hours, 0.0, told)


def _run(given: Ingredients, stage: str, counts: Mapping[str, int], memories: int, asked: int, formula: str) -> Line:
    """Hours = tokens written / tokens a second / 3600: reading is some ten times quicker a token and is left out."""
    c = given.protocol.costs
    exchanges, questions = VIEWS * counts[TURNS] * memories, counts[QUESTIONS] * asked
    read = exchanges * (c.short_extract_tokens + c.short_update_tokens) + questions * c.short_generate_tokens
    written = exchanges * (c.extract_answer_tokens + c.update_answer_tokens) + questions * c.generate_answer_tokens
    return Line(stage, 2 * exchanges + questions, read, written, written / c.tokens_per_second / 3600, 0.0, formula)


def plan_json(given: Ingredients) -> dict[str, Any]:
    """The lines, their sums, and what they were counted with."""
    lines = plan(given)
    return {
        "stages": [vars(line) for line in lines],
        "hours": sum(line.hours for line in lines),
        "dollars": sum(line.dollars for line in lines),
        "parameters": given.parameters,
        "assumed": vars(given.protocol.costs),
    }


def plan_table(given: Ingredients) -> Table:
    """The plan, a stage a row, with its sums and the formulas of hours and dollars below."""
    lines, c = plan(given), given.protocol.costs
    columns = ("stage", "calls", "tokens read", "written", "GPU h", "$", "how it is counted")
    table = Table(
        Column(columns[0], no_wrap=True),
        *columns[1:],
        title=f"plan: {given.title}",
        title_justify="left",
        title_style="bold",
        caption_justify="left",
    )
    for line in lines:
        table.add_row(
            line.stage, f"{line.calls:,}" if line.calls else "–", f"{line.tokens_in:,}",
            f"{line.tokens_out:,}" if line.tokens_out else "–", f"{line.hours:.2f}" if line.hours else "–",
            f"{line.dollars:.2f}" if line.dollars else "–", line.formula,
        )  # fmt: skip
    hours, dollars = sum(line.hours for line in lines), sum(line.dollars for line in lines)
    table.add_row("all", "", "", "", f"{hours:.2f}", f"{dollars:.2f}", "")
    table.caption = (
        f"Training: GPU h = tokens x {given.parameters:.3g} parameters x {c.flops_per_parameter_and_token} FLOPs / "
        f"({c.peak_flops:.3g} FLOP/s x {c.utilisation:g} x 3600). Selection and test: tokens written / "
        f"{c.tokens_per_second:g} a second. Endpoint: (read x {c.dollars_per_million_input:g} + written x "
        f"{c.dollars_per_million_output:g}) $ / 10^6. These are the protocol's costs; --protocol names another."
    )
    return table
