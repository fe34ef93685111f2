"""Free space on the disk that holds the state."""

from __future__ import annotations

import shutil
from pathlib import Path

#: Bytes below which a disk is nearly full: a busy month of notices and their annexes.
ENOUGH_BYTES = 500_000_000


def measure_free_space(folder: Path) -> int:
    """Return the free bytes on the disk that holds a folder, or will hold it."""
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    return shutil.disk_usage(existing).free


def find_disk_warning(folder: Path) -> str:
    """Return a warning when the disk is nearly full, else ""."""
    free_bytes = measure_free_space(folder)
    if free_bytes >= ENOUGH_BYTES:
        return ""
    return f"the disk is nearly full: {free_bytes / 1e6:,.0f} MB are free where the state is kept"
