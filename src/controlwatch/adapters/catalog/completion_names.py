"""Names for the completion of the shell: it must be quick, so it reads no more than files and one column."""

from __future__ import annotations

import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any


def list_taxonomy_names() -> Iterator[tuple[str, str]]:
    """Yield the id and the English name of each group and category."""
    for table in _read_tables("taxonomy"):
        entries = [table.get("group", {}), *table.get("category", ())]
        yield from dict.fromkeys((item["id"], item.get("en", "")) for item in entries if item.get("id"))


def list_register_numbers() -> Iterator[str]:
    """Yield the numbers of the notices of the reference database, newest file first."""
    for table in reversed(list(_read_tables("register"))):
        yield from (entry["number"] for entry in table.get("notice", ()) if entry.get("number"))


def list_stored_numbers(database: Path) -> list[str]:
    """Return the numbers in a SQLite database, newest first; none where it cannot be read now."""
    if not database.is_file():
        return []
    newest = "SELECT number FROM notice WHERE number IS NOT NULL ORDER BY id DESC"
    try:
        with closing(
            sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2)
        ) as store:
            return [number for (number,) in store.execute(newest) if number.isprintable()]
    except sqlite3.Error:
        return []


def _read_tables(folder: str) -> Iterator[dict[str, Any]]:
    files = resources.files("controlwatch").joinpath("data", folder).iterdir()
    for file in sorted(files, key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield tomllib.loads(file.read_text(encoding="utf-8"))
