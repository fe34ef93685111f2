"""What the shell completes: categories, notice numbers, watcher ids. It must be quick, and never fail."""

from __future__ import annotations

from pathlib import Path

#: Begins the address of a database that is a file.
SQLITE_FILE = "sqlite:///"


def complete_category(incomplete: str) -> list[tuple[str, str]]:
    """Return the categories and groups that begin with what was typed, with their English names."""
    from controlwatch.adapters.catalog.completion_names import list_taxonomy_names

    return [item for item in list_taxonomy_names() if item[0].startswith(incomplete.lower())]


def complete_notice(incomplete: str) -> list[str]:
    """Return known numbers that begin with what was typed (2025-5, MOFCOM 2025-5), of the state first."""
    from controlwatch.adapters.catalog.completion_names import list_register_numbers, list_stored_numbers

    database = _find_sqlite_file()
    numbers = [*(list_stored_numbers(database) if database is not None else ()), *list_register_numbers()]
    if not incomplete[:1].isalpha():  # a number without its issuers has no space to be quoted
        numbers = [number.rpartition(" ")[2] for number in numbers]
    return [number for number in dict.fromkeys(numbers) if number.upper().startswith(incomplete.upper())]


def complete_subject(incomplete: str) -> list[str]:
    """Return the categories and the notice numbers that begin with what was typed."""
    return [*(name for name, _ in complete_category(incomplete)), *complete_notice(incomplete)]


def complete_watcher(incomplete: str) -> list[str]:
    """Return the ids of watchers that begin with what was typed."""
    from controlwatch.core.model.errors import ControlwatchError
    from controlwatch.settings import Settings

    try:
        folder = Settings.load().find_watchers_folder()
    except ControlwatchError:  # what a completion prints would stand in the middle of the line
        return []
    return sorted(path.stem for path in folder.glob("*.toml") if path.stem.startswith(incomplete))


def _find_sqlite_file() -> Path | None:
    """Return the database of the state where it is a file; None for a server and for wrong settings."""
    from controlwatch.core.model.errors import ControlwatchError
    from controlwatch.settings import Settings

    try:
        address = Settings.load().database
    except ControlwatchError:
        return None
    return Path(address.removeprefix(SQLITE_FILE)) if address.startswith(SQLITE_FILE) else None
