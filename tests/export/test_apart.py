"""Work in a process of its own gives, refuses and breaks off as work here would."""

import os
import time

import pytest

from export.machine.process import Apart, apart, apart_when_large
from runtime_py.errors import BundleError, ExportError


def test_what_the_work_gives_comes_back_whatever_it_prints() -> None:
    assert apart(os.path.join, "a", "b") == "a/b"
    assert apart(print, "said on the way") is None


def test_it_is_another_process_with_the_environment_asked_for() -> None:
    assert apart(os.getpid) != os.getpid()
    assert Apart({"MEMLORA_TRIED": "1"}, os.getenv, "MEMLORA_TRIED").result() == "1"


def test_only_what_is_large_goes_apart() -> None:
    assert apart_when_large(1, os.getpid) == os.getpid()
    assert apart_when_large(10**9, os.getpid) != os.getpid()


def test_a_refusal_comes_back_with_its_reason() -> None:
    with pytest.raises(BundleError, match="no such thing") as refused:
        apart(_refuse, "no such thing")
    assert refused.value.reason == "malformed bytes"


def test_a_process_that_breaks_off_is_told_in_one_sentence() -> None:
    with pytest.raises(ExportError, match=r"ended with 7; is there enough memory\?"):
        apart(os._exit, 7)
    with pytest.raises(ExportError, match=r"ended with 1 \(ValueError: .*not a number"):
        apart(int, "not a number")


def test_one_that_is_stopped_is_gone() -> None:
    running = Apart({}, time.sleep, 600)
    running.stop()
    assert running._process.returncode != 0


def _refuse(message: str) -> None:
    raise BundleError(message, "malformed bytes")
