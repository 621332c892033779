"""A target is one noun: its name stands in its own modules and in the table of tolerances, and every part is there."""

import ast
import tomllib
from pathlib import Path

import pytest

import export.targets
import runtime_py.engines
from export.targets import target
from runtime_py import engines
from runtime_py.engines import DEFAULT, Kind, Runtime
from runtime_py.errors import ConfigError
from runtime_py.parity import LEGS
from tests.toys import TARGET, TARGET_FILES, TOLERANCE, add, toy_target

__all__ = ["toy_target"]

ROOT = Path(__file__).parents[1]
ROOMS = (
    *(
        "benchmarks",
        "calibration",
        "distill",
        "docs",
        "evaluation",
        "examples",
        "export",
        "memlora",
        "memlora_cli",
        "serving",
    ),
    *("models", "runtime_py"),
)
TABLE = Path("runtime_py/parity/comparator.py")


def own(path: Path, kind: str) -> bool:
    """Whether a module is the target's or the engine's own."""
    return path.is_relative_to(f"export/targets/{kind}") or path.with_suffix("").parts[-2:] == ("engines", kind)


def decisions(source: str) -> list[tuple[int, str]]:
    """Strings that a module decides by: compared, looked up, matched, a key of a table, or what an argument is."""
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                found += side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
        elif isinstance(node, ast.Dict):
            found += node.keys
        elif isinstance(node, ast.Subscript):
            found.append(node.slice)
        elif isinstance(node, ast.MatchValue):
            found.append(node.value)
        elif isinstance(node, ast.arguments):
            found += [*node.defaults, *node.kw_defaults]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            found += node.args[:1] if node.func.attr in ("get", "pop", "setdefault", "startswith", "endswith") else []
    return [(n.lineno, n.value) for n in found if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def test_no_module_decides_by_a_targets_name() -> None:
    seen = []
    for path in (path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for line, text in decisions((ROOT / path).read_text("utf-8")):
            if text in engines.kinds() and not own(path, text):
                seen.append(f"{path}:{line}: {text}")
    assert seen == []


@pytest.mark.parametrize(
    "source",
    [
        'x = 1 if kind == "onnx" else 2',
        'x = kind in ("executorch", "a")',
        'x = {"onnx": 1}[kind]',
        'x = table["onnx"]',
        'x = table.get("onnx")',
        'def f(engine="onnx"): pass',
        'def f(*, engine="onnx"): pass',
        'match kind:\n    case "onnx":\n        pass',
    ],
)
def test_the_search_finds_each_way_to_decide(source: str) -> None:
    assert {text for _, text in decisions(source)} & set(engines.kinds())


def missing_parts(name: str) -> list[str]:
    """What a target lacks of an engine, a lowering and a row of tolerances."""
    parts = {"engine": engines.kinds(), "lowering": target.names(), "tolerance": LEGS}
    return [part for part, names in parts.items() if name not in names]


@pytest.mark.parametrize("name", sorted({*engines.kinds(), *target.names(), *LEGS} - {"torch_arbiter", "vision"}))
def test_a_target_has_every_part(name: str) -> None:
    """All three parts under one name; its packages are in pyproject.toml."""
    assert missing_parts(name) == []
    kind = engines.get(name)
    assert isinstance(kind, Kind)
    assert kind.name == name
    assert kind.packages
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    rows = project["optional-dependencies"][kind.extra] if kind.extra else project["dependencies"]
    assert set(kind.packages) <= {row.partition(">")[0] for row in rows}


def test_the_default_is_a_kind_and_threads_are_counted() -> None:
    assert DEFAULT in engines.kinds()
    with pytest.raises(ConfigError, match="wrong number of threads: expected 1 or more, got -1"):
        Runtime(-1)
    with pytest.raises(ConfigError, match="unknown engine: expected one of executorch, onnx, qnn, got 'onyx'"):
        engines.get("onyx")


@pytest.mark.parametrize("part", ["engine", "lowering", "tolerance"])
def test_a_part_that_a_target_lacks_is_found(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = {"engine": runtime_py.engines, "lowering": export.targets}
    if part != "tolerance":
        monkeypatch.setitem(LEGS, TARGET, TOLERANCE)
    files = {room: file for room, file in TARGET_FILES.items() if room is not rooms.get(part)}
    for name in add(files, TARGET, tmp_path, monkeypatch):
        assert missing_parts(name) == [part]


def test_a_toy_target_is_whole(toy_target: str) -> None:
    assert missing_parts(toy_target) == []
    assert toy_target in engines.kinds()
