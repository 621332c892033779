"""The pipeline's diagram: what the memory does with an exchange and with a question."""

from collections.abc import Collection

from markupsafe import Markup

_BOX_WIDTH, _BOX_HEIGHT = 150, 54
_Step = tuple[str, str, str]
"""A box: its name, what it does, and the operation whose expert does it, if there is one."""


def _steps(held: Collection[str]) -> dict[str, list[_Step]]:
    rows = {
        "An exchange": [
            ("exchange", "two turns, their date", ""),
            ("select", "sentences to keep", "select") if _selects(held) else ("extract", "facts as JSON", "extract"),
            ("retrieve", "near memories", ""),
            ("update", "add, change, forget", "update") if "update" in held else ("update", "by rules", ""),
            ("store", "one transaction", ""),
        ],
        "A question": [
            ("question", "", ""),
            ("retrieve", "memories and turns", ""),
            ("generate", "a short answer", "generate"),
            ("answer", "with its memories", ""),
        ],
    }
    if "vqa" in held:
        rows["A question about a picture"] = [
            ("question", "", ""),
            ("retrieve", "the photo it means", ""),
            ("rows", "encoded once", ""),
            ("vqa", "reads rows as words", "vqa"),
            ("answer", "a word and a reason", ""),
        ]
    return rows


def _told(held: Collection[str]) -> str:
    return ", one about a picture by vqa" if "vqa" in held else ""


def _selects(held: Collection[str]) -> bool:
    return "select" in held and "extract" not in held


def pipeline_diagram(held: Collection[str]) -> Markup:
    """Rows of boxes; the experts, those of the operations `held`, are outlined in their colours over one base."""
    parts = [
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" class="head"/></marker></defs>'
    ]
    gap = 34
    for row, (title, steps) in enumerate(_steps(held).items()):
        y = 22 + row * 98
        parts.append(f'<text x="1" y="{y - 8}" class="group">{title}</text>')
        for column, (name, what, style) in enumerate(steps):
            x = 1 + column * (_BOX_WIDTH + gap)
            middle = x + _BOX_WIDTH / 2
            name_y = y + (23 if what else 32)
            parts.append(
                f'<rect x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="9" '
                f'class="box {"expert " + style if style else ""}"/>'
                f'<text x="{middle}" y="{name_y}" class="name" text-anchor="middle">{name}</text>'
                f'<text x="{middle}" y="{y + 41}" text-anchor="middle">{what}</text>'
            )
            if column:
                parts.append(
                    f'<path d="M{x - gap + 3} {y + _BOX_HEIGHT / 2}H{x - 3}" class="arrow" marker-end="url(#tip)"/>'
                )
    y = 16 + 98 * len(_steps(held))
    width = 5 * _BOX_WIDTH + 4 * gap
    parts.append(
        f'<rect x="1" y="{y}" width="{width}" height="36" rx="9" class="box"/>'
        f'<text x="{1 + width / 2}" y="{y + 22}" class="name" text-anchor="middle">'
        "one frozen base under all experts, the same file on every runtime</text>"
    )
    return Markup(  # every word of it stands above
        f'<svg viewBox="0 0 {width + 2} {y + 38}" role="img" aria-labelledby="pipet piped">'
        '<title id="pipet">The pipeline</title><desc id="piped">An exchange goes through '
        f"{'select' if _selects(held) else 'extract'}, retrieve and update into the store; a question goes through "
        f"retrieve and generate to an answer{_told(held)}. What is outlined is done by experts on one base.</desc>"
        f"{''.join(parts)}</svg>"
    )
