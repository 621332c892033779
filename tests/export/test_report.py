"""The report of a bundle; figures here are invented, and the page must show exactly these."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from export.report.page import render_report, write_report
from export.report.plots import LETTER, Bar, Line, bar_plot, heat_map, line_plot
from runtime_py.errors import ConfigError
from runtime_py.files import LogEntry
from runtime_py.operations import names

VOID = {"meta", "br", "img", "link", "input"}


def share(k: int, n: int) -> dict[str, Any]:
    return {"k": k, "n": n, "value": k / n, "low": max(k / n - 0.03, 0), "high": min(k / n + 0.03, 1), "interval": "w"}


def mean(value: float, n: int) -> dict[str, Any]:
    return {"n": n, "value": value, "low": value - 0.02, "high": value + 0.02, "interval": "b"}


def invented_figures() -> dict[str, Any]:
    log = [LogEntry(i * 100, 2.6 / (1 + i) + 0.07, None, 2.5 / (1 + i) + 0.09) for i in range(9)]
    modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    tensors = [
        {"name": f"model.layers.{i}.self_attn.{m}.weight", "shape": [256, 256],
         "chosen": {"relative": 0.07 + 0.004 * i + 0.002 * j, "max": 0.1}, "rtn": {"relative": 0.08, "max": 0.1}}
        for i in range(4) for j, m in enumerate(modules)
    ]  # fmt: skip
    embedding = {"relative": 0.091, "max": 0.2}
    tensors.append({"name": "model.embed_tokens.weight", "shape": [4096, 256], "chosen": embedding, "rtn": embedding})
    operations = {
        "extract": {"experts": {"valid JSON": share(500, 500), "fact F1": mean(0.912, 500)},
                    "base": {"valid JSON": share(500, 500), "fact F1": mean(0.031, 500)}},
        "update": {"experts": {"event and id": share(703, 760)}, "base": {"event and id": share(41, 760)}},
        "generate": {"experts": {"exact": share(431, 500), "exact, list": share(40, 61)},
                     "base": {"exact": share(9, 500)}},
    }  # fmt: skip
    end_to_end = {
        "none": {"all": share(3, 520)}, "extract": {"all": share(61, 520)}, "extract+update": {"all": share(110, 520)},
        "experts": {"all": share(371, 520), "temporal": share(80, 120)},
        "oracle memory": {"all": share(460, 520)},
    }  # fmt: skip
    miss = {"prompt": 3, "step": 14, "expected": 91, "got": 17, "margin": 0.0123}
    legs = [
        {"operation": operation, "leg": leg, "packaging": "packaged",
         "passed": leg != "executorch" or operation != "update",
         "max_relative_error": 2.1e-2, "differences": [], "steps": 700, "equal_steps": 700 - (leg == "executorch"),
         "misses": [miss] if leg == "executorch" else [], "adapter_effect": 0.83}
        for operation in names() for leg in ("torch_arbiter", "onnx", "executorch")
    ]  # fmt: skip
    latency = [
        {"operation": operation, "target": target, "n": 40, "p50_ms": ms, "p95_ms": 1.7 * ms, "tokens_per_s": 900.0}
        for operation, ms in (("extract", 61.2), ("update", 93.9), ("generate", 11.0))
        for target in ("onnx", "executorch")
    ]  # fmt: skip
    return {
        "title": "memlora-tiny <int4>",
        "training": dict.fromkeys(names(), log),
        "quantization": {"scale_search": "mse", "group_size": 32, "tensors": tensors},
        "accuracy": {"splits": {"test": {"operations": operations, "end_to_end": end_to_end}}},
        "latency": latency,
        "parity": legs,
    }


def write_invented_bundle(folder: Path) -> Path:
    sizes = {"base.ptd": 1_900_000, "extract.pte": 260_000, "extract.onnx": 48_000, "extract.onnx_adapter": 190_000,
             "embed.onnx": 22_700_000, "manifest.json": 4100, "tokenizer.json": 210_000,
             "goldens/extract.safetensors": 90}  # fmt: skip
    for name, size in sizes.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    return folder


class Balance(HTMLParser):
    """Fails on a tag that is closed out of order, collects what a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"expected </{tag}> to close the last open tag"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_invented_bundle(tmp_path / "bundle")


