"""Load the words of questions from the package's TOML files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from controlwatch.core.asking.vocabulary import (
    DayGrammar,
    Intent,
    RelativeDays,
    Vocabulary,
    fold_asked,
)
from controlwatch.core.extraction.text.lexicon import Pattern

TomlTable = dict[str, Any]
#: {month}, {unit} and {count} in a pattern stand for the words of these tables.
NAMED_WORDS = {"month": "months", "unit": "units", "count": "numbers"}


@cache
def load_vocabulary() -> Vocabulary:
    """Return the words of questions that ship with the package, read once."""
    asked, days = _read_table("intents.toml"), _read_table("days.toml")
    return Vocabulary(
        intents=tuple(_parse_intent(entry) for entry in asked["intent"]),
        greetings=tuple(asked["greetings"]),
        fillers=tuple(asked["fillers"]),
        name_beginnings=tuple(asked["name_beginnings"]),
        name_endings=tuple(asked["name_endings"]),
        unnamed_parties=tuple(asked["unnamed_parties"]),
        unnamed_parties_of=tuple(asked["unnamed_parties_of"]),
        suspensions=tuple(asked["suspensions"]),
        days=_parse_days(days),
        numbers=_parse_patterns(_read_table("numbers.toml")["pattern"], {}),
    )


def _read_table(name: str) -> TomlTable:
    file = resources.files("controlwatch").joinpath("data", "asking", name)
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _parse_intent(entry: TomlTable) -> Intent:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Intent(**values)


def _parse_days(table: TomlTable) -> DayGrammar:
    words = {
        name: _list_names(table[name])
        for name in ("months", "units", "numbers", "weekdays", "weeks", "years")
    }
    relative = tuple(
        RelativeDays(
            kind=kind,
            offset=entry.get("offset", 0),
            unit=entry.get("unit", "day"),
            words=tuple(map(fold_asked, entry["words"])),
        )
        for kind in ("day", "period", "end")
        for entry in table[f"relative_{kind}"]
    )
    return DayGrammar(
        months={name: int(key) for name, key in words["months"].items()},
        units=words["units"],
        numbers={name: int(key) for name, key in words["numbers"].items()},
        weekdays={name: int(key) for name, key in words["weekdays"].items()},
        weeks={name: int(key) for name, key in words["weeks"].items()},
        years={name: int(key) for name, key in words["years"].items()},
        relative=relative,
        leads={role: tuple(found) for role, found in table["leads"].items()},
        tails={role: tuple(found) for role, found in table["tails"].items()},
        patterns=_parse_patterns(table["pattern"], words),
    )


def _list_names(table: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """Return the key of each name of a table."""
    return {name: key for key, names in table.items() for name in names}


def _parse_patterns(entries: Iterable[TomlTable], words: Mapping[str, Iterable[str]]) -> tuple[Pattern, ...]:
    """Return patterns with the words of the tables in place of their names.

    Chinese characters do not count as word characters in them: a number may stand beside one.
    """
    alternatives = {
        name: "|".join(re.escape(word) for word in sorted(words.get(table, ()), key=len, reverse=True))
        for name, table in NAMED_WORDS.items()
    }
    alternatives["count"] = rf"\d{{1,5}}|{alternatives['count']}"
    return tuple(
        Pattern(
            id=entry["id"],
            means=entry["means"],
            source="(?a)"
            + re.sub(r"\{(month|unit|count)\}", lambda hit: f"(?:{alternatives[hit[1]]})", entry["pattern"]),
            yes=tuple(entry["yes"]),
            no=tuple(entry["no"]),
        )
        for entry in entries
    )
