"""`memlora bench`."""

from pathlib import Path
from typing import Annotated

import typer

from memlora_cli.opening import BundleArgument, EngineOption, JsonOption
from memlora_cli.terminal import print_json, results, say
from runtime_py.engines import DEFAULT

bench = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Measure a bundle on this machine.")


@bench.callback()
def _group() -> None:
    """Measure a bundle on this machine."""


@bench.command()
def quick(
    bundle: BundleArgument,
    engine: EngineOption = DEFAULT,
    threads: Annotated[int, typer.Option(help="Threads of the runtime; 0: as it chooses.", min=0)] = 0,
    prompt: Annotated[int, typer.Option(help="Tokens of the prompt for tokens a second.", min=1)] = 256,
    decode: Annotated[int, typer.Option(help="Tokens decoded after it.", min=1)] = 64,
    repeats: Annotated[int, typer.Option(help="Runs that count; one more warms up.", min=1)] = 5,
    plot: Annotated[Path | None, typer.Option(help="Draw the figures into this file.")] = None,
    json: JsonOption = False,
) -> None:
    """Tokens a second, time to the first token, calls of each operation, switching, memory and size."""
    from evaluation.bench.bench import BenchConfig, measure_bundle
    from evaluation.bench.tables import bench_tables, check_plot, plot_bench

    if plot:
        check_plot(plot)
    result = measure_bundle(bundle, BenchConfig(engine, threads, prompt, decode, repeats), say)
    if plot:
        say(f"plot: {plot_bench(result, plot)}")
    if json:
        print_json(result)
        return
    for table in bench_tables(result):
        results().print(table)
