"""Facts of the register → entries: notices whose quotes are our own words, checked as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from controlwatch.adapters.catalog.register_schema import (
    SOURCE_NAMES,
    DeadlineFact,
    EffectiveFact,
    RegisterFact,
    RegisterListing,
    RegisterNotice,
    RelationFact,
)
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.register import DOUBT_PREFIX, REGISTER_RULE, RegisterEntry
from controlwatch.core.model import (
    CategoryFinding,
    CodeFinding,
    Deadline,
    DocumentNumber,
    EffectiveDate,
    Entity,
    Ground,
    Notice,
    NoticeKind,
    Relation,
    Summary,
    to_notice_key,
)
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.errors import DeclarationError

#: No notice of this field is older, and none can be newer than this by much.
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 1, 1)


def get_entry_key(known: RegisterNotice) -> str:
    """The number's key; an unnumbered notice goes by its id."""
    return to_notice_key(known.number) if known.number else known.id


def build_entry(
    file: str,
    known: RegisterNotice,
    listings: Iterable[RegisterListing],
    *,
    keys: dict[str, str],
    lexicon: Lexicon,
) -> RegisterEntry:
    """Return the entry of a notice, with the listings of its parties. Raises `DeclarationError`."""
    _check_notice(file, known, keys=keys, lexicon=lexicon)
    for listing in listings:
        if listing.list not in known.categories:
            raise DeclarationError("parties.toml", listing.number, f"its notice does not say {listing.list}")
    return RegisterEntry(
        key=get_entry_key(known),
        notice=_build_notice(known, listings, _build_number(file, known, lexicon)),
        urls=known.urls,
        addresses=tuple(canonicalize_url(url) for url in known.urls),
        aliases=(*known.aliases, *_list_titles(known)),
    )


def _build_notice(
    known: RegisterNotice, listings: Iterable[RegisterListing], number: DocumentNumber | None
) -> Notice:
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
        effective=tuple(_build_effective_date(known, fact) for fact in known.effective),
        deadlines=tuple(_build_deadline(known, fact) for fact in known.deadlines),
        categories=tuple(_build_category(known, name) for name in known.categories),
        destinations=known.destinations,
        hs_codes=tuple(_build_codes(known, known.hs)),
        control_codes=tuple(_build_codes(known, known.control)),
        entities=tuple(_build_parties(listings)),
        relations=tuple(_build_relation(known, fact) for fact in known.relations),
        summary=Summary(en=_join_sentences(known.en, known.note), zh=known.zh),
        doubts=tuple(_list_doubts(known, listings)),
        grounds=(_build_issue_ground(known),),
    )


def _build_issue_ground(known: RegisterNotice) -> Ground:
    said = f"issued {known.issued or 'on a day not known'}"
    value = str(known.issued or "not known")
    return Ground(
        about="published", value=value, rule=REGISTER_RULE, quote=_describe_basis(known, None, said)
    )


def _build_deadline(known: RegisterNotice, fact: DeadlineFact) -> Deadline:
    quote = _describe_basis(known, fact, f"{fact.kind} {fact.date}")
    return Deadline(kind=fact.kind, date=fact.date, quote=quote, rule=REGISTER_RULE)


def _build_category(known: RegisterNotice, name: str) -> CategoryFinding:
    return CategoryFinding(
        id=name, quote=_describe_basis(known, None, f"concerns {name}"), rule=REGISTER_RULE
    )


def _list_titles(known: RegisterNotice) -> tuple[str, ...]:
    """Laws and regulations are cited by their titles, without the name of the country."""
    if known.kind not in {NoticeKind.LAW, NoticeKind.REGULATION}:
        return ()
    return (known.zh, known.zh.removeprefix("中华人民共和国"))


def _check_notice(file: str, known: RegisterNotice, *, keys: dict[str, str], lexicon: Lexicon) -> None:
    """Refuse impossible days, unknown categories and dangling targets."""
    name = known.number or known.id
    if not name:
        raise DeclarationError(file, known.zh, "has neither a number nor an id")
    for category in known.categories:
        if lexicon.find_category(category) is None:
            raise DeclarationError(file, f"{name}.categories", f"no category {category!r}")
    spans: list[tuple[date | None, date | None]] = [(known.issued, None)]
    spans += [(fact.start, fact.until) for fact in known.effective]
    spans += [(fact.start, fact.until) for fact in known.relations]
    for start, until in spans:
        if start and until and until < start:
            raise DeclarationError(file, name, f"ends on {until}, before it begins on {start}")
        for day in (start, until):
            if day is not None and not FIRST_DAY <= day <= LAST_DAY:
                raise DeclarationError(file, name, f"{day} is no day of this field")
    for relation in known.relations:
        inside = relation.target in keys or to_notice_key(relation.target) in keys.values()
        if not inside and not relation.outside:
            raise DeclarationError(
                file, f"{name}.relations", f"{relation.target} is not in the register; say why in `outside`"
            )


def _build_number(file: str, known: RegisterNotice, lexicon: Lexicon) -> DocumentNumber | None:
    if not known.number:
        return None
    number = parse_number(known.number, lexicon)
    if number is None or number.canonical != known.number:
        raise DeclarationError(file, known.number, "is not a number as we write it")
    return number


def _build_effective_date(known: RegisterNotice, fact: EffectiveFact) -> EffectiveDate:
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
        quote=_describe_basis(known, fact, said if fact.scope == "all" else f"{fact.scope}: {said}"),
        rule=REGISTER_RULE,
    )


def _build_relation(known: RegisterNotice, fact: RelationFact) -> Relation:
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
        quote=_describe_basis(known, fact, _join_sentences(said, fact.note)),
        rule=REGISTER_RULE,
    )


def _build_codes(known: RegisterNotice, codes: Iterable[str]) -> Iterator[CodeFinding]:
    for code in codes:
        yield CodeFinding(
            code=code, quote=_describe_basis(known, known.codes, f"names {code}"), rule=REGISTER_RULE
        )


def _build_parties(listings: Iterable[RegisterListing]) -> Iterator[Entity]:
    for listing in listings:
        for party in listing.parties:
            yield Entity(zh=party.zh, en=party.en, action=listing.action)


def _list_doubts(known: RegisterNotice, listings: Iterable[RegisterListing]) -> Iterator[str]:
    if known.issued_confidence not in {None, "high"}:
        yield f"{DOUBT_PREFIX}issued {known.issued} with {known.issued_confidence} confidence"
    for listing in listings:
        if not listing.complete:
            of = f" of {listing.stated}" if listing.stated else ""
            yield f"{DOUBT_PREFIX}names {len(listing.parties)}{of} parties of this listing; read the notice"


def _describe_basis(known: RegisterNotice, fact: RegisterFact | None, said: str) -> str:
    """What stands in place of a quote: the fact in our words, what it rests on, and how sure we are."""
    source = (fact.source if fact else None) or known.source
    confidence = (fact.confidence if fact else None) or known.confidence
    return f"register: {said} ({SOURCE_NAMES[source]}, {confidence} confidence)"


def _join_sentences(first: str, rest: str) -> str:
    return f"{first}. {rest}" if rest else first
