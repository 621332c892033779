"""`memlora ranges`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.table import Table

from memlora_cli.bundle.export import BaseArgument
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import drawn_progress, print_json, results


def ranges(
    base: BaseArgument,
    adapters: Annotated[Path, typer.Option(help="Folder with one adapter per operation.", show_default=False)],
    data: Annotated[Path, typer.Option(help="Datasets: a folder with a train.jsonl an operation.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write.", show_default=False)],
    rows: Annotated[int, typer.Option(min=1, help="At most so many rows an operation, taken evenly.")] = 64,
    window: Annotated[int, typer.Option(min=128, help="Tokens that the NPU's graphs can see.")] = 1024,
    chunk: Annotated[int, typer.Option(min=2, help="Tokens of a prompt that they take at once.")] = 64,
    json: JsonOption = False,
) -> None:
    """Measure what the values of the NPU's graphs reach on each operation's rows; `export --ranges` reads it."""
    from calibration.activations import Measured, Source, measure_ranges, plot_ranges, read_rows
    from calibration.activations.measure import unseen_shape
    from export.bundle import find_adapters
    from export.sources.adapter import read_adapter
    from export.sources.chat import open_chat
    from export.sources.model import read_config
    from export.targets.qnn.floats import slot_matrices, slot_ranks, write_float_graph
    from export.targets.qnn.weights import embedding_factor
    from runtime_py.files.ranges import read_ranges
    from runtime_py.operations.chat import context_length
    from runtime_py.weights import QuantizedBase, identify

    config, opened, chat = read_config(base), QuantizedBase.open(base), open_chat(base)
    window = min(window, context_length(config))
    weights = {name: read_adapter(folder, base) for name, folder in find_adapters(adapters).items()}
    ranks = slot_ranks(weights)
    sources = {
        name: Source(
            read_rows(data, name, chat, rows, window),
            slot_matrices(base, ranks, adapter.modules),
            identify(adapter.modules),
        )
        for name, adapter in weights.items()
    }
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    shape = unseen_shape(config.num_hidden_layers, config.num_key_value_heads, size, window)
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    factor = embedding_factor(base)
    with TemporaryDirectory(dir=out.absolute().parent) as scratch, drawn_progress() as bar:
        graph = write_float_graph(base, ranks, chunk, window, Path(scratch))
        measured = Measured(
            graph, opened.sha256, chunk, shape, lambda t: opened.dequantize("model.embed_tokens.weight", t) * factor
        )
        measure_ranges(measured, sources, out, bar)
    found = read_ranges(out)
    plot = plot_ranges(found, out.with_suffix(".png"))
    if json:
        print_json({"out": str(out), "plot": str(plot), "tokens": dict(found.tokens)})
        return
    table = Table("operation", "tokens", "values", "largest magnitude", "at")
    for name, values in found.operations.items():
        most = max(values, key=lambda key: max(map(abs, values[key].minmax)))
        largest = max(map(abs, values[most].minmax))
        table.add_row(name, str(found.tokens[name]), str(len(values)), f"{largest:.1f}", most)
    results().print(table)
