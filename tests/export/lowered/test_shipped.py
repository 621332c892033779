"""The shipped templates are those of the bases with experts here and of the default embedder, as lowered today."""

from pathlib import Path

import pytest

from export.lowered.ship import shipped_structures
from export.lowered.templates import SHIPPED, Template
from export.sources.adapter import read_adapter
from export.targets.executorch.link import describe, lower_template
from memlora_cli.judgement.stories import REAL
from memlora_cli.judgement.stories import TINY as MODEL


@pytest.mark.slow
def test_every_structure_that_ships_has_its_template_and_no_other_lies_there(
    tiny_base: Path, smollm2_base: Path
) -> None:
    wanted = shipped_structures([(tiny_base, MODEL / "adapters"), (smollm2_base, REAL / "adapters")])
    found = {path.stem: Template.from_bytes(path.read_bytes()) for path in SHIPPED.glob("*.template")}
    assert set(found) == set(wanted), "run make templates and commit what it writes"
    assert all(template.structure_key == key for key, template in found.items())


@pytest.mark.slow
def test_lowered_again_it_is_the_same(tiny_base: Path) -> None:
    """One of them, two minutes; that linking equals lowering is proved on random structures of both kinds."""
    structure = describe(tiny_base, read_adapter(MODEL / "adapters" / "extract", tiny_base))
    assert lower_template(structure) == Template.from_bytes((SHIPPED / f"{structure.key}.template").read_bytes())
