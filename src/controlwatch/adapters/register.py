"""The shipped register: TOML facts → entries, refused where they make no sense."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from controlwatch.core.address import canonical
from controlwatch.core.errors import DeclarationError
from controlwatch.core.model import (
    CategoryFinding,
    CodeFinding,
    DateBasis,
    Day,
    Deadline,
    Direction,
    DocumentNumber,
    EffectiveDate,
    Entity,
    Ground,
    Kind,
    Notice,
    Relation,
    Summary,
    TimeOfDay,
    Verb,
    key_of,
)
from controlwatch.core.reading.lexicon import Lexicon
from controlwatch.core.reading.numbers import parse_number
from controlwatch.core.reading.resolve import resolve
from controlwatch.core.register import DOUBT, Entry, Register

Source = Literal["official-text", "official-page", "repository", "chronology", "press"]
Confidence = Literal["high", "medium", "low"]

#: What a fact rests on, in words.
SOURCES: dict[str, str] = {
    "official-text": "the official text",
    "official-page": "a page of the issuer",
    "repository": "a public repository of texts",
    "chronology": "public chronologies",
    "press": "press reports",
}
#: No notice of this field is older, and none can be newer than this by much.
FIRST, LAST = date(1990, 1, 1), date(2100, 1, 1)

_STRICT: dict[str, object] = {"extra": "forbid"}
_Wanted = TypeVar("_Wanted")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fact:
    """What any fact may say of itself; unsaid, it is as its notice says."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    source: Source | None = None
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effective(_Fact):
    start: Day | None = None
    until: Day | None = None
    scope: str = "all"
    basis: DateBasis = "stated"
    time: TimeOfDay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deadline(_Fact):
    kind: Literal["comments-close", "transition-ends", "application-closes", "report-due"]
    date: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class _Relation(_Fact):
    verb: Verb
    target: str
    clause: str | None = None
    start: Day | None = None
    until: Day | None = None
    outside: str = ""  #: why the target is not in the register
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """One [[notice]] of a file."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    number: str = ""
    id: str = ""
    kind: Kind
    zh: str
    en: str
    title_known: bool = True
    issued: Day | None = None  #: left out where the day was not read
    issued_confidence: Confidence | None = None
    issuers: tuple[str, ...] = ()
    change: bool = True
    direction: Direction = Direction.NEUTRAL
    categories: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    hs: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    codes: _Fact = field(default_factory=_Fact)  #: what the codes rest on, where it is not what the rest does
    urls: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  #: titles that other notices cite it by
    source: Source
    confidence: Confidence
    effective: tuple[_Effective, ...] = ()
    deadlines: tuple[_Deadline, ...] = ()
    relations: tuple[_Relation, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Party:
    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """One [[listing]] of parties.toml."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    number: str
    list: str
    action: Literal["list", "delist", "suspend"] = "list"
    complete: bool
    stated: int | None = None
    parties: tuple[_Party, ...] = ()


_DAY, _KNOWN, _LISTING = TypeAdapter(Day), TypeAdapter(_Known), TypeAdapter(_Listing)


@dataclass(slots=True)
class _Files:
    """Everything read, before it is checked as a whole."""

    notices: list[tuple[str, _Known]] = field(default_factory=list)
    listings: dict[str, list[_Listing]] = field(default_factory=dict)


def register_digest() -> str:
    """Return the fingerprint of the shipped files, without reading what they say."""
    digest = hashlib.sha256()
    for name, body in _bodies():
        digest.update(name.encode())
        digest.update(body)
    return digest.hexdigest()


@cache
def load_register(lexicon: Lexicon) -> Register:
    """Return the shipped register, checked. Raises `DeclarationError` naming the file and the fact."""
    tables = {name: _parsed(name, body) for name, body in _bodies()}
    return build_register(tables, lexicon, digest=register_digest())


