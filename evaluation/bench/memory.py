"""What this process holds in memory."""

from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident_bytes() -> dict[str, int]:
    """Bytes of this process in memory: `now` and at most (`peak`); empty on a system that does not tell."""
    if not _STATUS.is_file():
        return {}
    lines = dict(line.split(":", 1) for line in _STATUS.read_text("utf-8").splitlines())
    return {name: int(lines[key].split()[0]) * 1024 for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))}
