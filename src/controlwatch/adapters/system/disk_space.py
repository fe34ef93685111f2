"""The machine that we run on: whether there is room left on its disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Bytes below which a disk is nearly full: a busy month of notices and their annexes.
ENOUGH = 500_000_000


def free(folder: Path) -> int:
    """Return how many bytes are free where a folder is, or will be."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    return shutil.disk_usage(there).free


def lacks(folder: Path) -> str:
    """Say what the machine lacks to go on for long; "" where nothing."""
    left = free(folder)
    if left >= ENOUGH:
        return ""
    return f"the disk is nearly full: {left / 1e6:,.0f} MB are free where the state is kept"
