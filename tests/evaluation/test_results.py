"""Tables and plots of a suite's result; the figures are invented."""

import io
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evaluation import plot_result, result_tables
from evaluation.figures import plots
from evaluation.figures.intervals import Ratio, Share
from evaluation.figures.tables import as_json
from evaluation.suites import evaluate_synthetic
from runtime_py.errors import ConfigError, MissingExtraError

SYNTHETIC = {
    "suite": "synthetic",
    "splits": {
        "test": as_json(
            {
                "operations": {
                    "extract": {
                        "experts": {"fact F1": Ratio.mean([1.0, 0.5])},
                        "base": {"fact F1": Ratio.mean([0.0, 0.5])},
                    }
                },
                "end_to_end": {"none": {"all": Share(0, 9)}, "extract": {"all": Share(4, 9), "temporal": Share(1, 2)}},
            }
        )
    },
}
LOCOMO = {
    "suite": "locomo",
    "sample": "made-up",
    "memories": 30,
    "retrieval": as_json({"memories (hybrid)": {"recall@10": Share(3, 7)}}),
    "answers": as_json({"memories": {"1 multi-hop, F1": Ratio.mean([0.5]), "5 adversarial, refused": Share(0, 0)}}),
}

EVERYDAY = {
    "suite": "everyday",
    "splits": {
        "test": as_json(
            {
                "dialogues": 4,
                "answers": {"both": {"answered": Share(5, 9)}, "refusal": {"answered": Share(0, 9)}},
                "missing": {"base": "it is merged"},
                "memory": {"stored facts true": Share(77, 78)},
                "cost": {"a question, both": {"seconds": {"median": 0.515, "low": 0.4, "high": 0.6, "n": 9}}},
            }
        )
    },
    "worlds": as_json({"hits forgotten": Share(0, 79)}),
}


def text_of(result: dict[str, Any]) -> str:
    console = Console(width=160, file=io.StringIO(), record=True)
    for table in result_tables(result):
        console.print(table)
    return console.export_text()


def test_tables() -> None:
    text = text_of(SYNTHETIC)
    assert "0.750 [" in text
    assert "4/9 0.444 [0.189, 0.733]" in text
    assert "–" in text
    assert "3/7 0.429" in text_of(LOCOMO)
    everyday = text_of(EVERYDAY)
    for figure in ("5/9 0.556", "77/78 0.987", "0.515 [0.400, 0.600] N=9", "0/79", "no base: it is merged"):
        assert figure in everyday


@pytest.mark.parametrize("result", [SYNTHETIC, LOCOMO, EVERYDAY])
@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_plots(tmp_path: Path, result: dict[str, Any], suffix: str, start: bytes) -> None:
    assert plot_result(result, tmp_path / f"p.{suffix}").read_bytes().startswith(start)


def test_without_matplotlib_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "matplotlib" else ModuleSpec(name, None)

    monkeypatch.setattr(plots, "find_spec", find)
    with pytest.raises(MissingExtraError, match="expected matplotlib"):
        plot_result(SYNTHETIC, tmp_path / "p.png")
    assert not list(tmp_path.iterdir())


def test_unknown_stage_set_is_named_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown stage set: expected some of none, .* got all"):
        evaluate_synthetic(tmp_path, tmp_path, tmp_path, stage_sets=["all"])
