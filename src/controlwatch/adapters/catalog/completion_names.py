"""Names for the completion of the shell, read from the package's TOML files alone: it must be quick."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
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


def _read_tables(folder: str) -> Iterator[dict[str, Any]]:
    files = resources.files("controlwatch").joinpath("data", folder).iterdir()
    for file in sorted(files, key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield tomllib.loads(file.read_text(encoding="utf-8"))
