"""Plots as inline SVG: text stays text, colours come from the page's style, so light and dark both read."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from markupsafe import Markup

from export.report.html import join, markup

LETTER = 6.6  # about the mean width of a letter of a label, in the plot's units
_ids = count()


@dataclass(frozen=True)
class Bar:
    """One bar from 0 to `value` in [0, 1] with its interval, the text beside it and the style class of its colour."""

    label: str
    value: float
    low: float
    high: float
    text: str
    style: str


@dataclass(frozen=True)
class Line:
    """Points (x, y) joined by a line; `dashed` for the lesser of two related lines."""

    label: str
    points: Sequence[tuple[float, float]]
    style: str
    dashed: bool = False


def _figure(body: Iterable[Markup], width: float, height: float, title: str, description: str) -> Markup:
    form = (
        '<svg viewBox="0 0 {width:g} {height:g}" style="max-width:{most:.0f}px" role="img" '
        'aria-labelledby="{mark}t {mark}d">'
        '<title id="{mark}t">{title}</title><desc id="{mark}d">{description}</desc>{body}</svg>'
    )
    named = {"mark": f"plot{next(_ids)}", "title": title, "description": description, "body": join(body)}
    return markup(form, width=width, height=height, most=1.3 * width, **named)


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> Markup:
    return markup('<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>', x, y, style, anchor, text)


def bar_plot(title: str, groups: Mapping[str, Sequence[Bar]]) -> Markup:
    """Horizontal bars on a scale of 0 to 1 in labelled groups; the thin line on a bar is its 95 % interval."""
    longest = max((len(bar.label) for bars in groups.values() for bar in bars), default=0)
    left, width, right, row, gap = max(168.0, 16 + LETTER * longest), 360.0, 204.0, 21.0, 30.0
    parts: list[Markup] = []
    y = 8.0
    spoken: list[str] = []
    for name, bars in groups.items():
        parts.append(_text(0, y + 12, name, "group"))
        y += gap - 8
        for bar in bars:
            length = max(bar.value * width, 0.0)
            whisker = left + bar.low * width, left + bar.high * width
            parts.append(_text(left - 10, y + 11, bar.label, "", "end"))
            bar_form = '<rect x="{}" y="{}" width="{:.1f}" height="12" rx="3" class="{}"/>'
            parts.append(markup(bar_form, left, y + 2, width, "track"))
            parts.append(markup(bar_form, left, y + 2, length, f"fill {bar.style}"))
            parts.append(markup('<path d="M{:.1f} {}H{:.1f}" class="whisker"/>', whisker[0], y + 8, whisker[1]))
            parts.append(_text(left + width + 12, y + 12, bar.text, "value"))
            spoken.append(f"{name}, {bar.label}: {bar.text}")
            y += row
        y += 12
    return _figure(parts, left + width + right, y - 4, title, "; ".join(spoken))


def line_plot(title: str, x_label: str, y_label: str, lines: Sequence[Line]) -> Markup:
    """Lines over a shared x axis from its least to its greatest value; y starts at 0."""
    left, top, width, height, right = 46.0, 12.0, 420.0, 170.0, 20.0
    points = [point for line in lines for point in line.points]
    x_low, x_high = min(x for x, _ in points), max(x for x, _ in points)
    ticks_y = _ticks(0.0, max(y for _, y in points))
    ticks_x = _ticks(x_low, x_high)
    y_high = ticks_y[-1]

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x_low) / (x_high - x_low) if x_high > x_low else 0.5
        return left + across * width, top + height * (1 - y / y_high)

    parts: list[Markup] = []
    for tick in ticks_y:
        y = place(x_low, tick)[1]
        parts.append(markup('<path d="M{} {:.1f}h{}" class="grid"/>', left, y, width))
        parts.append(_text(left - 8, y + 4, f"{tick:g}", "", "end"))
    for tick in (tick for tick in ticks_x if x_low <= tick <= x_high):
        parts.append(_text(place(tick, 0)[0], top + height + 18, f"{tick:,.10g}", "", "middle"))
    for line in lines:
        path = "L".join("{:.1f} {:.1f}".format(*place(*point)) for point in line.points)
        parts.append(markup('<path d="M{}" class="line {}"/>', path, _line_style(line)))
    parts.append(_text(left + width, top + height + 36, x_label, "axis", "end"))
    parts.append(_text(left, top - 2, y_label, "axis"))
    legend_x = left
    for line in lines:
        parts.append(markup('<path d="M{} {}h18" class="line {}"/>', legend_x, top + height + 32, _line_style(line)))
        parts.append(_text(legend_x + 24, top + height + 36, line.label))
        legend_x += 44 + 6.6 * len(line.label)
    spoken = "; ".join(f"{line.label} from {line.points[0][1]:.3g} to {line.points[-1][1]:.3g}" for line in lines)
    return _figure(parts, left + width + right, top + height + 44, title, spoken)


def heat_map(title: str, rows: Mapping[str, Sequence[float | None]], columns: Sequence[str]) -> Markup:
    """A shaded cell for each value, darker for larger, with the number inside; None leaves the cell empty."""
    left, cell_width, cell, top = 108.0, 52.0, 26.0, 24.0
    values = [value for row in rows.values() for value in row if value is not None]
    low, high = min(values), max(values)
    parts = [_text(left + cell_width * (i + 0.5), 14, name, "", "middle") for i, name in enumerate(columns)]
    for j, (name, row) in enumerate(rows.items()):
        y = top + j * cell
        parts.append(_text(left - 10, y + 17, name, "", "end"))
        for i, value in enumerate(row):
            if value is None:
                continue
            shade = 0.12 + 0.68 * ((value - low) / (high - low) if high > low else 0.5)
            x = left + i * cell_width
            form = '<rect x="{}" y="{}" width="{}" height="{}" rx="3" class="heat" fill-opacity="{:.2f}"/>'
            parts.append(markup(form, x + 1, y + 1, cell_width - 2, cell - 2, shade))
            parts.append(_text(x + cell_width / 2, y + 17, f"{value:.3f}", "cell", "middle"))
    spoken = f"{len(values)} values from {low:.3f} to {high:.3f}"
    return _figure(parts, left + cell_width * len(columns) + 8, top + cell * len(rows) + 4, title, spoken)


def _line_style(line: Line) -> str:
    return f"{line.style} dashed" if line.dashed else line.style


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers whose last is at or above `high`."""
    span = (high - low) or abs(high) or 1.0
    raw = span / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1.0, 2.0, 2.5, 5.0, 10.0) if s * power >= raw * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, max(last, first + 1) + 1)]
