"""`memlora reproduce`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from memlora_cli.bundle.distill import CONCURRENCY, TIMEOUT_S, ConcurrencyOption, TimeoutOption
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import drawn_progress, print_json, results, say


def reproduce(
    data: Annotated[Path | None, typer.Option(help="LoCoMo's JSON file, your own copy.")] = None,
    base: Annotated[Path | None, typer.Option(help="Folder made by memlora quantize.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder; a second call goes on.")] = Path("reproduction"),
    teacher: Annotated[str, typer.Option(help="An endpoint's URL or a local model's folder.")] = "",
    teacher_model: Annotated[str, typer.Option(help="The teacher's name at its endpoint.")] = "",
    judge: Annotated[
        str, typer.Option(help="An endpoint's URL; without it a fixed rule. Its key: $JUDGE_API_KEY.")
    ] = "",
    judge_model: Annotated[str, typer.Option(help="The judge's name at its endpoint.")] = "",
    judge_prompt: Annotated[Path | None, typer.Option(help="Another prompt for the judge.")] = None,
    bertscore: Annotated[Path | None, typer.Option(help="Folder of an encoder; default: the embedder's.")] = None,
    vision: Annotated[Path | None, typer.Option(help="A bundle that sees, for V.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="Folder of `memlora import scenes`, for V.")] = None,
    validation: Annotated[list[str] | None, typer.Option(help="Choose on this conversation; repeat it.")] = None,
    test: Annotated[list[str] | None, typer.Option(help="Test on this conversation; repeat it.")] = None,
    seeds: Annotated[int | None, typer.Option(help="So many seeds, from 0 on; 3 or more.")] = None,
    protocol: Annotated[Path | None, typer.Option(help="TOML in the place of the paper's protocol.")] = None,
    concurrency: ConcurrencyOption = CONCURRENCY,
    timeout: TimeoutOption = TIMEOUT_S,
    plan: Annotated[bool, typer.Option("--plan", help="Say what it would take, and do nothing else.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The whole chain, small, on made-up talk.")] = False,
    json: JsonOption = False,
) -> None:
    """Run the paper's protocol: teacher bank, experts, selection, ablation, baselines, one table; goes on after a kill.

    The table beside the paper's is printed and written to OUT/table.md, all figures to OUT/result.json.
    """
    from memlora_cli.reproduce.request import Request, ingredients
    from memlora_cli.reproduce.run_folder import RunFolder

    asked = Request(
        data=data,
        base=base,
        teacher=teacher,
        teacher_model=teacher_model,
        judge=judge,
        judge_model=judge_model,
        judge_prompt=judge_prompt,
        bertscore=bertscore,
        vision=vision,
        pictures=pictures,
        validation=tuple(validation or ()),
        test=tuple(test or ()),
        seeds=seeds,
        protocol=protocol,
        concurrency=concurrency,
        timeout_s=timeout,
        is_plan=plan,
        is_dry_run=dry_run,
    )
    with drawn_progress() as progress, TemporaryDirectory(prefix="memlora-plan-") as nowhere:
        run = RunFolder(Path(nowhere) if plan else out, progress)
        given = ingredients(run, asked)
        if plan:
            from memlora_cli.reproduce.plan import plan_json, plan_table

            if json:
                print_json(plan_json(given))
            else:
                results().print(plan_table(given))
            return
        from memlora_cli.reproduce.chain import reproduce_all

        result = reproduce_all(run, given)
    if json:
        print_json(result)
        return
    from evaluation.protocol.table import tables

    for table in tables(result):
        results().print(table)
    for note in result["notes"]:
        results().print(f"- {note}", markup=False)
    if result["judge"]["prompt"]:
        results().print(f"judge {result['judge']['name']}, prompt:\n{result['judge']['prompt']}", markup=False)
    say(f"{len(result['made'])} stages made, the others were there; {out / 'table.md'}, {out / 'result.json'}")
