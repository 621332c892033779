"""The repository itself: the wheel's contents, the registries, and that nothing of one machine leaks in."""

import ast
import re
import subprocess
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from runtime_py import operations

ROOT = Path(__file__).parents[1]
PACKAGES = ["memlora", "serving", "calibration", "distill", "evaluation", "export", "memlora_cli", "runtime_py"]
MOST_LINES, MOST_FILES = 300, 15
FORBIDDEN = re.compile(
    r"(pypi\.org|pythonhosted|repo1?\.maven|registry\.npmjs|crates\.io|proxy\.golang)|(^|[\s\"'(])/(work|root)/"
)


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_machine_path_or_registry_host_is_named() -> None:
    found = []
    for path in tracked_files():
        if path == Path(__file__) or path.suffix in {".png", ".safetensors", ".bin", ".ptd", ".onnx"}:
            continue
        if path.suffix == ".template":
            text = zlib.decompress(path.read_bytes()).decode("latin-1")
        elif path.suffix == ".onnx":
            text = path.read_bytes().decode("latin-1")
        else:
            text = path.read_text("utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if FORBIDDEN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line[:80]}")
    assert found == []


def source_files(*suffixes: str) -> list[Path]:
    return [path.relative_to(ROOT) for path in tracked_files() if path.suffix in suffixes]


def test_no_file_is_long() -> None:
    lengths = {str(path): len((ROOT / path).read_text("utf-8").splitlines()) for path in source_files(".py", ".kt")}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_room_is_crowded() -> None:
    """Every source file counts, `__init__.py` and a test's `conftest.py` too."""
    rooms = Counter(str(path.parent) for path in source_files(".py", ".kt"))
    assert {room: files for room, files in rooms.items() if files > MOST_FILES} == {}


def test_embedded_model_is_at_most_20_mb_in_git() -> None:
    size = sum(p.stat().st_size for p in tracked_files() if p.is_relative_to(ROOT / "models" / "memlora-tiny"))
    assert 0 < size <= 20_000_000


@pytest.mark.parametrize("operation", operations.taught())
def test_an_operation_has_every_part(operation: str) -> None:
    """Module, training rows, teacher prompt and golden inputs: CONTRIBUTING.md lists them."""
    from distill.corpus import generate_dialogues
    from distill.datasets import build_datasets
    from distill.prompts import teacher_prompt

    op = operations.get(operation)
    example = next(iter(build_datasets(generate_dialogues("train", 3, 0), operation)))
    given = op.read_input(example.input)
    long_prompt = teacher_prompt(op, given)
    assert long_prompt.count(op.render(given)) == 1
    assert len(long_prompt) > len(op.system) + len(op.render(given))
    assert op.render_output(op.parse(example.target)) == example.target
    assert (ROOT / "export/golden_inputs" / f"{operation}.jsonl").stat().st_size > 0


ROOMS = ("benchmarks", "examples", "models", *PACKAGES)


def lists_of_operations(source: str, least: int, keys: bool) -> list[int]:
    """Lines of literal tuples, lists, sets and joined texts with `least` or more names of operations.

    With `keys` also of dicts, fields of a class and named arguments.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.expr | ast.ClassDef) and len(_named(node, keys) & set(operations.all_names())) >= least:
            found.append(node.lineno)
    return found


def _named(node: ast.expr | ast.ClassDef, keys: bool) -> set[str]:
    parts: Sequence[ast.expr | None] = ()
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        parts = node.elts
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        words = re.split(r"\W+", node.value)
        return set(words) if set(words) <= set(operations.all_names()) else set()
    elif keys and isinstance(node, ast.Dict):
        parts = [*node.keys, *node.values]
    elif keys and isinstance(node, ast.ClassDef):
        parts = [field.target for field in node.body if isinstance(field, ast.AnnAssign)]
    elif keys and isinstance(node, ast.Call):
        return {named.arg for named in node.keywords if named.arg}
    constants = {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return constants | {part.id for part in parts if isinstance(part, ast.Name) and isinstance(node, ast.ClassDef)}


def test_no_page_lists_the_operations() -> None:
    pages = [path for path in tracked_files() if path.suffix in {".html", ".css", ".js"}]
    word = re.compile(rf"\b({'|'.join(operations.all_names())})\b")
    lines = [(path.name, line) for path in pages for line in path.read_text("utf-8").splitlines()]
    assert pages
    assert [(name, line) for name, line in lines if len(set(word.findall(line))) > 1] == []


def test_the_operations_are_listed_nowhere() -> None:
    """Rooms ask the registry; a test may choose some operations, or say what is right for each, but not list all."""
    found = []
    for path in source_files(".py"):
        source = (ROOT / path).read_text("utf-8")
        in_room = path.parts[0] in ROOMS and not path.is_relative_to("runtime_py/operations")
        lines = lists_of_operations(source, 2, True) if in_room else []
        if path.parts[0] == "tests":
            lines = lists_of_operations(source, len(operations.taught()), False)
        found += [f"{path}:{line}" for line in lines]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'x = ("extract", "update", "generate")',
        'for name in ["generate", "extract"]: pass',
        'x = {"extract": 1, "update": 2}[name]',
        'def f(names=("model", "select", "update")): pass',
        'x = name in {"update", "generate"}',
        'x = {"small": "extract", "large": "generate"}',
        'x = "extract+update+generate"',
        "class Who:\n    extract: str\n    update: str",
        'x = Who(extract="base", generate="expert")',
    ],
)
def test_the_search_finds_each_kind_of_list(source: str) -> None:
    assert lists_of_operations(source, 2, True)


def test_a_list_of_one_operation_is_none() -> None:
    assert not lists_of_operations('x = ("extract", "facts as JSON", "extract")', 2, True)


@pytest.mark.parametrize("operation", operations.all_names())
def test_what_an_operation_says_it_has_is_there(operation: str) -> None:
    """Dataset, instructions, scorer and golden inputs: all of them, or none where it is not taught yet."""
    there = {
        "dataset": (ROOT / "distill/datasets" / f"{operation}.py").is_file(),
        "instructions": (ROOT / "distill/prompts" / f"{operation}.txt").is_file(),
        "scorer": (ROOT / "evaluation/synthetic/scorers" / f"{operation}.py").is_file(),
        "golden inputs": (ROOT / "export/golden_inputs" / f"{operation}.jsonl").is_file(),
    }
    op = operations.get(operation)
    assert set(there.values()) == {op.is_taught}, there
    made = "PICTURED" if op.picture else "DATASET"
    assert callable(operations.part("distill.datasets", operation, made)) or not op.is_taught
    assert bool(op.headline) == op.is_taught
