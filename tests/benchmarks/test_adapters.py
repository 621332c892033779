"""Arms that are kept between runs belong to one comparison."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks.adapters import _rows, kept
from distill.training.model import open_chat
from runtime_py.files import Example, write_example, write_json
from tests.conftest import TINY


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Rows of `generate`, the first one of each split longer than any context."""
    folder = tmp_path / "data" / "generate"
    folder.mkdir(parents=True)
    given = {"question": "Where does Ana live?", "memories": [{"text": "Ana lives in Kluvo", "date": None}]}
    rows = [Example(str(number), given, "Kluvo " * (5000 if number == 0 else 1)) for number in range(4)]
    for split in ("train", "validation"):
        (folder / f"{split}.jsonl").write_text("".join(f"{write_example(row)}\n" for row in rows), "utf-8")
    return folder.parent


def test_arms_of_another_comparison_are_not_gone_on_with(data: Path, tiny_base: Path, tmp_path: Path) -> None:
    asked = Namespace(base=tiny_base, small=None, data=data, operation=["generate"], steps=[3], out=tmp_path / "o.json")
    begun = kept(asked) | {"own generate": {"steps": 3}}
    write_json(asked.out, begun)
    assert kept(asked) == begun == json.loads(asked.out.read_text("utf-8"))
    asked.steps = [4]
    with pytest.raises(SystemExit, match=r"o\.json: expected arms of .*name another --out"):
        kept(asked)


def test_a_row_that_is_too_long_is_judged_nowhere(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.adapters.VALIDATED", 3)
    rows = _rows("generate", data / "generate", open_chat(TINY), 1)
    assert [row.id for row in rows.validation] == [row.id for row in rows.examples] == ["1", "2", "3"]
