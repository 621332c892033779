"""One random bundle with both runtimes: what the tests of exporting, linking and verifying share."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    from calibration.quantize import quantize_checkpoint

    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("quantized") / "base")


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, base: Path, adapters: Path) -> tuple[Path, list[dict[str, Any]]]:
    """A packaged bundle of random experts on a random base, and its parity rows."""
    from export.bundle import BundleConfig, OperationSource, export_bundle, find_adapters

    sources = {name: OperationSource(base, folder) for name, folder in find_adapters(adapters).items()}
    out = tmp_path_factory.mktemp("exported") / "bundle"
    return out, export_bundle(sources, out, BundleConfig("random"), lambda _stage: None)
