"""Lexicon, elements and watchers as JSON, as they were after parsing: a question does not parse TOML again.

The JSON belongs to the files that it was made of and to this version of the package, which its key names.
Only the classes listed here are built from it, so that a changed file can do no more than be wrong.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from controlwatch.core.extraction.text.lexicon import Category, Issuer, Lexicon, Pattern, Place, Rule
from controlwatch.core.law.elements import Element, ElementCatalogue, ElementControl
from controlwatch.core.sources.watcher import Detail, Expect, HostTls, Http, Index, Pages, Schedule, Watcher

_CLASS_KEY = "@"
#: Folders and files of the package that the parsed values depend on.
_SOURCES = ("data", "data/taxonomy", "data/lexicon", "data/lexicon/rules", "data/lexicon/patterns")
_CODE = ("adapters/catalog", "core/extraction/text", "core/law", "core/sources")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What ships as TOML and questions need."""

    lexicon: Lexicon
    elements: ElementCatalogue
    watchers: tuple[Watcher, ...]


_CLASSES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(Catalog, Lexicon, Category, Issuer, Place, Rule, Pattern),
        *(ElementCatalogue, Element, ElementControl),
        *(Watcher, Schedule, Index, Pages, Detail, HostTls, Http, Expect),
    )
}


def compute_catalog_key(watchers_folder: Path) -> str:
    """Return the SHA-256, in hex, of everything that a parsed catalog depends on."""
    digest = hashlib.sha256(sys.version.encode())
    package = resources.files("controlwatch")
    for folder, suffix in (*((name, ".toml") for name in _SOURCES), *((name, ".py") for name in _CODE)):
        _hash_folder(digest, Path(str(package.joinpath(folder))), suffix)
    _hash_folder(digest, watchers_folder, ".toml")
    return digest.hexdigest()


def dump_catalog(key: str, catalog: Catalog) -> str:
    """Return a catalog as JSON with its key; the second reader is left out."""
    plain = dataclasses.replace(catalog.lexicon, load_second_reader=None)
    value = {"key": key, "catalog": dataclasses.replace(catalog, lexicon=plain)}
    return json.dumps(value, default=to_plain_value, ensure_ascii=False, separators=(",", ":"))


def parse_catalog(text: str, key: str) -> Catalog | None:
    """Return what `dump_catalog` wrote; None where it belongs to another key, or is damaged."""
    if not text.startswith(f'{{"key":"{key}",'):
        return None
    try:
        found = json.loads(text, object_hook=build_value)["catalog"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_whole = (
        isinstance(found, Catalog)
        and isinstance(found.lexicon, Lexicon)
        and isinstance(found.elements, ElementCatalogue)
        and all(isinstance(item, Watcher) for item in found.watchers)
    )
    return found if is_whole else None


def to_plain_value(value: object) -> dict[str, object]:
    """Return a value of a listed class as its name and the fields that differ from their defaults."""
    plain: dict[str, object] = {_CLASS_KEY: type(value).__name__}
    for field in dataclasses.fields(_CLASSES[type(value).__name__]):
        found = getattr(value, field.name)
        if found != field.default:
            plain[field.name] = found
    return plain


def build_value(found: dict[str, object]) -> object:
    """Return what a JSON object stands for: a value of a listed class, else a mapping; lists are tuples."""
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}
    name = values.pop(_CLASS_KEY, None)
    return values if name is None else _CLASSES[str(name)](**values)


def _hash_folder(digest: hashlib._Hash, folder: Path, suffix: str) -> None:
    for path in sorted(folder.glob(f"*{suffix}")):
        body = path.read_bytes()
        digest.update(f"{path.name} {len(body)}\n".encode())
        digest.update(body)
