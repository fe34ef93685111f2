"""Load the elements that people ask about from the package's TOML file; refuse what cannot be right."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from pydantic import TypeAdapter, ValidationError

from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.elements import Element, ElementCatalogue
from controlwatch.core.model.errors import DeclarationError

FILE = "elements.toml"
_ADAPTER = TypeAdapter(tuple[Element, ...])
_KEYS = frozenset({"symbol", "zh", "en", "names", "categories", "named_by", "not_it", "note"})


@cache
def load_elements(lexicon: Lexicon) -> ElementCatalogue:
    """Return the shipped elements. Raises `DeclarationError` that names the element and the reason."""
    body = resources.files("controlwatch").joinpath("data", FILE).read_text(encoding="utf-8")
    return build_elements(tomllib.loads(body), lexicon)


def build_elements(table: dict[str, Any], lexicon: Lexicon) -> ElementCatalogue:
    """Return the elements of a parsed file. Raises `DeclarationError`.

    Refused are an unknown key or category, and a name that two elements share.
    """
    rows = table.get("element", [])
    for row in rows:
        if unknown := set(row) - _KEYS:
            raise DeclarationError(FILE, str(row.get("symbol", "?")), f"no such key: {min(unknown)}")
    try:
        elements = _ADAPTER.validate_python(rows)
    except ValidationError as error:
        first = error.errors()[0]
        raise DeclarationError(FILE, ".".join(map(str, first["loc"])), first["msg"]) from error
    owners: dict[str, str] = {}
    for element in elements:
        for name in {element.symbol, element.zh, element.en, *element.names}:
            if name in owners:
                raise DeclarationError(FILE, element.symbol, f"{name} is a name of {owners[name]} too")
            owners[name] = element.symbol
        for category in element.categories:
            if lexicon.find_category(category) is None:
                raise DeclarationError(FILE, element.symbol, f"no category {category!r}")
        if not element.categories:
            raise DeclarationError(FILE, element.symbol, "belongs to no category")
    return ElementCatalogue(elements=elements)


def check_elements(catalogue: ElementCatalogue, lexicon: Lexicon) -> None:
    """Raise `DeclarationError` for a number of a notice in another form than the canonical one."""
    for element in catalogue.elements:
        for known in element.named_by:
            number = parse_number(known.number, lexicon)
            if number is None or number.canonical != known.number:
                raise DeclarationError(FILE, element.symbol, f"{known.number} is not a number as we write it")
