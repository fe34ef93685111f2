"""Facts of the register → entries: notices whose quotes are our own words, checked as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from controlwatch.adapters.catalog.register_schema import (
    SOURCES,
    DeadlineFact,
    EffectiveFact,
    Fact,
    Known,
    Listing,
    RelationFact,
)
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.register import DOUBT, RULE, Entry
from controlwatch.core.model import (
    CategoryFinding,
    CodeFinding,
    Deadline,
    DocumentNumber,
    EffectiveDate,
    Entity,
    Ground,
    Kind,
    Notice,
    Relation,
    Summary,
    key_of,
)
from controlwatch.core.model.addresses import canonical
from controlwatch.core.model.errors import DeclarationError

#: No notice of this field is older, and none can be newer than this by much.
FIRST, LAST = date(1990, 1, 1), date(2100, 1, 1)


def key_of_entry(known: Known) -> str:
    """The number's key; an unnumbered notice goes by its id."""
    return key_of(known.number) if known.number else known.id


def build_entry(
    file: str, known: Known, listings: Iterable[Listing], *, keys: dict[str, str], lexicon: Lexicon
) -> Entry:
    """Return the entry of a notice, with the listings of its parties. Raises `DeclarationError`."""
    _check(file, known, keys=keys, lexicon=lexicon)
    for listing in listings:
        if listing.list not in known.categories:
            raise DeclarationError("parties.toml", listing.number, f"its notice does not say {listing.list}")
    return Entry(
        key=key_of_entry(known),
        notice=_notice(known, listings, _number(file, known, lexicon)),
        urls=known.urls,
        addresses=tuple(canonical(url) for url in known.urls),
        aliases=(*known.aliases, *_titles(known)),
    )


def _notice(known: Known, listings: Iterable[Listing], number: DocumentNumber | None) -> Notice:
    return Notice(
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
        deadlines=tuple(_deadline(known, fact) for fact in known.deadlines),
        categories=tuple(_category(known, name) for name in known.categories),
        destinations=known.destinations,
        hs_codes=tuple(_codes(known, known.hs)),
        control_codes=tuple(_codes(known, known.control)),
        entities=tuple(_parties(listings)),
        relations=tuple(_relation(known, fact) for fact in known.relations),
        summary=Summary(en=_sentence(known.en, known.note), zh=known.zh),
        doubts=tuple(_doubts(known, listings)),
        grounds=(_issue(known),),
    )


def _issue(known: Known) -> Ground:
    said = f"issued {known.issued or 'on a day not known'}"
    value = str(known.issued or "not known")
    return Ground(about="published", value=value, rule=RULE, quote=_rests(known, None, said))


def _deadline(known: Known, fact: DeadlineFact) -> Deadline:
    quote = _rests(known, fact, f"{fact.kind} {fact.date}")
    return Deadline(kind=fact.kind, date=fact.date, quote=quote, rule=RULE)


def _category(known: Known, name: str) -> CategoryFinding:
    return CategoryFinding(id=name, quote=_rests(known, None, f"concerns {name}"), rule=RULE)


def _titles(known: Known) -> tuple[str, ...]:
    """Laws and regulations are cited by their titles, without the name of the country."""
    if known.kind not in {Kind.LAW, Kind.REGULATION}:
        return ()
    return (known.zh, known.zh.removeprefix("中华人民共和国"))


def _check(file: str, known: Known, *, keys: dict[str, str], lexicon: Lexicon) -> None:
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


def _number(file: str, known: Known, lexicon: Lexicon) -> DocumentNumber | None:
    if not known.number:
        return None
    number = parse_number(known.number, lexicon)
    if number is None or number.canonical != known.number:
        raise DeclarationError(file, known.number, "is not a number as we write it")
    return number


def _effective(known: Known, fact: EffectiveFact) -> EffectiveDate:
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
        rule=RULE,
    )


def _relation(known: Known, fact: RelationFact) -> Relation:
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
        rule=RULE,
    )


def _codes(known: Known, codes: Iterable[str]) -> Iterator[CodeFinding]:
    for code in codes:
        yield CodeFinding(code=code, quote=_rests(known, known.codes, f"names {code}"), rule=RULE)


def _parties(listings: Iterable[Listing]) -> Iterator[Entity]:
    for listing in listings:
        for party in listing.parties:
            yield Entity(zh=party.zh, en=party.en, action=listing.action)


def _doubts(known: Known, listings: Iterable[Listing]) -> Iterator[str]:
    if known.issued_confidence not in {None, "high"}:
        yield f"{DOUBT}issued {known.issued} with {known.issued_confidence} confidence"
    for listing in listings:
        if not listing.complete:
            of = f" of {listing.stated}" if listing.stated else ""
            yield f"{DOUBT}names {len(listing.parties)}{of} parties of this listing; read the notice"


def _rests(known: Known, fact: Fact | None, said: str) -> str:
    """What stands in place of a quote: the fact in our words, what it rests on, and how sure we are."""
    source = (fact.source if fact else None) or known.source
    confidence = (fact.confidence if fact else None) or known.confidence
    return f"register: {said} ({SOURCES[source]}, {confidence} confidence)"


def _sentence(first: str, rest: str) -> str:
    return f"{first}. {rest}" if rest else first
