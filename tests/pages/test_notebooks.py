"""The notebooks of examples/ run from their first cell to their last."""

import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
SHOWN = {"memory": ("'Kluvo'", "'UPDATE'", "'Zwolle': False"), "expert": ("down_proj", "fine", "Expert `extract`")}
"""What each must have shown."""
pytestmark = pytest.mark.slow


def test_every_notebook_is_known() -> None:
    assert [path.stem for path in NOTEBOOKS] == sorted(SHOWN)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_run_is_kept_in_it(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert [cell["id"] for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is missing: pip install 'memlora[notebooks]'")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is missing: pip install 'memlora[notebooks]'")
    pytest.importorskip("ipykernel", reason="ipykernel is missing: pip install 'memlora[notebooks]'")
    monkeypatch.setenv("MEMLORA_BUNDLE", str(tiny_bundle))
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES.parent))
    for place in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(place, str(tmp_path / place))
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    resources = {"metadata": {"path": str(EXAMPLES)}}
    nbclient.NotebookClient(notebook, timeout=1200, kernel_name="python3", resources=resources).execute()
    told = "".join(_texts(notebook))
    assert [words for words in SHOWN[path.stem] if words not in told] == []


def _texts(notebook: Any) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
