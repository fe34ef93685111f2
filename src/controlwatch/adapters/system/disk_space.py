"""The machine that we run on: whether there is room left on its disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Bytes below which a disk is nearly full: a busy month of notices and their annexes.
ENOUGH_BYTES = 500_000_000


def measure_free_space(folder: Path) -> int:
    """Return how many bytes are free where a folder is, or will be."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    return shutil.disk_usage(there).free


def find_disk_warning(folder: Path) -> str:
    """Say what the machine lacks to go on for long; "" where nothing."""
    left = measure_free_space(folder)
    if left >= ENOUGH_BYTES:
        return ""
    return f"the disk is nearly full: {left / 1e6:,.0f} MB are free where the state is kept"