def build_register(tables: dict[str, dict[str, Any]], lexicon: Lexicon, *, digest: str = "") -> Register:
    """Return a register from parsed files, by file name."""
    files = _Files()
    as_of: date | None = None
    for name, table in tables.items():
        if unknown := set(table) - {"as_of", "notice", "listing"}:
            raise DeclarationError(name, min(unknown), "no such table; there are notice and listing")
        if "as_of" in table:
            as_of = _as(name, "as_of", _DAY, table["as_of"])
        files.notices.extend((name, _as(name, _label(row), _KNOWN, row)) for row in table.get("notice", ()))
        for row in table.get("listing", ()):
            listing = _as(name, str(row.get("number", "?")), _LISTING, row)
            files.listings.setdefault(key_of(listing.number), []).append(listing)
    _refuse_twins(files)
    keys = {name: _key(known) for _, known in files.notices for name in (known.number, known.id) if name}
    entries = {}
    for name, known in files.notices:
        entry = _entry(name, known, files.listings.pop(_key(known), []), keys=keys, lexicon=lexicon)
        entries[entry.key] = entry
    for key in files.listings:
        raise DeclarationError("parties.toml", key, "no notice of this number is in the register")
    return Register(entries=_resolved(entries, lexicon), as_of=as_of, digest=digest)


def _resolved(entries: dict[str, Entry], lexicon: Lexicon) -> dict[str, Entry]:
    """Give a notice that names no item the categories of those it acts on, earlier ones first."""
    found = dict(entries)
    for key, entry in sorted(entries.items(), key=lambda item: str(item[1].notice.published)):
        known = {
            other: tuple(category.id for category in held.notice.categories) for other, held in found.items()
        }
        notice = replace(resolve(entry.notice, known, lexicon), summary=entry.notice.summary)
        found[key] = replace(entry, notice=notice)
    return {key: found[key] for key in entries}


def _bodies() -> Iterator[tuple[str, bytes]]:
    folder = resources.files("controlwatch").joinpath("register")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_bytes()


