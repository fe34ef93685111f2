"""The words the reader knows, loaded from the package's TOML files and refused where they make no sense."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, cast, get_args

from controlwatch.core.extraction.text.lexicon import (
    NO_CONCLUSION,
    Category,
    GroupKind,
    Issuer,
    Lexicon,
    Place,
    Rule,
)
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.model import Direction, Verb
from controlwatch.core.model.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
)
#: The families of rules, a file each, and what a rule of theirs may conclude.
CAVEAT_KINDS = ("threshold", "exemption", "extraterritorial", "transition", "case-by-case")
RULE_FAMILIES: dict[str, frozenset[str]] = {
    "direction": frozenset(Direction),
    "relation": frozenset((*Verb, NO_CONCLUSION)),
    "caveat": frozenset(CAVEAT_KINDS),
}
CATEGORY_FLAGS = {"change": True, "subject": False, "alone": False}
CATEGORY_WORDS = ("terms", "title_terms", "hints", "counter_terms", "patterns", "hs", "control")


@cache
def load_lexicon() -> Lexicon:
    """Return the lexicon that ships with the package, read and checked once."""
    taxonomy = _read_folder("taxonomy")
    return build_lexicon(taxonomy, _read_folder("lexicon"), _read_folder("lexicon/rules"))


def build_lexicon(
    taxonomy: Mapping[str, TomlTable], lexicon: Mapping[str, TomlTable], rules: Mapping[str, TomlTable]
) -> Lexicon:
    """Return a lexicon from parsed files, by file name; raise `DeclarationError` on nonsense."""
    categories = [found for file, table in taxonomy.items() for found in _parse_categories(file, table)]
    _refuse_duplicates("taxonomy", (found.id for found in categories))
    _refuse_unknown_references(categories)
    names = {
        str(_get_group(file, table)["id"]): _parse_names(file, "group", _get_group(file, table))
        for file, table in taxonomy.items()
    }
    phrases = _parse_phrases("phrases.toml", lexicon.get("phrases.toml", {}))
    found_rules = _parse_rules(rules)
    _refuse_unreachable_rules(found_rules["direction"], phrases["acts"])
    return Lexicon(
        categories=tuple(categories),
        issuers=_parse_issuers("issuers.toml", lexicon.get("issuers.toml", {})),
        places=_parse_places("places.toml", lexicon.get("places.toml", {})),
        phrases=phrases,
        rules=found_rules,
        group_names=names,
    )


def _refuse_unknown_references(categories: Iterable[Category]) -> None:
    """Refuse a category that points at one that is not there."""
    found = tuple(categories)
    ids = {category.id for category in found}
    for category in found:
        if category.as_technology and category.as_technology not in ids:
            raise DeclarationError(
                "taxonomy", f"{category.id}.as_technology", f"no category {category.as_technology!r}"
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


def _parse_categories(file: str, table: TomlTable) -> tuple[Category, ...]:
    group = _get_group(file, table)
    kind = str(group.get("kind", ""))
    if kind not in get_args(GroupKind):
        raise DeclarationError(file, "group.kind", f"{kind!r} is none of {', '.join(get_args(GroupKind))}")
    return tuple(
        _parse_category(file, entry, cast("GroupKind", kind))
        for entry in _get_entries(file, table, "category")
    )


def _parse_category(file: str, entry: TomlTable, kind: GroupKind) -> Category:
    category_id = _parse_text(file, "category.id", entry, "id")
    unknown = set(entry) - {"id", "zh", "en", "as_technology", *CATEGORY_FLAGS, *CATEGORY_WORDS}
    if unknown:
        raise DeclarationError(file, f"{category_id}.{min(unknown)}", "no such key")
    zh, en = _parse_names(file, category_id, entry)
    words = {key: _parse_strings(file, f"{category_id}.{key}", entry.get(key, [])) for key in CATEGORY_WORDS}
    for pattern in words["patterns"]:
        _compile_pattern(file, f"{category_id}.patterns", pattern)
    flags = {
        key: _parse_flag(file, f"{category_id}.{key}", entry.get(key, default))
        for key, default in CATEGORY_FLAGS.items()
    }
    return Category(
        id=category_id,
        group=category_id.partition(".")[0],
        kind=kind,
        zh=zh,
        en=en,
        change=flags["change"],
        subject=flags["subject"],
        alone=flags["alone"],
        as_technology=str(entry.get("as_technology", "")),
        **words,
    )


def _parse_flag(file: str, key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise DeclarationError(file, key, "must be true or false")
    return value


def _parse_issuers(file: str, table: TomlTable) -> tuple[Issuer, ...]:
    entries = _get_entries(file, table, "issuer")
    _refuse_duplicates(file, (_parse_text(file, "issuer.code", entry, "code") for entry in entries))
    return tuple(
        Issuer(
            code=_parse_text(file, "issuer.code", entry, "code"),
            zh=_parse_strings(file, "issuer.zh", entry.get("zh"), empty=False),
            en=_parse_strings(file, "issuer.en", entry.get("en"), empty=False),
        )
        for entry in entries
    )


def _parse_places(file: str, table: TomlTable) -> tuple[Place, ...]:
    entries = _get_entries(file, table, "place")
    _refuse_duplicates(file, (_parse_text(file, "place.code", entry, "code") for entry in entries))
    return tuple(
        Place(
            code=_parse_text(file, "place.code", entry, "code"),
            zh=_parse_strings(file, "place.zh", entry.get("zh"), empty=False),
            en=_parse_strings(file, "place.en", entry.get("en"), empty=False),
            short=str(entry.get("short", "")),
        )
        for entry in entries
    )


def _parse_phrases(file: str, table: TomlTable) -> dict[str, tuple[str, ...]]:
    missing = [key for key in PHRASE_LISTS if key not in table]
    if missing:
        raise DeclarationError(file, missing[0], "the list is missing")
    unknown = set(table) - set(PHRASE_LISTS)
    if unknown:
        raise DeclarationError(file, min(unknown), "no such list")
    return {key: _parse_strings(file, key, table[key], empty=False) for key in PHRASE_LISTS}


def _parse_rules(files: Mapping[str, TomlTable]) -> dict[str, tuple[Rule, ...]]:
    found = {
        family: _parse_family(f"{family}.toml", files.get(f"{family}.toml", {})) for family in RULE_FAMILIES
    }
    _refuse_duplicates("rules", (rule.id for rules in found.values() for rule in rules))
    return found


def _refuse_unreachable_rules(rules: Iterable[Rule], acts: Iterable[str]) -> None:
    """Refuse a rule whose Chinese examples would not be looked at, for want of a word of the list "acts"."""
    words = tuple(acts)
    for rule in rules:
        for example in rule.yes:
            if HAN.search(example) and not any(word in example for word in words):
                raise DeclarationError(
                    "phrases.toml", "acts", f"no word of it stands in {example!r} ({rule.id})"
                )


def _parse_family(file: str, table: TomlTable) -> tuple[Rule, ...]:
    return tuple(_parse_rule(file, entry) for entry in _get_entries(file, table, "rule"))


def _parse_rule(file: str, entry: TomlTable) -> Rule:
    """Return a rule; one whose examples do not bear it out is refused."""
    rule_id = _parse_text(file, "rule.id", entry, "id")
    unknown = set(entry) - {"id", "of", "means", "pattern", "yes", "no", "weak"}
    if unknown:
        raise DeclarationError(file, f"{rule_id}.{min(unknown)}", "no such key")
    of = _parse_text(file, f"{rule_id}.of", entry, "of")
    allowed = RULE_FAMILIES[file.removesuffix(".toml")]
    if of not in allowed:
        raise DeclarationError(file, f"{rule_id}.of", f"{of!r} is none of {', '.join(sorted(allowed))}")
    rule = Rule(
        id=rule_id,
        of=of,
        means=_parse_text(file, f"{rule_id}.means", entry, "means"),
        pattern=_parse_text(file, f"{rule_id}.pattern", entry, "pattern"),
        yes=_parse_strings(file, f"{rule_id}.yes", entry.get("yes"), empty=False),
        no=_parse_strings(file, f"{rule_id}.no", entry.get("no", [])),
        weak=_parse_flag(file, f"{rule_id}.weak", entry.get("weak", False)),
    )
    _check_examples(file, rule)
    return rule


def _compile_pattern(file: str, key: str, words: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(words, re.IGNORECASE)
    except re.error as error:
        raise DeclarationError(file, key, f"not a pattern ({error})") from error
    if pattern.groups:
        raise DeclarationError(file, key, "groups must be written (?:…)")
    return pattern


def _check_examples(file: str, rule: Rule) -> None:
    pattern = _compile_pattern(file, f"{rule.id}.pattern", rule.pattern)
    missed = next((words for words in rule.yes if not pattern.search(words)), None)
    if missed is not None:
        raise DeclarationError(file, f"{rule.id}.yes", f"{missed!r} is not matched")
    caught = next((words for words in rule.no if pattern.search(words)), None)
    if caught is not None:
        raise DeclarationError(file, f"{rule.id}.no", f"{caught!r} is matched")


def _get_group(file: str, table: TomlTable) -> TomlTable:
    group = table.get("group")
    if not isinstance(group, dict) or "id" not in group:
        raise DeclarationError(file, "group", "a file of the taxonomy opens with [group] and its id")
    return cast("TomlTable", group)


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
        raise DeclarationError(file, key, f"{twin!r} stands there twice")
    return words


def _refuse_duplicates(file: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise DeclarationError(file, one, "defined twice")
        seen.add(one)
