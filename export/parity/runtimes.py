"""The parity legs of an export: torch against the arbiter, then every shipped runtime against the arbiter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx

from export.machine.memory import give_back
from export.machine.process import apart_when_large
from export.parity.goldens import encode_inputs, golden_extent, make_golden, painted
from export.parity.torch import Source, prove_torch, reference_logits
from export.parity.vision import vision_legs
from export.sources.adapter import read_adapter
from export.targets.onnx import int8
from export.targets.onnx import target as onnx_target
from export.targets.onnx.graph import set_accuracy_level, take_in
from export.targets.onnx.target import ARBITER_ACCURACY
from runtime_py.bundle import Bundle
from runtime_py.engines import kinds, open_engine
from runtime_py.files import write_file_atomic
from runtime_py.parity import LEGS, Golden, golden_bytes, judge, replay_golden
from runtime_py.parts import to_places

ARBITER = onnx_target.TARGET.name


def prove(
    bundle: Bundle,
    sources: Mapping[str, Source],
    others: Sequence[Mapping[str, Any]],
    stage: Callable[[str], None],
    golden_prompts: int | None = None,
) -> list[dict[str, Any]]:
    """Write `goldens/` into the bundle's folder and return one row per (operation, leg), passed or not.

    `others` are the rows of the bundle's other operations, proved before; `golden_prompts` as in `golden_extent`.
    """
    give_back()
    goldens = _goldens(bundle, sources, stage, golden_prompts)
    give_back()
    for name, golden in goldens.items():
        write_file_atomic(bundle.path / "goldens" / f"{name}.safetensors", golden_bytes(golden))
    largest = max(bundle.engine_files(name).base.stat().st_size for name in sources)
    stage("parity: torch")
    rows = apart_when_large(largest, prove_torch, dict(sources), goldens)
    for name, golden in goldens.items():
        for kind in sorted(set(bundle.engine_files(name).programs) & set(kinds())):
            stage(f"parity: {name}, {kind}")
            engine = bundle.open_proof_engine(name, kind)
            rows.append(replay_golden(name, kind, golden, engine, bundle.open_base_engine(name, kind)))
            del engine
            give_back()
    stage("parity: vision")
    rows += vision_legs(bundle, sources)
    rows.sort(key=lambda row: (list(sources).index(row.operation), list(LEGS).index(row.leg)))
    return judge(rows, others)


def _goldens(
    bundle: Bundle, sources: Mapping[str, Source], stage: Callable[[str], None], golden_prompts: int | None
) -> dict[str, Golden]:
    """Decoded by the arbiter: the bundle's own graphs with every kernel at accuracy_level 0, which never ship.

    A graph with its adapter inside is never without it: what the base alone computes says the reference.
    """
    goldens: dict[str, Golden] = {}
    shared: dict[str, Any] = {}
    with ExitStack() as arbiters:
        made: dict[Path | None, Path] = {}
        for name, source in sources.items():
            stage(f"goldens: {name}")
            files, prompt = bundle.engine_files(name), bundle.prompt(name)
            graph = files.programs.get(ARBITER)
            if graph is None or graph not in made:
                shared = {}  # merged operations have a graph and a session each: one at a time
                made[graph] = arbiters.enter_context(arbiter(bundle, name, source))
            count, limit = golden_extent(files.base.stat().st_size, golden_prompts)
            encoder = bundle.image_encoder()
            inputs = encode_inputs(name, prompt, bundle.tokenizer, painted(encoder) if encoder else None)
            inputs = inputs if count is None else sorted(inputs, key=lambda given: len(to_places(given)))[:count]
            limit = min(prompt.max_new_tokens, limit)
            room = min(files.context_length, max(len(to_places(given)) for given in inputs) + limit)
            exact = replace(files, programs={ARBITER: made[graph]}, weights=bundle.path, context_length=room)
            golden = make_golden(
                open_engine(exact, ARBITER, True, shared),
                open_engine(exact, ARBITER, files.adapter is None, shared),
                inputs,
                set(prompt.stop_tokens),
                limit,
            )
            if files.adapter is None:
                base, prompts = source.unmerged or source.base, inputs[: len(golden.logits_with)]
                without = apart_when_large(files.base.stat().st_size, reference_logits, base, prompts)
                golden = replace(golden, logits_without=without)
            goldens[name] = golden
    return goldens


@contextmanager
def arbiter(bundle: Bundle, name: str, source: Source) -> Iterator[Path]:
    """The arbiter's graph for as long as it is needed; made afresh where ONNX is no target.

    It reads files of the bundle's folder and lies elsewhere: a bundle in which a killed proof left a file is refused.
    """
    files = bundle.engine_files(name)
    shipped = files.programs.get(ARBITER)
    with TemporaryDirectory(prefix="memlora-arbiter-") as folder:
        scratch = Path(folder)
        if shipped:
            graph = arbiter_graph(shipped.read_bytes())
        else:
            adapter = None if source.unmerged else read_adapter(source.adapter, source.base)
            lowered = onnx_target.lower(source.base, adapter, scratch, name, files.base.name, ARBITER_ACCURACY)
            graph = take_in(lowered.program.read_bytes(), scratch)
        made = scratch / f"{name}.arbiter.onnx"
        made.write_bytes(graph)
        yield made


def arbiter_graph(graph: bytes) -> bytes:
    """The same graph whose activations stay float32: level 0 at int4 products, float32 ones in place of int8."""
    model = onnx.ModelProto.FromString(graph)
    set_accuracy_level(model, ARBITER_ACCURACY)
    int8.unround(model)
    serialized: bytes = model.SerializeToString()
    return serialized
