"""`memlora --version`: what runs here, and which formats it reads and writes."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from memlora_cli.terminal import print_json, results
from runtime_py import engines
from runtime_py.bundle import BUNDLE_VERSION
from runtime_py.store import STORE_VERSION
from runtime_py.weights import VERSION as BASE_VERSION


def read_versions() -> dict[str, Any]:
    """Versions of programs, `formats` by name; a runtime that is not installed is left out."""
    found: dict[str, Any] = {"memlora": version("memlora"), "python": platform.python_version()}
    for kind in engines.kinds():
        package = engines.get(kind).packages[0]
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    formats = {"bundle": BUNDLE_VERSION, "base": BASE_VERSION, "store": STORE_VERSION}
    return {**found, "formats": formats}


def print_versions(as_json: bool) -> None:
    """One line of JSON, or a line for each."""
    found = read_versions()
    if as_json:
        print_json(found)
        return
    formats = found.pop("formats")
    for name, number in found.items():
        results().print(f"{name} {number}", markup=False)
    results().print("formats: " + ", ".join(f"{name} {number}" for name, number in formats.items()), markup=False)
