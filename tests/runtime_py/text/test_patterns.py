"""What Python's patterns find, replayed from the file that every implementation reads."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROWS = json.loads((Path(__file__).parents[2] / "conformance" / "patterns.json").read_text("utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ascii(row["pattern"]))
def test_row(row: dict[str, Any]) -> None:
    flags = re.NOFLAG
    for name in row["flags"]:
        flags |= re.RegexFlag[name]
    assert [match[0] for match in re.finditer(row["pattern"], row["text"], flags)] == row["found"]
