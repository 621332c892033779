"""A runtime that does not start here is replaced by its fallback: said once, and remembered."""

import logging
from pathlib import Path
from typing import Any

import pytest

import runtime_py.engines
from runtime_py.bundle import Bundle
from runtime_py.engines import Engine, Kind
from runtime_py.engines.fake import FakeEngine
from runtime_py.errors import MemloraError, MissingExtraError, UnavailableError
from tests.bundles.good import write_good

STARTS: list[str] = []


def kinds(error: MemloraError) -> dict[str, Kind]:
    def broken(*_: Any, **__: Any) -> Engine:
        STARTS.append("broken")
        raise error

    def working(*_: Any, **__: Any) -> Engine:
        return FakeEngine()

    def make(name: str, start: Any, fallback: str | None) -> Kind:
        return Kind(name, ("x",), None, True, start, start, fallback)

    return {"broken": make("broken", broken, "fine"), "fine": make("fine", working, None)}


@pytest.mark.parametrize("error", [UnavailableError("no NPU"), MissingExtraError("no package")])
def test_a_failed_start_is_said_and_remembered(
    error: MemloraError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_good(tmp_path / "bundle")
    bundle = Bundle.open(tmp_path / "bundle")
    monkeypatch.setattr(runtime_py.engines, "get", kinds(error).__getitem__)
    STARTS.clear()
    with caplog.at_level(logging.WARNING):
        for name in bundle.operations:
            assert isinstance(bundle.open_session(name, "broken").engine, FakeEngine)
    assert STARTS == ["broken"]
    assert [record.getMessage() for record in caplog.records] == [
        f"the engine fine is used in the place of broken: {error}"
    ]
    with pytest.raises(type(error)):  # who asks for the engine itself is told
        bundle.open_engine(bundle.operations[0], "broken")


def test_without_a_fallback_the_error_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_good(tmp_path / "bundle")
    bundle = Bundle.open(tmp_path / "bundle")
    alone = {**kinds(UnavailableError("no NPU"))}
    alone["broken"] = Kind("broken", ("x",), None, True, alone["broken"].open_engine, alone["broken"].open_embedder)
    monkeypatch.setattr(runtime_py.engines, "get", alone.__getitem__)
    with pytest.raises(UnavailableError):
        bundle.open_session(bundle.operations[0], "broken")
