"""The shipped register: TOML facts → entries, refused where they make no sense."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from controlwatch.adapters.catalog.register_entries import build_entry, get_entry_key
from controlwatch.adapters.catalog.register_schema import RegisterListing, RegisterNotice
from controlwatch.core.extraction import resolve_categories
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.register import Register, RegisterEntry
from controlwatch.core.model import Day, to_notice_key
from controlwatch.core.model.errors import DeclarationError

_Wanted = TypeVar("_Wanted")
_DAY_ADAPTER, _NOTICE_ADAPTER, _LISTING_ADAPTER = (
    TypeAdapter(Day),
    TypeAdapter(RegisterNotice),
    TypeAdapter(RegisterListing),
)


@dataclass(slots=True)
class _RegisterFiles:
    """Everything read, before it is checked as a whole."""

    notices: list[tuple[str, RegisterNotice]] = field(default_factory=list)
    listings: dict[str, list[RegisterListing]] = field(default_factory=dict)


def compute_register_digest() -> str:
    """Return the fingerprint of the shipped files, without reading what they say."""
    digest = hashlib.sha256()
    for name, body in _read_bodies():
        digest.update(name.encode())
        digest.update(body)
    return digest.hexdigest()


@cache
def load_register(lexicon: Lexicon) -> Register:
    """Return the shipped register, checked. Raises `DeclarationError` naming the file and the fact."""
    tables = {name: _parse_toml(name, body) for name, body in _read_bodies()}
    return build_register(tables, lexicon, digest=compute_register_digest())


def build_register(tables: dict[str, dict[str, Any]], lexicon: Lexicon, *, digest: str = "") -> Register:
    """Return a register from parsed files, by file name."""
    files = _RegisterFiles()
    as_of: Day | None = None
    for name, table in tables.items():
        if unknown := set(table) - {"as_of", "notice", "listing"}:
            raise DeclarationError(name, min(unknown), "no such table; there are notice and listing")
        if "as_of" in table:
            as_of = _validate_row(name, "as_of", _DAY_ADAPTER, table["as_of"])
        files.notices.extend(
            (name, _validate_row(name, _get_label(row), _NOTICE_ADAPTER, row))
            for row in table.get("notice", ())
        )
        for row in table.get("listing", ()):
            listing = _validate_row(name, str(row.get("number", "?")), _LISTING_ADAPTER, row)
            files.listings.setdefault(to_notice_key(listing.number), []).append(listing)
    _refuse_duplicates(files)
    keys = {
        name: get_entry_key(known) for _, known in files.notices for name in (known.number, known.id) if name
    }
    entries = {}
    for name, known in files.notices:
        entry = build_entry(
            name, known, files.listings.pop(get_entry_key(known), []), keys=keys, lexicon=lexicon
        )
        entries[entry.key] = entry
    for key in files.listings:
        raise DeclarationError("parties.toml", key, "no notice of this number is in the register")
    return Register(entries=_inherit_categories(entries, lexicon), as_of=as_of, digest=digest)


def _inherit_categories(entries: dict[str, RegisterEntry], lexicon: Lexicon) -> dict[str, RegisterEntry]:
    """Give a notice that names no item the categories of those it acts on, earlier ones first."""
    found = dict(entries)
    for key, entry in sorted(entries.items(), key=lambda item: str(item[1].notice.published)):
        known = {
            other: tuple(category.id for category in held.notice.categories) for other, held in found.items()
        }
        notice = replace(resolve_categories(entry.notice, known, lexicon), summary=entry.notice.summary)
        found[key] = replace(entry, notice=notice)
    return {key: found[key] for key in entries}


def _read_bodies() -> Iterator[tuple[str, bytes]]:
    folder = resources.files("controlwatch").joinpath("data", "register")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_bytes()


def _parse_toml(name: str, body: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(body.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeclarationError(name, "", f"not TOML ({error})") from error


def _validate_row(file: str, key: str, wanted: TypeAdapter[_Wanted], row: object) -> _Wanted:
    try:
        return wanted.validate_python(row)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in (key, *first["loc"]))
        raise DeclarationError(file, place, first["msg"]) from error


def _get_label(row: dict[str, Any]) -> str:
    return str(row.get("number") or row.get("id") or "?")


def _refuse_duplicates(files: _RegisterFiles) -> None:
    seen: dict[str, str] = {}
    for file, known in files.notices:
        for name in {get_entry_key(known), known.id} - {""}:
            if name in seen:
                raise DeclarationError(file, name, f"stands in the register twice, also in {seen[name]}")
            seen[name] = file
