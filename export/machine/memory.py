"""Whether disk and memory suffice, asked before the long work starts; freed memory goes back to the system."""

import ctypes
import gc
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

import psutil

from runtime_py.errors import ExportError
from runtime_py.weights import QuantizedBase

# measured at the Qwen2.5-0.5B shape: torch and its operators, whatever the base
SMALL_BASE_BYTES = 50_000_000  # what is done for a larger base takes long enough to be done more sparingly
OVERHEAD_BYTES = 1_200_000_000
ADAPTERS_AND_GOLDENS_BYTES = 200_000_000


def needed_ram_bytes(base: QuantizedBase) -> int:
    """Two sessions that each map the base and hold a packed copy, and what lies beside them."""
    return 4 * base.size + OVERHEAD_BYTES


def lowering_ram_bytes(base: QuantizedBase) -> int:
    """One structure for ExecuTorch: 11.4 GB were measured at the Gemma2-2B shape, whose base has 1.5 GB."""
    return 8 * base.size + OVERHEAD_BYTES


def lowerings_at_once(base: QuantizedBase, cores: int) -> int:
    """How many structures memory and cores let be lowered side by side; raises `ExportError` when not even one fits."""
    wanted, available = lowering_ram_bytes(base), available_ram_bytes()
    if available < wanted:
        raise ExportError(
            f"too little memory to lower for executorch: expected {_gb(wanted)} available, got {_gb(available)}; close "
            "other programs or export on a larger machine"
        )
    return min(cores, available // wanted)


def available_ram_bytes() -> int:
    """Memory that a process may still take."""
    return int(psutil.virtual_memory().available)


def check_room(out: Path, bases: Collection[QuantizedBase]) -> None:
    """Raises `ExportError` when writing the bundle or proving it would not fit."""
    needed = sum(base.size for base in bases) + ADAPTERS_AND_GOLDENS_BYTES
    free = shutil.disk_usage(next(p for p in out.absolute().parents if p.exists())).free
    if free < needed:
        raise ExportError(f"no room for {out}: expected {_gb(needed)} of free disk, got {_gb(free)}; free some space")
    wanted, available = max(needed_ram_bytes(base) for base in bases), available_ram_bytes()
    if available < wanted:
        raise ExportError(
            f"too little memory to prove {out}: expected {_gb(wanted)} available, got {_gb(available)}; close other "
            "programs or export on a larger machine"
        )


def give_back() -> None:
    """Hands freed memory to the system: models hang in cycles, and glibc keeps what these leave."""
    gc.collect()
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
