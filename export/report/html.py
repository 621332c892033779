"""HTML by Jinja with autoescape: text from bundles, teachers and users is escaped where it is put in, not before."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **given: Any) -> Markup:
    """The template of this folder with `given`; whatever is no `Markup` is escaped."""
    return Markup(_PAGES.get_template(template).render(**given))


def markup(form: str, *parts: object, **named: object) -> Markup:
    """`form`, which the code wrote, as `str.format` fills it; whatever is no `Markup` is escaped."""
    return Markup(form).format(*parts, **named)


def join(parts: Iterable[Markup]) -> Markup:
    """The parts one after the other."""
    return Markup("").join(parts)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int] = ()) -> Markup:
    """The first column is the row's header, columns in `left` are aligned to the left."""
    return render("table.html", caption=caption, head=head, rows=list(rows), left=left)


def figure(caption: str, drawing: Markup) -> Markup:
    return markup('<figure><figcaption>{}</figcaption><div class="scroll">{}</div></figure>', caption, drawing)