def test_page_shows_its_figures_and_loads_nothing(bundle: Path) -> None:
    path = write_report(bundle, invented_figures())
    page = path.read_text()
    balance = Balance()
    balance.feed(page)
    assert path == bundle / "report.html"
    assert (balance.open, balance.loads) == ([], [])
    assert "url(" not in page.replace("url(#tip)", "")
    for text in ("371/520 0.713", "0.912 [0.892, 0.932] N=500", "703/760", "1.90 MB", "0.091", "0.0123", "699/700"):
        assert text in page
    assert "memlora-tiny &lt;int4&gt;" in page
    assert "was not" not in page
    assert page.count("✗ differs") == 1


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y>&{{ 7*7 }}</title></svg>"


def poisoned(value: Any) -> Any:
    """`value` with every text, keys that name something of a user's included, replaced by a hostile one."""
    if isinstance(value, str):
        return HOSTILE + value
    if isinstance(value, list):
        return [poisoned(item) for item in value]
    if isinstance(value, dict):
        return {key: poisoned(item) for key, item in value.items()}
    return value


def test_no_name_of_others_becomes_markup(tmp_path: Path) -> None:
    """Texts of figures, and the keys that splits, models, operations, stages and files give."""
    figures = poisoned(invented_figures())
    figures["training"] = {HOSTILE + operation: log for operation, log in invented_figures()["training"].items()}
    (split,) = figures["accuracy"]["splits"].values()
    for models in split["operations"].values():
        models[HOSTILE] = models.pop("base")
    split["end_to_end"] = {HOSTILE + stage: row for stage, row in split["end_to_end"].items()}
    split["operations"]["extract"][HOSTILE][HOSTILE] = share(1, 2)
    figures["accuracy"]["splits"] = {HOSTILE: split}
    bundle = write_invented_bundle(tmp_path / "a <i>bundle</i>")
    (bundle / "<b onload=z>.json").write_bytes(b"{}")
    page = render_report(bundle, figures)
    balance = Balance()
    balance.feed(page)
    assert (balance.open, balance.loads) == ([], [])
    assert not balance.tags & {"script", "img", "i"}
    assert not balance.attributes & {"onerror", "onload"}
    assert page.count("&lt;script&gt;") > 40
    assert "{{ 7*7 }}" in page


def test_every_plot_is_well_formed_and_named(bundle: Path) -> None:
    plots = re.findall(r"<svg.*?</svg>", render_report(bundle, invented_figures()), re.S)
    assert len(plots) == 6
    for plot in plots:
        root = ElementTree.fromstring(plot)
        ids = {element.get("id") for element in root.iter()}
        assert set(str(root.get("aria-labelledby")).split()) <= ids
        assert root.findtext("title")
        assert root.findtext("desc")


def test_missing_figures_are_said(bundle: Path) -> None:
    page = render_report(bundle, {})
    assert page.count('class="missing"') == 6
    assert "The evaluation was not run" in page
    assert "26.31 MB" not in page
    assert "25.31 MB" in page


def test_a_conversation_and_the_everyday_suite_are_drawn_and_escaped(bundle: Path) -> None:
    share = {"k": 1, "n": 2, "value": 0.5, "low": 0.1, "high": 0.9}
    ways = {way: {"answered": share, "unanswerable, refused": share} for way in ("both", "turns", "refusal")}
    split = {"dialogues": 3, "answers": ways, "memory": {"stored facts true": share}}
    turn = {"date": "2026-05-01", "speaker": "Me", "text": "I <b>moved</b>"}
    asked = [{"question": "Where?", "expected": "Rome", "answer": "Rome"}]
    figures = {
        "accuracy": {"suite": "everyday", "splits": {"test": split}},
        "conversation": {"turns": [turn], "memories": ["The user moved"], "questions": asked},
    }
    page = render_report(bundle, figures)
    assert "I &lt;b&gt;moved&lt;/b&gt;" in page
    assert "turns and facts: what ships" in page
    assert "everyday questions answered (test)" in page
    assert "stored facts true" in page
    assert page.count("1/2") > 5


def test_one_everyday_dialogue_its_costs_and_the_world_are_shown(bundle: Path) -> None:
    answers = {"both": {"answer": "Trem", "right": True}, "turns": {"answer": "<i>Kluvo", "right": False}}
    example = {
        "id": "x1",
        "turns": [{"id": "1", "day": "2024-03-12", "speaker": "Me", "text": "I moved to Trem."}],
        "stored": [{"text": "The user moved to Trem.", "verdict": "true", "turns": ["1", "2"]}],
        "questions": [{"text": "Where do I live?", "kind": "changed", "gold": ["Trem", "to Trem"], "answers": answers}],
    }
    split = {
        "dialogues": 1,
        "answers": {"both": {"answered": share(5, 9)}, "turns": {"answered": share(4, 9)}},
        "missing": {"base": "this bundle is merged"},
        "memory": {"stored facts true": share(77, 78)},
        "cost": {"a question, both": {"seconds": {"median": 0.515, "n": 9}, "calls": mean(1.0, 9)}},
        "example": example,
    }
    result = {"suite": "lines", "splits": {"statements": split}, "worlds": {"hits forgotten": share(0, 79)}}
    page = render_report(bundle, {"accuracy": result})
    for text in ("5/9 0.556", "0/79", "0.515 N=9", "this bundle is merged", "✓ Trem", "✗ &lt;i&gt;Kluvo", "1 and 2"):
        assert text in page


