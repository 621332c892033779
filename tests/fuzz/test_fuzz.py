"""Every reader on changed files: only our own errors come out, and in time.

    MEMLORA_FUZZ_SECONDS=60 pytest tests/fuzz      (`make fuzz-quick`; `make fuzz` takes an hour a reader)

What was ever found lies in `corpus/<reader>/` and is read first. A new finding is written there too.
"""

import hashlib
import os
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime_py.errors import MemloraError
from tests.fuzz.changes import changed
from tests.fuzz.readers import READERS, Reader

CORPUS = Path(__file__).parent / "corpus"
SECONDS = float(os.environ.get("MEMLORA_FUZZ_SECONDS", "4"))
SLOWEST_S = 10.0


def survive(reader: Reader, data: bytes, path: Path) -> bool:
    """Whether the reader takes `data`; whatever else than our errors comes out is kept in the corpus and raised."""
    started = time.monotonic()
    try:
        reader.read(data, path)
        return True
    except MemloraError:
        return False
    except BaseException:
        kept = CORPUS / reader.name / f"new-{hashlib.sha256(data).hexdigest()[:12]}.bin"
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(data)
        raise
    finally:
        assert time.monotonic() - started < SLOWEST_S


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_what_was_found_stays_mended(reader: Reader, tmp_path: Path) -> None:
    for kept in sorted((CORPUS / reader.name).glob("*")):
        survive(reader, kept.read_bytes(), tmp_path / "file")


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_changed_files(reader: Reader, tmp_path: Path) -> None:
    seed = int(os.environ.get("MEMLORA_FUZZ_SEED", time.time_ns() % 2**32))
    print(f"{reader.name}: MEMLORA_FUZZ_SEED={seed}")  # noqa: T201
    good = reader.good(tmp_path)
    assert survive(reader, good, tmp_path / "file")
    taken = [good]
    numbers, ends, count = Random(seed), time.monotonic() + SECONDS, 0
    while time.monotonic() < ends:
        data = changed(numbers, numbers.choice(taken))
        if survive(reader, data, tmp_path / "file") and len(taken) < 64:
            taken.append(data)  # a change of a change that was taken goes further in
        count += 1
    assert count > 10


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_any_bytes(reader: Reader, tmp_path: Path) -> None:
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=400))
    def read(data: bytes) -> None:
        survive(reader, data, tmp_path / "file")

    read()
