"""What this process holds in memory."""

from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")


def resident_bytes() -> dict[str, int]:
    """Bytes of this process in memory: `now`, and at most (`peak`) where the system counts it (Linux, Windows)."""
    info = psutil.Process().memory_info()
    found = {"now": int(info.rss)}
    if hasattr(info, "peak_wset"):
        found["peak"] = int(info.peak_wset)
    elif _STATUS.is_file():  # psutil has no peak here, and getrusage begins with that of the parent process
        lines = dict(line.split(":", 1) for line in _STATUS.read_text("utf-8").rstrip("\n").split("\n"))
        found["peak"] = int(lines["VmHWM"].split()[0]) * 1024
    return found