def test_report_may_lie_elsewhere_and_does_not_count_itself(bundle: Path, tmp_path: Path) -> None:
    before = render_report(bundle, {})
    write_report(bundle, {})
    assert re.sub(r"plot\d+", "", render_report(bundle, {})) == re.sub(r"plot\d+", "", before)
    assert write_report(bundle, {}, tmp_path / "other.html").read_text()


def test_user_mistakes(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected some of .* got latencies"):
        render_report(bundle, {"latencies": []})
    with pytest.raises(ConfigError, match="expected a folder"):
        write_report(tmp_path / "none", {})
    assert not (tmp_path / "none").exists()


def coordinates(plot: str, tag: str, name: str) -> list[float]:
    return [float(e.get(name, "nan")) for e in ElementTree.fromstring(plot).iter(tag)]


@pytest.mark.parametrize("label", ["a", "turns and facts: what ships", "w" * 60])
def test_a_bar_leaves_room_for_its_label(label: str) -> None:
    plot = bar_plot("t", {"g": [Bar(label, 0.5, 0.4, 0.6, "5/10", "")]})
    ((end, shown),) = re.findall(r'<text x="([0-9.]+)"[^>]*text-anchor="end">([^<]*)</text>', plot)
    assert shown == label
    assert float(end) >= LETTER * len(label)


def test_bars_are_as_long_as_their_values() -> None:
    plot = bar_plot("t", {"g": [Bar("a", 0.5, 0.4, 0.6, "5/10", ""), Bar("b", 1.0, 0.7, 1.0, "9/9", "")]})
    track, half, again, full = coordinates(plot, "rect", "width")
    assert (track, again) == (full, full)
    assert half == track / 2


def test_lines_stay_within_their_axes() -> None:
    points = [(0.0, 3.0), (50.0, 1.0), (100.0, 0.0)]
    plot = line_plot("t", "step", "loss", [Line("a", points, "extract")])
    path = next(e.get("d", "") for e in ElementTree.fromstring(plot).iter("path") if "extract" in e.get("class", ""))
    placed = [tuple(map(float, pair.split())) for pair in path[1:].split("L")]
    assert [x for x, _ in placed] == [46.0, 256.0, 466.0]
    assert placed[0][1] < placed[1][1] < placed[2][1] == 182.0
    assert placed[0][1] >= 12.0


def test_one_point_and_equal_values_are_drawn() -> None:
    assert "NaN" not in line_plot("t", "x", "y", [Line("a", [(1.0, 0.0)], "")])
    cells = coordinates(heat_map("t", {"q": [0.1, None], "k": [0.1, 0.1]}, ["0", "1"]), "rect", "fill-opacity")
    assert cells == [0.46, 0.46, 0.46]


def test_pictures_stand_on_the_page_with_what_was_seen(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"pixels")
    photo = {"file": str(tmp_path / "a.png"), "day": "2026-10-19", "words": "<Look>", "question": "How many?"}
    seen = {"expected": "3", "answer": "3", "reason": "I count 3.", "is_looked_at": True, "is_right": True}
    missed = {"expected": "3", "answer": "2", "reason": "I count 2.", "is_looked_at": False, "is_right": False}
    talk = {"memories": [], "questions": [], "photos": [photo | seen, photo | missed]}
    leg = invented_figures()["parity"][0] | {"operation": "vqa"}
    page = render_report(write_invented_bundle(tmp_path / "bundle"), {"conversation": talk, "parity": [leg]})
    assert page.count('src="data:image/png;base64,cGl4ZWxz" alt="&lt;Look&gt;"') == 2
    assert '<p class="pass">✓ 3</p><p>I count 3.</p>' in page
    assert '<p class="fail">✗ 2 (true: 3)</p><p>It did not look at this picture.</p>' in page
    assert "A question about a picture" in page
    assert "A question about a picture" not in render_report(tmp_path / "bundle", {})
