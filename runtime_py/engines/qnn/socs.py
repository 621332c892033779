"""The chips that graphs are compiled for, with the numbers that Qualcomm's compiler knows them by.

The numbers are those of ExecuTorch's table (`executorch/backends/qualcomm/serialization/qc_schema.py`, 1.5.1), which
Qualcomm keeps.
"""

from dataclasses import dataclass

from runtime_py.errors import ConfigError


@dataclass(frozen=True)
class Soc:
    """`model` and `architecture` (Hexagon V..) are the compiler's `soc_model` and `htp_arch`."""

    name: str
    model: int
    architecture: int


SOCS = {
    soc.name: soc
    for soc in (
        Soc("sm8350", 30, 68),
        Soc("sm8450", 36, 69),
        Soc("sm8475", 42, 69),
        Soc("sm8550", 43, 73),
        Soc("sm8650", 57, 75),
        Soc("sm8750", 69, 79),
        Soc("sm8850", 87, 81),
        Soc("sc8380xp", 60, 73),
        Soc("sxr2230p", 53, 69),
        Soc("qcs9100", 77, 73),
    )
}


def get_soc(name: str) -> Soc:
    """The chip called `name`, in any case; raises `ConfigError` for an unknown one."""
    try:
        return SOCS[name.strip().lower()]
    except KeyError:
        raise ConfigError(f"unknown SoC: expected one of {', '.join(SOCS)}, got {name!r}; name one of these") from None
