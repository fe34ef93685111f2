"""A state that knows the register already, so that not every test has to learn it: that takes a third of a second."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_files import compute_register_digest
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.adapters.storage import SqlStore


def known(state: Path) -> Path:
    """Make a state folder with a store that is up to date and knows the register, and nothing else; return it."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = state / "controlwatch.db"
    copy.touch(mode=0o600)
    shutil.copyfile(_learnt(), copy)
    return state


def fresh(path: Path) -> Path:
    """Make a store that is up to date and empty, where there is none; return its path."""
    if not path.exists():
        shutil.copyfile(_empty(), path)
    return path


@cache
def _empty() -> Path:
    path = Path(_learnt()).with_name("empty.db")
    SqlStore.open(f"sqlite:///{path}").close()
    return path


@cache
def _learnt() -> Path:
    folder = tempfile.mkdtemp(prefix="controlwatch-known-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "controlwatch.db"
    store = SqlStore.open(f"sqlite:///{path}")
    store.register.import_entries(
        replace(load_register(load_lexicon()), digest=compute_register_digest()), datetime.now(UTC)
    )
    store.close()
    return path