def _parsed(name: str, body: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(body.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeclarationError(name, "", f"not TOML ({error})") from error


def _as(file: str, key: str, wanted: TypeAdapter[_Wanted], row: object) -> _Wanted:
    try:
        return wanted.validate_python(row)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in (key, *first["loc"]))
        raise DeclarationError(file, place, first["msg"]) from error


def _label(row: dict[str, Any]) -> str:
    return str(row.get("number") or row.get("id") or "?")


def _key(known: _Known) -> str:
    """The number's key; an unnumbered notice goes by its id."""
    return key_of(known.number) if known.number else known.id


def _refuse_twins(files: _Files) -> None:
    seen: dict[str, str] = {}
    for file, known in files.notices:
        for name in {_key(known), known.id} - {""}:
            if name in seen:
                raise DeclarationError(file, name, f"stands in the register twice, also in {seen[name]}")
            seen[name] = file


def _entry(
    file: str, known: _Known, listings: Iterable[_Listing], *, keys: dict[str, str], lexicon: Lexicon
) -> Entry:
    _check(file, known, keys=keys, lexicon=lexicon)
    for listing in listings:
        if listing.list not in known.categories:
            raise DeclarationError("parties.toml", listing.number, f"its notice does not say {listing.list}")
    number = _number(file, known, lexicon)
    notice = Notice(
        title=known.zh if known.title_known else known.en,
        language="zh-Hans" if known.title_known else "en",
        number=number,
        issuers=known.issuers or (number.issuers if number else ()),
        kind=known.kind,
        published=known.issued,
        is_change=known.change,
        reports_change=known.change,
        direction=known.direction,
        effective=tuple(_effective(known, fact) for fact in known.effective),
        deadlines=tuple(
            Deadline(
                kind=fact.kind,
                date=fact.date,
                quote=_rests(known, fact, f"{fact.kind} {fact.date}"),
                rule="register",
            )
            for fact in known.deadlines
        ),
        categories=tuple(
            CategoryFinding(id=name, quote=_rests(known, None, f"concerns {name}"), rule="register")
            for name in known.categories
        ),
        destinations=known.destinations,
        hs_codes=tuple(_codes(known, known.hs)),
        control_codes=tuple(_codes(known, known.control)),
        entities=tuple(_parties(listings)),
        relations=tuple(_relation(known, fact) for fact in known.relations),
        summary=Summary(en=_sentence(known.en, known.note), zh=known.zh),
        doubts=tuple(_doubts(known, listings)),
        grounds=(
            Ground(
                about="published",
                value=str(known.issued or "not known"),
                rule="register",
                quote=_rests(known, None, f"issued {known.issued or 'on a day not known'}"),
            ),
        ),
    )
    return Entry(
        key=_key(known),
        notice=notice,
        urls=known.urls,
        addresses=tuple(canonical(url) for url in known.urls),
        aliases=(*known.aliases, *_titles(known)),
    )


def _titles(known: _Known) -> tuple[str, ...]:
    """Laws and regulations are cited by their titles, without the name of the country."""
    if known.kind not in {Kind.LAW, Kind.REGULATION}:
        return ()
    return (known.zh, known.zh.removeprefix("中华人民共和国"))


def _check(file: str, known: _Known, *, keys: dict[str, str], lexicon: Lexicon) -> None:
    """Refuse impossible days, unknown categories and dangling targets."""
    name = known.number or known.id
    if not name:
        raise DeclarationError(file, known.zh, "has neither a number nor an id")
    for category in known.categories:
        if lexicon.category(category) is None:
            raise DeclarationError(file, f"{name}.categories", f"no category {category!r}")
    spans: list[tuple[date | None, date | None]] = [(known.issued, None)]
    spans += [(fact.start, fact.until) for fact in known.effective]
    spans += [(fact.start, fact.until) for fact in known.relations]
    for start, until in spans:
        if start and until and until < start:
            raise DeclarationError(file, name, f"ends on {until}, before it begins on {start}")
        for day in (start, until):
            if day is not None and not FIRST <= day <= LAST:
                raise DeclarationError(file, name, f"{day} is no day of this field")
    for relation in known.relations:
        inside = relation.target in keys or key_of(relation.target) in keys.values()
        if not inside and not relation.outside:
            raise DeclarationError(
                file, f"{name}.relations", f"{relation.target} is not in the register; say why in `outside`"
            )


def _number(file: str, known: _Known, lexicon: Lexicon) -> DocumentNumber | None:
    if not known.number:
        return None
    number = parse_number(known.number, lexicon)
    if number is None or number.canonical != known.number:
        raise DeclarationError(file, known.number, "is not a number as we write it")
    return number


def _effective(known: _Known, fact: _Effective) -> EffectiveDate:
    until = f" until {fact.until}" if fact.until else ""
    said = (
        f"takes effect {fact.start}{until}" if fact.start else f"does not state when it takes effect{until}"
    )
    return EffectiveDate(
        start=fact.start,
        until=fact.until,
        basis=fact.basis if fact.start or fact.basis != "stated" else "not-stated",
        scope=fact.scope,
        time=fact.time,
        quote=_rests(known, fact, said if fact.scope == "all" else f"{fact.scope}: {said}"),
        rule="register",
    )


def _relation(known: _Known, fact: _Relation) -> Relation:
    start = f" from {fact.start}" if fact.start else ""
    until = f" until {fact.until}" if fact.until else ""
    clause = f" {fact.clause}" if fact.clause else ""
    said = f"{fact.verb.value} {fact.target}{clause}{start}{until}"
    return Relation(
        verb=fact.verb,
        target=fact.target,
        clause=fact.clause,
        start=fact.start,
        until=fact.until,
        quote=_rests(known, fact, _sentence(said, fact.note)),
        rule="register",
    )


def _codes(known: _Known, codes: Iterable[str]) -> Iterator[CodeFinding]:
    for code in codes:
        yield CodeFinding(code=code, quote=_rests(known, known.codes, f"names {code}"), rule="register")


def _parties(listings: Iterable[_Listing]) -> Iterator[Entity]:
    for listing in listings:
        for party in listing.parties:
            yield Entity(zh=party.zh, en=party.en, action=listing.action)


def _doubts(known: _Known, listings: Iterable[_Listing]) -> Iterator[str]:
    if known.issued_confidence not in {None, "high"}:
        yield f"{DOUBT}issued {known.issued} with {known.issued_confidence} confidence"
    for listing in listings:
        if not listing.complete:
            of = f" of {listing.stated}" if listing.stated else ""
            yield f"{DOUBT}names {len(listing.parties)}{of} parties of this listing; read the notice"


def _rests(known: _Known, fact: _Fact | None, said: str) -> str:
    """What stands in place of a quote: the fact in our words, what it rests on, and how sure we are."""
    source = (fact.source if fact else None) or known.source
    confidence = (fact.confidence if fact else None) or known.confidence
    return f"register: {said} ({SOURCES[source]}, {confidence} confidence)"


def _sentence(first: str, rest: str) -> str:
    return f"{first}. {rest}" if rest else first
