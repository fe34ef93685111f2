"""The words the reader knows, loaded from the package's TOML files and refused where they make no sense."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, cast, get_args

from controlwatch.core.extraction.text.lexicon import Category, GroupKind, Issuer, Lexicon, Place
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.extraction.text.rules import NOTHING, Rule
from controlwatch.core.model import Direction, Verb
from controlwatch.core.model.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Table = dict[str, object]

PHRASES = (
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
CAVEATS = ("threshold", "exemption", "extraterritorial", "transition", "case-by-case")
FAMILIES: dict[str, frozenset[str]] = {
    "direction": frozenset(Direction),
    "relation": frozenset((*Verb, NOTHING)),
    "caveat": frozenset(CAVEATS),
}
FLAGS = {"change": True, "subject": False, "alone": False}
WORDS = ("terms", "title_terms", "hints", "counter_terms", "patterns", "hs", "control")


@cache
def load_lexicon() -> Lexicon:
    """Return the lexicon that ships with the package, read and checked once."""
    taxonomy = _read("taxonomy")
    return build_lexicon(taxonomy, _read("lexicon"), _read("lexicon/rules"))


def build_lexicon(
    taxonomy: Mapping[str, Table], lexicon: Mapping[str, Table], rules: Mapping[str, Table]
) -> Lexicon:
    """Return a lexicon from parsed files, by file name; raise `DeclarationError` on nonsense."""
    categories = [found for file, table in taxonomy.items() for found in _categories(file, table)]
    _refuse_twins("taxonomy", (found.id for found in categories))
    _refuse_strangers(categories)
    names = {
        str(_group(file, table)["id"]): _names(file, "group", _group(file, table))
        for file, table in taxonomy.items()
    }
    phrases = _phrases("phrases.toml", lexicon.get("phrases.toml", {}))
    found_rules = _rules(rules)
    _refuse_unreached(found_rules["direction"], phrases["acts"])
    return Lexicon(
        categories=tuple(categories),
        issuers=_issuers("issuers.toml", lexicon.get("issuers.toml", {})),
        places=_places("places.toml", lexicon.get("places.toml", {})),
        phrases=phrases,
        rules=found_rules,
        group_names=names,
    )


def _refuse_strangers(categories: Iterable[Category]) -> None:
    """Refuse a category that points at one that is not there."""
    found = tuple(categories)
    ids = {category.id for category in found}
    for category in found:
        if category.as_technology and category.as_technology not in ids:
            raise DeclarationError(
                "taxonomy", f"{category.id}.as_technology", f"no category {category.as_technology!r}"
            )


def _read(folder: str) -> dict[str, Table]:
    """Return every TOML file of a data folder of the package, by name."""
    tables: dict[str, Table] = {}
    for file in sorted(
        resources.files("controlwatch").joinpath("data", folder).iterdir(), key=lambda entry: entry.name
    ):
        if file.name.endswith(".toml"):
            try:
                tables[file.name] = tomllib.loads(file.read_text(encoding="utf-8"))
            except tomllib.TOMLDecodeError as error:
                raise DeclarationError(file.name, "", f"not TOML ({error})") from error
    return tables


def _categories(file: str, table: Table) -> tuple[Category, ...]:
    group = _group(file, table)
    kind = str(group.get("kind", ""))
    if kind not in get_args(GroupKind):
        raise DeclarationError(file, "group.kind", f"{kind!r} is none of {', '.join(get_args(GroupKind))}")
    return tuple(
        _category(file, entry, cast("GroupKind", kind)) for entry in _entries(file, table, "category")
    )


def _category(file: str, entry: Table, kind: GroupKind) -> Category:
    category_id = _text(file, "category.id", entry, "id")
    unknown = set(entry) - {"id", "zh", "en", "as_technology", *FLAGS, *WORDS}
    if unknown:
        raise DeclarationError(file, f"{category_id}.{min(unknown)}", "no such key")
    zh, en = _names(file, category_id, entry)
    words = {key: _strings(file, f"{category_id}.{key}", entry.get(key, [])) for key in WORDS}
    for pattern in words["patterns"]:
        _compiled(file, f"{category_id}.patterns", pattern)
    flags = {
        key: _flag(file, f"{category_id}.{key}", entry.get(key, default)) for key, default in FLAGS.items()
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


def _flag(file: str, key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise DeclarationError(file, key, "must be true or false")
    return value


def _issuers(file: str, table: Table) -> tuple[Issuer, ...]:
    entries = _entries(file, table, "issuer")
    _refuse_twins(file, (_text(file, "issuer.code", entry, "code") for entry in entries))
    return tuple(
        Issuer(
            code=_text(file, "issuer.code", entry, "code"),
            zh=_strings(file, "issuer.zh", entry.get("zh"), empty=False),
            en=_strings(file, "issuer.en", entry.get("en"), empty=False),
        )
        for entry in entries
    )


def _places(file: str, table: Table) -> tuple[Place, ...]:
    entries = _entries(file, table, "place")
    _refuse_twins(file, (_text(file, "place.code", entry, "code") for entry in entries))
    return tuple(
        Place(
            code=_text(file, "place.code", entry, "code"),
            zh=_strings(file, "place.zh", entry.get("zh"), empty=False),
            en=_strings(file, "place.en", entry.get("en"), empty=False),
            short=str(entry.get("short", "")),
        )
        for entry in entries
    )


def _phrases(file: str, table: Table) -> dict[str, tuple[str, ...]]:
    missing = [key for key in PHRASES if key not in table]
    if missing:
        raise DeclarationError(file, missing[0], "the list is missing")
    unknown = set(table) - set(PHRASES)
    if unknown:
        raise DeclarationError(file, min(unknown), "no such list")
    return {key: _strings(file, key, table[key], empty=False) for key in PHRASES}


def _rules(files: Mapping[str, Table]) -> dict[str, tuple[Rule, ...]]:
    found = {family: _family(f"{family}.toml", files.get(f"{family}.toml", {})) for family in FAMILIES}
    _refuse_twins("rules", (rule.id for rules in found.values() for rule in rules))
    return found


def _refuse_unreached(rules: Iterable[Rule], acts: Iterable[str]) -> None:
    """Refuse a rule whose Chinese examples would not be looked at, for want of a word of the list "acts"."""
    words = tuple(acts)
    for rule in rules:
        for example in rule.yes:
            if HAN.search(example) and not any(word in example for word in words):
                raise DeclarationError(
                    "phrases.toml", "acts", f"no word of it stands in {example!r} ({rule.id})"
                )


def _family(file: str, table: Table) -> tuple[Rule, ...]:
    return tuple(_rule(file, entry) for entry in _entries(file, table, "rule"))


def _rule(file: str, entry: Table) -> Rule:
    """Return a rule; one whose examples do not bear it out is refused."""
    rule_id = _text(file, "rule.id", entry, "id")
    unknown = set(entry) - {"id", "of", "means", "pattern", "yes", "no", "weak"}
    if unknown:
        raise DeclarationError(file, f"{rule_id}.{min(unknown)}", "no such key")
    of = _text(file, f"{rule_id}.of", entry, "of")
    allowed = FAMILIES[file.removesuffix(".toml")]
    if of not in allowed:
        raise DeclarationError(file, f"{rule_id}.of", f"{of!r} is none of {', '.join(sorted(allowed))}")
    rule = Rule(
        id=rule_id,
        of=of,
        means=_text(file, f"{rule_id}.means", entry, "means"),
        pattern=_text(file, f"{rule_id}.pattern", entry, "pattern"),
        yes=_strings(file, f"{rule_id}.yes", entry.get("yes"), empty=False),
        no=_strings(file, f"{rule_id}.no", entry.get("no", [])),
        weak=_flag(file, f"{rule_id}.weak", entry.get("weak", False)),
    )
    _borne_out(file, rule)
    return rule


def _compiled(file: str, key: str, words: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(words, re.IGNORECASE)
    except re.error as error:
        raise DeclarationError(file, key, f"not a pattern ({error})") from error
    if pattern.groups:
        raise DeclarationError(file, key, "groups must be written (?:…)")
    return pattern


def _borne_out(file: str, rule: Rule) -> None:
    pattern = _compiled(file, f"{rule.id}.pattern", rule.pattern)
    missed = next((words for words in rule.yes if not pattern.search(words)), None)
    if missed is not None:
        raise DeclarationError(file, f"{rule.id}.yes", f"{missed!r} is not matched")
    caught = next((words for words in rule.no if pattern.search(words)), None)
    if caught is not None:
        raise DeclarationError(file, f"{rule.id}.no", f"{caught!r} is matched")


def _group(file: str, table: Table) -> Table:
    group = table.get("group")
    if not isinstance(group, dict) or "id" not in group:
        raise DeclarationError(file, "group", "a file of the taxonomy opens with [group] and its id")
    return cast("Table", group)


def _entries(file: str, table: Table, key: str) -> list[Table]:
    entries = table.get(key)
    if not isinstance(entries, list) or not entries:
        raise DeclarationError(file, key, f"expected one or more [[{key}]]")
    return cast("list[Table]", entries)


def _names(file: str, key: str, entry: Table) -> tuple[str, str]:
    return _text(file, f"{key}.zh", entry, "zh"), _text(file, f"{key}.en", entry, "en")


def _text(file: str, key: str, entry: Table, name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise DeclarationError(file, key, "must be a text that is not empty")
    return value


def _strings(file: str, key: str, value: object, *, empty: bool = True) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise DeclarationError(file, key, "must be a list of texts; codes are texts too")
    if not value and not empty:
        raise DeclarationError(file, key, "must not be empty")
    words = tuple(str(word) for word in value)
    if len(set(words)) != len(words):
        twin = next(word for word in words if words.count(word) > 1)
        raise DeclarationError(file, key, f"{twin!r} stands there twice")
    return words


def _refuse_twins(file: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise DeclarationError(file, one, "defined twice")
        seen.add(one)
