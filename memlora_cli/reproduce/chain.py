"""The whole chain: bank, rows, experts, selection stage by stage on validation, one test run a seed, the table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.figures.journal import fingerprint
from evaluation.figures.tables import as_json
from evaluation.protocol.figures import over_seeds
from evaluation.protocol.rows import ANSWER, NONE, ROWS, STAGES, Row
from evaluation.protocol.table import markdown
from evaluation.protocol.texts import Composite
from evaluation.synthetic.stages import RememberedEmbedder
from memlora_cli.reproduce.bank import make_rows
from memlora_cli.reproduce.embedder import open_embedder
from memlora_cli.reproduce.encoder import TokenEncoder
from memlora_cli.reproduce.experts import Source, Workshop
from memlora_cli.reproduce.ingredients import Ingredients
from memlora_cli.reproduce.measure import Cast, Measure
from memlora_cli.reproduce.run_folder import RunFolder, read_rows, write_rows
from memlora_cli.reproduce.vision import measure_seeing
from runtime_py.dialogues import to_json
from runtime_py.files import write_file_atomic, write_json

RESULT, TABLE = "result.json", "table.md"


def reproduce_all(run: RunFolder, given: Ingredients) -> dict[str, Any]:
    """`{"title", "rows": {row: figures over seeds}, "chosen", "selection", "judge", "notes", "made"}`, also written as
    `result.json` and `table.md`."""
    embedder = RememberedEmbedder(open_embedder(run))
    encoder = TokenEncoder(given.encoder)
    measure = Measure(
        run,
        embedder,
        given.protocol.memories_per_speaker,
        Composite(encoder, embedder),
        f"BERTScore {encoder.id}, SentenceBERT {embedder.id}",
        given.judge,
    )
    workshop = Workshop(run, given, make_rows(run, given, embedder))
    first = given.protocol.seeds[0]
    tried = {name: _teach(workshop, dict.fromkeys(STAGES, name), first) for name in given.protocol.candidates}
    base = workshop.sources(next(iter(tried.values())), adapters=False)
    selection = select(run, given, measure, {name: workshop.sources(path) for name, path in tried.items()}, base)
    chosen: dict[str, str] = selection["chosen"]
    seeds: dict[str, dict[int, Mapping[str, Any]]] = {row.name: {} for row in ROWS}
    for seed in given.protocol.seeds:
        shared = workshop.shared(chosen[ANSWER], seed)
        cast: Cast = {
            "base": base,
            "expert": _chosen(workshop, tried, chosen, seed, first),
            "shared": workshop.sources(workshop.bundle(f"shared {seed}", dict.fromkeys(STAGES, shared))),
        }
        for row in ROWS:
            if row.is_seeded or seed == first:
                seeds[row.name][seed] = measure.figures(row, cast, given.split["test"])
        workshop.let_go()
    result = {
        "title": given.title,
        "rows": {name: over_seeds(found) for name, found in seeds.items()},
        "seeds": {name: {str(seed): as_json(told) for seed, told in found.items()} for name, found in seeds.items()},
        **selection,
        "judge": {
            "name": given.judge.name, "prompt": given.judge.prompt, "prompt_sha256": given.judge.prompt_sha256,
        },
        "measured_by": measure.measured_by,
        "vision": measure_seeing(run, *given.seeing) if given.seeing else {},
        "notes": [*given.notes, *_notes(given, encoder.id, chosen)],
        "made": run.made,
    }  # fmt: skip
    write_json(run.path / RESULT, result)
    write_file_atomic(run.path / TABLE, markdown(result).encode())
    return result


def _teach(workshop: Workshop, candidates: Mapping[str, str], seed: int) -> Path:
    """The bundle of an expert for each operation, of the candidate that is named for it."""
    adapters = {operation: workshop.expert(operation, name, seed) for operation, name in candidates.items()}
    return workshop.bundle(f"{'-'.join(dict.fromkeys(candidates.values()))} {seed}", adapters)


def _chosen(
    workshop: Workshop, tried: Mapping[str, Path], chosen: Mapping[str, str], seed: int, first: int
) -> Mapping[str, Source]:
    """The chosen experts of a seed; those of the first are there already."""
    if seed != first:
        return workshop.sources(_teach(workshop, chosen, seed))
    return {operation: workshop.sources(tried[name])[operation] for operation, name in chosen.items()}


def select(
    run: RunFolder,
    given: Ingredients,
    measure: Measure,
    tried: Mapping[str, Mapping[str, Source]],
    base: Mapping[str, Source],
) -> dict[str, Any]:
    """A stage: the candidate of each operation, chosen in order by the whole pipeline on the validation conversation.

    Operations before have the experts that were chosen, those behind have none. Of equal candidates the first is taken.
    """
    by = given.protocol.select_by
    made_from = {
        "validation": [fingerprint(to_json(dialogue)) for dialogue in given.split["validation"]],
        "experts": {name: [source.identity for source in sources.values()] for name, sources in tried.items()},
        "base": given.base_sha256,
        "select_by": by,
        "measured_by": measure.measured_by,
        "judge": [given.judge.name, given.judge.prompt_sha256],
        "memories_per_speaker": measure.per_speaker,
    }

    def make(_work: Path, out: Path) -> Mapping[str, Any]:
        chosen: dict[str, str] = {}
        told: dict[str, dict[str, Any]] = {}
        for stage in STAGES:
            told[stage] = {}
            for name, sources in tried.items():
                experts = {operation: tried[candidate][operation] for operation, candidate in chosen.items()}
                experts[stage] = sources[stage]
                who = {operation: "expert" if operation in experts else "base" for operation in ROWS[0].who}
                row = Row(f"{stage}: {name}", who, "facts", "selection")  # type: ignore[arg-type]
                found = measure.figures(row, {"expert": experts, "base": base}, given.split["validation"])
                told[stage][name] = {figure: found[figure].value for figure in ("L", "J", "F1")}
            chosen[stage] = max(told[stage], key=lambda name: told[stage][name][by])
        write_rows(out, "selection", {"chosen": chosen, "selection": told})
        return {"chosen": chosen}

    found: dict[str, Any] = read_rows(run.stage("selection", made_from, make), "selection")
    return found


def _notes(given: Ingredients, encoder: str, chosen: Mapping[str, str]) -> list[str]:
    protocol, split = given.protocol, given.split
    parts = "; ".join(f"{part} {', '.join(dialogue.id for dialogue in split[part])}" for part in split)
    kept = sum(question.category != 5 for dialogue in split["test"] for question in dialogue.questions)
    return [
        f"{protocol.name}: {parts}; {kept} test questions without category 5.",
        f"L is the plain mean of ROUGE-1, METEOR (exact and stem matches, no synonyms), BERTScore-F1 by {encoder}, and "
        "the cosine of sentence vectors; L, J and F1 (LoCoMo's official score) are over categories 1 to 4, of 100.",
        f"J: {given.judge.name}. Wilson's interval is that of one run; means and ranges are over seeds.",
        f"Chosen on validation by {protocol.select_by}: "
        + ", ".join(f"{operation} {name}" for operation, name in chosen.items()) + ".",
        f"{NONE} trains nothing and has no seed.",
        *([] if given.seeing else ["V: not measured, no bundle that sees was named."]),
    ]  # fmt: skip
