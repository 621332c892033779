"""Draws `architecture.svg` from the imports of the code: `python docs/draw_architecture.py`. A test compares it.

Rooms stand in layers: a room above imports rooms below it, never the other way.
"""

from collections import defaultdict
from html import escape
from pathlib import Path

import grimp

PACKAGES = ("memlora", "serving", "memlora_cli", "distill", "calibration", "export", "evaluation", "runtime_py")
OUT = Path(__file__).with_name("architecture.svg")
BOX, GAP, ROW = 128, 18, 78


def room_of(module: str) -> str:
    """`runtime_py.store` for a module of the runtime, else the package."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "runtime_py" and len(parts) > 1 else parts[0]


def imports() -> dict[str, set[str]]:
    """The rooms that each room imports."""
    graph = grimp.build_graph(*PACKAGES)
    found: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            one, two = room_of(module), room_of(other)
            found[one].add(two)
            found[two] |= set()
    return {room: others - {room, "runtime_py"} for room, others in found.items() if room != "runtime_py"}


def layers(edges: dict[str, set[str]]) -> list[list[str]]:
    """Rooms by how many steps lie below them, the lowest layer last. Raises `ValueError` for a circle."""
    depth: dict[str, int] = {}

    def measure(room: str, above: tuple[str, ...]) -> int:
        if room in above:
            raise ValueError(f"expected no circle of rooms, got {' -> '.join((*above, room))}; part them")
        if room not in depth:
            depth[room] = 1 + max((measure(other, (*above, room)) for other in edges[room]), default=-1)
        return depth[room]

    for room in edges:
        measure(room, ())
    return [sorted(r for r in edges if depth[r] == level) for level in range(max(depth.values()), -1, -1)]


def needed(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """The imports that no chain of others implies: what it takes to see the order."""

    def below(room: str) -> set[str]:
        return set().union(*({other} | below(other) for other in edges[room]))

    return {room: {o for o in others if not any(o in below(p) for p in others)} for room, others in edges.items()}


def draw(edges: dict[str, set[str]]) -> str:
    """The SVG: a box a room, a line an import that no other implies."""
    rows = layers(edges)
    edges = needed(edges)
    width = max(len(row) for row in rows) * (BOX + GAP) + GAP
    place = {}
    for number, row in enumerate(rows):
        left = (width - len(row) * (BOX + GAP) + GAP) / 2
        for column, room in enumerate(row):
            place[room] = (left + column * (BOX + GAP), 16 + number * ROW)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {len(rows) * ROW + 10}" '
        'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
    ]
    for room in sorted(edges):
        for other in sorted(edges[room]):
            (x, y), (u, v) = place[room], place[other]
            parts.append(
                f'<line x1="{x + BOX / 2:.0f}" y1="{y + 34:.0f}" x2="{u + BOX / 2:.0f}" y2="{v:.0f}" stroke="#b8c4d6"/>'
            )
    for room, (x, y) in sorted(place.items()):
        colour = "#e8f1ff" if room.startswith("runtime_py") else "#fff3dd"
        name = escape(room.removeprefix("runtime_py."))
        parts.append(
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX}" height="34" rx="6" fill="{colour}" stroke="#6b7d99"/>'
            f'<text x="{x + BOX / 2:.0f}" y="{y + 22:.0f}" text-anchor="middle">{name}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    OUT.write_text(draw(imports()), "utf-8")
