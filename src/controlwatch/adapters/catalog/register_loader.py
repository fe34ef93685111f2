"""Load the shipped register from TOML; refuse facts that cannot be true."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from controlwatch.adapters.catalog.register_entries import build_entry, get_entry_key
from controlwatch.adapters.catalog.register_files import compute_register_digest, read_register_files
from controlwatch.adapters.catalog.register_schema import RegisterListing, RegisterNotice
from controlwatch.core.extraction.extract import resolve_categories
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.register import Register, RegisterEntry
from controlwatch.core.model import Day, to_notice_key
from controlwatch.core.model.errors import DeclarationError

_Row = TypeVar("_Row")
_DAY_ADAPTER, _NOTICE_ADAPTER, _LISTING_ADAPTER = (
    TypeAdapter(Day),
    TypeAdapter(RegisterNotice),
    TypeAdapter(RegisterListing),
)


@cache
def load_register(lexicon: Lexicon) -> Register:
    """Return the shipped register. Raises `DeclarationError` that names the file and the fact."""
    tables: dict[str, dict[str, Any]] = {}
    for name, body in read_register_files():
        try:
            tables[name] = tomllib.loads(body.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DeclarationError(name, "", f"not TOML ({error})") from error
    return build_register(tables, lexicon, digest=compute_register_digest())


def build_register(tables: dict[str, dict[str, Any]], lexicon: Lexicon, *, digest: str = "") -> Register:
    """Return a register from parsed files, by file name. Raises `DeclarationError`."""
    notices: list[tuple[str, RegisterNotice]] = []
    listings: dict[str, list[RegisterListing]] = {}
    as_of: Day | None = None
    for name, table in tables.items():
        if unknown := set(table) - {"as_of", "notice", "listing"}:
            raise DeclarationError(name, min(unknown), "no such table; there are notice and listing")
        if "as_of" in table:
            as_of = _validate_row(name, "as_of", _DAY_ADAPTER, table["as_of"])
        for row in table.get("notice", ()):
            label = str(row.get("number") or row.get("id") or row.get("zh") or "?")
            notices.append((name, _validate_row(name, label, _NOTICE_ADAPTER, row)))
        for row in table.get("listing", ()):
            listing = _validate_row(name, str(row.get("number", "?")), _LISTING_ADAPTER, row)
            listings.setdefault(to_notice_key(listing.number), []).append(listing)
    keys = _index_keys(notices)
    entries = {}
    for name, known in notices:
        own_listings = listings.pop(get_entry_key(known), [])
        entry = build_entry(name, known, own_listings, keys=keys, lexicon=lexicon)
        entries[entry.key] = entry
    for key in listings:
        raise DeclarationError("parties.toml", key, "no notice of this number is in the register")
    return Register(entries=_inherit_categories(entries, lexicon), as_of=as_of, digest=digest)


def _index_keys(notices: list[tuple[str, RegisterNotice]]) -> dict[str, str]:
    """Return entry keys by number and id; raises `DeclarationError` for a name that two notices share."""
    keys: dict[str, str] = {}
    files: dict[str, str] = {}
    for file, known in notices:
        entry_key = get_entry_key(known)
        for name in {entry_key, known.id} - {""}:
            if name in files:
                raise DeclarationError(file, name, f"is in the register twice, also in {files[name]}")
            files[name] = file
        keys.update((name, entry_key) for name in (known.number, known.id) if name)
    return keys


def _inherit_categories(entries: dict[str, RegisterEntry], lexicon: Lexicon) -> dict[str, RegisterEntry]:
    """Give a notice without categories those of the notices that it acts on, earlier notices first."""
    resolved = dict(entries)
    for key, entry in sorted(entries.items(), key=lambda item: str(item[1].notice.published)):
        known = {
            other_key: tuple(category.id for category in other.notice.categories)
            for other_key, other in resolved.items()
        }
        notice = replace(resolve_categories(entry.notice, known, lexicon), summary=entry.notice.summary)
        resolved[key] = replace(entry, notice=notice)
    return {key: resolved[key] for key in entries}


def _validate_row(file: str, key: str, adapter: TypeAdapter[_Row], row: object) -> _Row:
    try:
        return adapter.validate_python(row)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in (key, *first["loc"]))
        raise DeclarationError(file, place, first["msg"].removeprefix("Value error, ")) from error
