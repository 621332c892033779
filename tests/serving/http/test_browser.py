"""The page at `/` in Debian's Chromium: told, asked, corrected, looked up, forgotten, in light and dark."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from runtime_py.images import decode

pytestmark = pytest.mark.slow


def test_the_page_in_a_browser(tiny_bundle: Path, tmp_path: Path) -> None:
    pytest.importorskip("playwright", reason="playwright is missing: pip install 'memlora[browser]'")
    if shutil.which("chromium") is None:
        pytest.skip("chromium is missing: apt-get install chromium")
    from tests.serving.http.browser import TINY, main

    main(tiny_bundle, tmp_path, TINY)
    shades = {path.stem: float(np.mean(decode(path.read_bytes()))) for path in tmp_path.glob("*.png")}
    assert len(shades) == 6
    assert all(shade > 180 for name, shade in shades.items() if name.endswith("light"))
    assert all(shade < 80 for name, shade in shades.items() if name.endswith("dark"))
