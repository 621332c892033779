"""V of a bundle that sees, on a dataset of pictures with questions."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from evaluation.figures.tables import as_json
from evaluation.protocol.seen import answer_rows, summarise
from memlora_cli.reproduce.run_folder import RunFolder, read_rows, write_rows
from runtime_py.bundle import Bundle, Experts
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples, sha256_file
from runtime_py.images import decode
from runtime_py.operations.vqa import OPERATION
from runtime_py.parts import Embeddings
from runtime_py.progress import Steps

SPLIT = "test"


def open_seeing(bundle: Path | None, pictures: Path | None) -> tuple[Path, Path] | None:
    """The bundle, and the rows of `pictures`/datasets/vqa; None where neither is named.

    Raises `ConfigError` for one without the other, a bundle without vision, or no rows.
    """
    if bundle is None and pictures is None:
        return None
    if bundle is None or pictures is None:
        raise ConfigError(
            "V: expected --vision with a bundle that sees and --pictures with a folder of `memlora import scenes`, got "
            "one of them; give both or neither"
        )
    opened = Bundle.open(bundle)
    if opened.image_encoder() is None or OPERATION.name not in opened.operations:
        raise ConfigError(f"V: expected a bundle with vision, got {bundle}, which has none; name another --vision")
    rows = pictures / "datasets" / OPERATION.name / f"{SPLIT}.jsonl"
    read_examples(rows)
    return bundle, rows


def measure_seeing(run: RunFolder, bundle: Path, rows: Path) -> dict[str, Any]:
    """A stage: `V` and its kinds."""
    opened = Bundle.open(bundle)

    def make(_work: Path, out: Path) -> Mapping[str, Any]:
        encoder, asked = opened.image_encoder(), read_examples(rows)
        if encoder is None:
            raise ConfigError(f"V: expected a bundle with vision, got {bundle}, which has none; name another --vision")

        @lru_cache(maxsize=64)
        def rows_of(name: str) -> Embeddings:
            return Embeddings(encoder.encode(decode((rows.parent / name).read_bytes(), name)))

        steps = Steps(run.progress, "V", len(asked))
        verdicts = answer_rows(Experts(opened, pictures=rows_of), asked, lambda _what: steps.advance())
        write_rows(out, "figures", as_json(summarise(verdicts)))
        write_rows(out, "verdicts", verdicts)
        return {"rows": len(asked)}

    found: dict[str, Any] = read_rows(
        run.stage("V", {"bundle": opened.sha256, "rows": sha256_file(rows)}, make), "figures"
    )
    return found
