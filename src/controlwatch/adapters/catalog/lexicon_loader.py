"""Load the lexicon of the extraction from the package's TOML files; refuse entries that cannot be right."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import cast, get_args

from controlwatch.core.extraction.second_reader import WordingModel, parse_wording_model
from controlwatch.core.extraction.text.lexicon import (
    NO_CONCLUSION,
    Category,
    GroupKind,
    Issuer,
    Lexicon,
    Pattern,
    Place,
    Rule,
)
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.model import Direction, Verb
from controlwatch.core.model.errors import DeclarationError

TomlTable = dict[str, object]

PHRASE_LISTS = (
    "press",
    "commentary",
    "foreign_act",
    "chinese_act",
    "foreign_subject",
    "draft",
    "spokesperson",
    "faq",
    "guidance",
    "intent",
    "background",
    "hearsay",
    "other_business",
    "market",
    "acts",
    "number_labels",
    "issuer_labels",
    "date_labels",
    "title_settings",
    "date_settings",
)
#: The families of rules, one file each, and what their rules may conclude.
CAVEAT_KINDS = ("threshold", "exemption", "extraterritorial", "transition", "case-by-case")
RULE_FAMILIES: dict[str, frozenset[str]] = {
    "direction": frozenset(Direction),
    "title": frozenset((*Direction, NO_CONCLUSION)),
    "relation": frozenset((*Verb, NO_CONCLUSION)),
    "caveat": frozenset(CAVEAT_KINDS),
}
#: A reference to another pattern inside a pattern.
SUMMARY_SECTIONS = ("measures", "listings", "verbs", "cautions")
PATTERN_NAME = re.compile(r"@([a-z][a-z0-9.-]*)@")
PATTERN_KEYS = {"id", "means", "pattern", "any", "yes", "no", "by_line", "case_counts"}
CATEGORY_FLAGS = {"change": True, "subject": False, "alone": False}
CATEGORY_WORDS = (
    "terms",
    "title_terms",
    "hints",
    "lone_terms",
    "counter_terms",
    "counter_patterns",
    "patterns",
    "hs",
    "control",
)


@cache
def load_lexicon() -> Lexicon:
    """Return the lexicon that ships with the package, read once."""
    taxonomy = _read_folder("taxonomy")
    patterns = _read_folder("lexicon/patterns")
    lexicon = build_lexicon(taxonomy, _read_folder("lexicon"), _read_folder("lexicon/rules"), patterns)
    return replace(lexicon, load_second_reader=load_second_reader)


@cache
def load_second_reader() -> WordingModel:
    """Return the second reader that ships with the package."""
    file = resources.files("controlwatch").joinpath("data", "lexicon", "second_reader.json")
    return parse_wording_model(json.loads(file.read_text(encoding="utf-8")))


def build_lexicon(
    taxonomy: Mapping[str, TomlTable],
    lexicon: Mapping[str, TomlTable],
    rules: Mapping[str, TomlTable],
    patterns: Mapping[str, TomlTable] | None = None,
) -> Lexicon:
    """Return a lexicon from parsed files, by file name; raise `DeclarationError` for invalid entries."""
    categories: list[Category] = []
    group_names: dict[str, tuple[str, str]] = {}
    for file, table in taxonomy.items():
        group = cast("TomlTable", table.get("group"))
        if not isinstance(group, dict) or "id" not in group:
            raise DeclarationError(file, "group", "a taxonomy file begins with [group] and its id")
        categories.extend(_parse_categories(file, table, str(group.get("kind", ""))))
        group_names[str(group["id"])] = _parse_names(file, "group", group)
        for name, names in cast("TomlTable", table.get("names", {})).items():
            group_names[name] = _parse_names(file, f"names.{name}", cast("TomlTable", names))
    lists = lexicon.get("phrases.toml", {})
    for key in sorted(set(PHRASE_LISTS) ^ set(lists)):
        raise DeclarationError("phrases.toml", key, "no such list" if key in lists else "the list is missing")
    phrases = {key: _parse_strings("phrases.toml", key, lists[key], empty=False) for key in PHRASE_LISTS}
    families = {
        family: tuple(_parse_rules(f"{family}.toml", rules.get(f"{family}.toml", {}), allowed))
        for family, allowed in RULE_FAMILIES.items()
    }
    _refuse_duplicates("rules", (rule.id for family in families.values() for rule in family))
    _check_references(categories, families["direction"], phrases["acts"])
    issuers = _parse_coded("issuers.toml", lexicon.get("issuers.toml", {}), "issuer")
    places = tuple(
        Place(code=code, zh=zh, en=en, short=str(entry.get("short", "")))
        for code, zh, en, entry in _parse_coded("places.toml", lexicon.get("places.toml", {}), "place")
    )
    return Lexicon(
        categories=tuple(categories),
        issuers=tuple(Issuer(code=code, zh=zh, en=en) for code, zh, en, _ in issuers),
        places=places,
        phrases=phrases,
        rules=families,
        group_names=group_names,
        patterns=_parse_patterns(patterns or {}, _list_place_names(places)),
        summary_phrases=_parse_summary_phrases("summary.toml", lexicon.get("summary.toml", {})),
    )


def _parse_summary_phrases(file: str, table: TomlTable) -> dict[str, dict[str, tuple[str, str]]]:
    """Return the phrases of each section, each in English and in Chinese."""
    sections: dict[str, dict[str, tuple[str, str]]] = {}
    for section in SUMMARY_SECTIONS:
        entries = table.get(section)
        if not isinstance(entries, dict):
            raise DeclarationError(file, section, "the section is missing")
        sections[section] = phrases = {}
        for key, value in entries.items():
            pair = _parse_strings(file, f"{section}.{key}", value, empty=False)
            if len(pair) != 2:
                raise DeclarationError(file, f"{section}.{key}", "needs two texts: English and Chinese")
            phrases[key] = (pair[0], pair[1])
    _refuse_unknown_keys(file, "summary", table, set(SUMMARY_SECTIONS))
    return sections


def _check_references(categories: Iterable[Category], rules: Iterable[Rule], acts: Iterable[str]) -> None:
    """Refuse references to unknown categories, and rules that no text can reach.

    A rule is tried on Chinese text only where a word of the list "acts" is found.
    """
    _refuse_duplicates("taxonomy", (category.id for category in categories))
    ids = {category.id for category in categories}
    for category in categories:
        for key, named in (("as_technology", category.as_technology), ("part_of", category.part_of)):
            if named and named not in ids:
                raise DeclarationError("taxonomy", f"{category.id}.{key}", f"no category {named!r}")
    for rule in rules:
        for example in rule.yes:
            if HAN.search(example) and not any(word in example for word in acts):
                raise DeclarationError(
                    "phrases.toml", "acts", f"none of its words is in {example!r} ({rule.id})"
                )


def _read_folder(folder: str) -> dict[str, TomlTable]:
    """Return every TOML file of a data folder of the package, by name."""
    tables: dict[str, TomlTable] = {}
    for file in sorted(
        resources.files("controlwatch").joinpath("data", folder).iterdir(), key=lambda entry: entry.name
    ):
        if file.name.endswith(".toml"):
            try:
                tables[file.name] = tomllib.loads(file.read_text(encoding="utf-8"))
            except tomllib.TOMLDecodeError as error:
                raise DeclarationError(file.name, "", f"not TOML ({error})") from error
    return tables


def _parse_categories(file: str, table: TomlTable, kind: str) -> Iterator[Category]:
    if kind not in get_args(GroupKind):
        raise DeclarationError(file, "group.kind", f"{kind!r} is none of {', '.join(get_args(GroupKind))}")
    for entry in _get_entries(file, table, "category"):
        category_id = _parse_text(file, "category.id", entry, "id")
        _refuse_unknown_keys(
            file,
            category_id,
            entry,
            {"id", "zh", "en", "short", "as_technology", "part_of", *CATEGORY_FLAGS, *CATEGORY_WORDS},
        )
        zh, en = _parse_names(file, category_id, entry)
        words = {
            key: _parse_strings(file, f"{category_id}.{key}", entry.get(key, [])) for key in CATEGORY_WORDS
        }
        flags = {
            key: _parse_flag(file, f"{category_id}.{key}", entry.get(key, default))
            for key, default in CATEGORY_FLAGS.items()
        }
        yield Category(
            id=category_id,
            group=category_id.partition(".")[0],
            kind=cast("GroupKind", kind),
            zh=zh,
            en=en,
            change=flags["change"],
            subject=flags["subject"],
            alone=flags["alone"],
            as_technology=str(entry.get("as_technology", "")),
            short=str(entry.get("short", "")),
            part_of=str(entry.get("part_of", "")),
            **words,
        )


def _parse_flag(file: str, key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise DeclarationError(file, key, "must be true or false")
    return value


def _parse_coded(
    file: str, table: TomlTable, key: str
) -> list[tuple[str, tuple[str, ...], tuple[str, ...], TomlTable]]:
    """Return code, Chinese names, English names and the whole table of every entry."""
    coded = [
        (
            _parse_text(file, f"{key}.code", entry, "code"),
            _parse_strings(file, f"{key}.zh", entry.get("zh"), empty=False),
            _parse_strings(file, f"{key}.en", entry.get("en"), empty=False),
            entry,
        )
        for entry in _get_entries(file, table, key)
    ]
    _refuse_duplicates(file, (code for code, *_ in coded))
    return coded


def _parse_rules(file: str, table: TomlTable, allowed: frozenset[str]) -> Iterator[Rule]:
    """Yield the rules of a family."""
    for entry in _get_entries(file, table, "rule"):
        rule_id = _parse_text(file, "rule.id", entry, "id")
        _refuse_unknown_keys(
            file, rule_id, entry, {"id", "of", "means", "pattern", "yes", "no", "weak", "first"}
        )
        of = _parse_text(file, f"{rule_id}.of", entry, "of")
        if of not in allowed:
            raise DeclarationError(file, f"{rule_id}.of", f"{of!r} is none of {', '.join(sorted(allowed))}")
        yield Rule(
            id=rule_id,
            of=of,
            means=_parse_text(file, f"{rule_id}.means", entry, "means"),
            pattern=_parse_text(file, f"{rule_id}.pattern", entry, "pattern"),
            yes=_parse_strings(file, f"{rule_id}.yes", entry.get("yes"), empty=False),
            no=_parse_strings(file, f"{rule_id}.no", entry.get("no", [])),
            weak=_parse_flag(file, f"{rule_id}.weak", entry.get("weak", False)),
            first=_parse_flag(file, f"{rule_id}.first", entry.get("first", False)),
        )


def _list_place_names(places: Iterable[Place]) -> dict[str, str]:
    """Return the names of places as alternatives, by the name under which patterns insert them."""
    forms = {
        "places.zh": [name for place in places for name in place.zh],
        "places.en": [name for place in places for name in place.en],
        "places.short": [place.short for place in places if place.short],
    }
    return {
        key: "|".join(map(re.escape, sorted(names, key=len, reverse=True))) for key, names in forms.items()
    }


def _parse_patterns(files: Mapping[str, TomlTable], words: Mapping[str, str]) -> dict[str, Pattern]:
    """Return the named patterns of all files.

    @name@ stands for another pattern, which comes first, or for a list of words.
    """
    found: dict[str, Pattern] = {}
    known = dict(words)  # what a pattern may insert
    for file, table in files.items():
        for entry in _get_entries(file, table, "pattern"):
            name = _parse_text(file, "pattern.id", entry, "id")
            _refuse_unknown_keys(file, name, entry, PATTERN_KEYS)
            if name in found:
                raise DeclarationError(file, name, "defined twice")
            if ("pattern" in entry) == ("any" in entry):
                raise DeclarationError(file, name, "needs a pattern, or a list of alternatives called any")
            alternatives = _parse_strings(file, f"{name}.any", entry["any"]) if "any" in entry else ()
            joined = f"(?:{'|'.join(alternatives)})"
            source = joined if alternatives else _parse_text(file, f"{name}.pattern", entry, "pattern")
            found[name] = Pattern(
                id=name,
                means=_parse_text(file, f"{name}.means", entry, "means"),
                source=_insert_patterns(file, source, known),
                yes=_parse_strings(file, f"{name}.yes", entry.get("yes"), empty=False),
                no=_parse_strings(file, f"{name}.no", entry.get("no", [])),
                by_line=_parse_flag(file, f"{name}.by_line", entry.get("by_line", False)),
                case_counts=_parse_flag(file, f"{name}.case_counts", entry.get("case_counts", False)),
            )
            known[name] = found[name].source
    return found


def _insert_patterns(file: str, source: str, found: Mapping[str, str]) -> str:
    """Return a pattern with the patterns and words inserted that it names."""
    for name in PATTERN_NAME.findall(source):
        if name not in found:
            raise DeclarationError(file, name, "no pattern of this name comes before")
    return PATTERN_NAME.sub(lambda hit: found[hit[1]], source)


def check_patterns(lexicon: Lexicon) -> None:
    """Raise `DeclarationError` for a pattern, of a rule or a category too, that is unsound.

    Unsound is one that is not a regular expression or does not match its own examples. Those that ship with
    the package are checked by its tests: compiling all of them takes a tenth of a second.
    """
    for category in lexicon.categories:
        for source in (*category.patterns, *category.counter_patterns):
            _compile_pattern(category.id, "patterns", source)
    for family, rules in lexicon.rules.items():
        for rule in rules:
            _check_rule(f"{family}.toml", rule)
    for pattern in lexicon.patterns.values():
        try:
            compiled = pattern.compiled
        except re.error as error:
            raise DeclarationError(pattern.id, "pattern", f"not a regular expression ({error})") from error
        for example in pattern.yes:
            if not compiled.search(example):
                raise DeclarationError(pattern.id, "yes", f"{example!r} is not matched")
        for example in pattern.no:
            if compiled.search(example):
                raise DeclarationError(pattern.id, "no", f"{example!r} is matched")


def _check_rule(file: str, rule: Rule) -> None:
    pattern = _compile_pattern(file, f"{rule.id}.pattern", rule.pattern)
    for example in rule.yes:
        if not pattern.search(example):
            raise DeclarationError(file, f"{rule.id}.yes", f"{example!r} is not matched")
    for example in rule.no:
        if pattern.search(example):
            raise DeclarationError(file, f"{rule.id}.no", f"{example!r} is matched")


def _compile_pattern(file: str, key: str, source: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(source, re.IGNORECASE)
    except re.error as error:
        raise DeclarationError(file, key, f"not a regular expression ({error})") from error
    if pattern.groups:
        raise DeclarationError(file, key, "groups must be written (?:…)")
    return pattern


def _get_entries(file: str, table: TomlTable, key: str) -> list[TomlTable]:
    entries = table.get(key)
    if not isinstance(entries, list) or not entries:
        raise DeclarationError(file, key, f"expected one or more [[{key}]]")
    return cast("list[TomlTable]", entries)


def _parse_names(file: str, key: str, entry: TomlTable) -> tuple[str, str]:
    return _parse_text(file, f"{key}.zh", entry, "zh"), _parse_text(file, f"{key}.en", entry, "en")


def _parse_text(file: str, key: str, entry: TomlTable, name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise DeclarationError(file, key, "must be a text that is not empty")
    return value


def _parse_strings(file: str, key: str, value: object, *, empty: bool = True) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise DeclarationError(file, key, "must be a list of texts; codes are texts too")
    if not value and not empty:
        raise DeclarationError(file, key, "must not be empty")
    words = tuple(str(word) for word in value)
    if len(set(words)) != len(words):
        twin = next(word for word in words if words.count(word) > 1)
        raise DeclarationError(file, key, f"{twin!r} is listed twice")
    return words


def _refuse_duplicates(file: str, ids: Iterable[str]) -> None:
    known: set[str] = set()
    for name in ids:
        if name in known:
            raise DeclarationError(file, name, "defined twice")
        known.add(name)


def _refuse_unknown_keys(file: str, name: str, entry: TomlTable, allowed: set[str]) -> None:
    unknown = set(entry) - allowed
    if unknown:
        raise DeclarationError(file, f"{name}.{min(unknown)}", "no such key")
