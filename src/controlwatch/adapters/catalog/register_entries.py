"""Build register entries from facts: notices whose quotes are our own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controlwatch.adapters.catalog.register_schema import (
    SOURCE_NAMES,
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


def get_entry_key(known: RegisterNotice) -> str:
    """Return the key of the number, or the id of a notice without a number."""
    return to_notice_key(known.number) if known.number else known.id


def build_entry(
    file: str,
    known: RegisterNotice,
    listings: Iterable[RegisterListing],
    *,
    keys: dict[str, str],
    lexicon: Lexicon,
) -> RegisterEntry:
    """Return the entry of a notice, with the listings of its parties.

    `keys` are the entry keys of all notices by number and id. Raises `DeclarationError` for an unknown
    category or target, for a listing that the notice does not have, and for a number in another form.
    """
    name = known.number or known.id
    for category in known.categories:
        if lexicon.find_category(category) is None:
            raise DeclarationError(file, f"{name}.categories", f"no category {category!r}")
    for relation in known.relations:
        is_known = relation.target in keys or to_notice_key(relation.target) in keys.values()
        if not is_known and not relation.outside:
            reason = f"{relation.target} is not in the register; explain it in `outside`"
            raise DeclarationError(file, f"{name}.relations", reason)
    for listing in listings:
        if listing.list not in known.categories:
            raise DeclarationError("parties.toml", listing.number, f"its notice does not say {listing.list}")
    number = parse_number(known.number, lexicon) if known.number else None
    if known.number and (number is None or number.canonical != known.number):
        raise DeclarationError(file, known.number, "is not a number as we write it")
    # Laws and regulations are cited by their titles, without the name of the country.
    is_cited_by_title = known.kind in {NoticeKind.LAW, NoticeKind.REGULATION}
    titles = (known.zh, known.zh.removeprefix("中华人民共和国")) if is_cited_by_title else ()
    return RegisterEntry(
        key=get_entry_key(known),
        notice=_build_notice(known, listings, number, lexicon),
        urls=known.urls,
        addresses=tuple(canonicalize_url(url) for url in known.urls),
        aliases=(*known.aliases, *titles),
    )


def _build_notice(
    known: RegisterNotice,
    listings: Iterable[RegisterListing],
    number: DocumentNumber | None,
    lexicon: Lexicon,
) -> Notice:
    issued = _describe_basis(known, None, f"issued {known.issued or 'on a day not known'}")
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
        deadlines=tuple(
            Deadline(
                kind=fact.kind,
                date=fact.date,
                quote=_describe_basis(known, fact, f"{fact.kind} {fact.date}"),
                rule=REGISTER_RULE,
            )
            for fact in known.deadlines
        ),
        categories=tuple(
            CategoryFinding(
                id=name,
                quote=_describe_basis(known, None, f"concerns {lexicon.get_category_name(name, 'en')}"),
                rule=REGISTER_RULE,
            )
            for name in known.categories
        ),
        destinations=known.destinations,
        hs_codes=_build_codes(known, known.hs),
        control_codes=_build_codes(known, known.control),
        entities=tuple(
            Entity(zh=party.zh, en=party.en, action=listing.action)
            for listing in listings
            for party in listing.parties
        ),
        relations=tuple(_build_relation(known, fact) for fact in known.relations),
        summary=Summary(en=_join_sentences(known.en, known.note), zh=known.zh),
        doubts=tuple(_list_doubts(known, listings)),
        grounds=(
            Ground(
                about="published", value=str(known.issued or "not known"), rule=REGISTER_RULE, quote=issued
            ),
        ),
    )


def _build_effective_date(known: RegisterNotice, fact: EffectiveFact) -> EffectiveDate:
    until = f" until {fact.until}" if fact.until else ""
    start = f"takes effect {fact.start}" if fact.start else "does not state when it takes effect"
    statement = f"{start}{until}" if fact.scope == "all" else f"{fact.scope}: {start}{until}"
    return EffectiveDate(
        start=fact.start,
        until=fact.until,
        basis=fact.basis if fact.start or fact.basis != "stated" else "not-stated",
        scope=fact.scope,
        time=fact.time,
        quote=_describe_basis(known, fact, statement),
        rule=REGISTER_RULE,
    )


def _build_relation(known: RegisterNotice, fact: RelationFact) -> Relation:
    start = f" from {fact.start}" if fact.start else ""
    until = f" until {fact.until}" if fact.until else ""
    clause = f" {fact.clause}" if fact.clause else ""
    statement = f"{fact.verb.value} {fact.target}{clause}{start}{until}"
    return Relation(
        verb=fact.verb,
        target=fact.target,
        clause=fact.clause,
        start=fact.start,
        until=fact.until,
        quote=_describe_basis(known, fact, _join_sentences(statement, fact.note)),
        rule=REGISTER_RULE,
    )


def _build_codes(known: RegisterNotice, codes: Iterable[str]) -> tuple[CodeFinding, ...]:
    return tuple(
        CodeFinding(code=code, quote=_describe_basis(known, known.codes, f"names {code}"), rule=REGISTER_RULE)
        for code in codes
    )


def _list_doubts(known: RegisterNotice, listings: Iterable[RegisterListing]) -> Iterator[str]:
    if known.issued_confidence not in {None, "high"}:
        yield f"{DOUBT_PREFIX}issued {known.issued} with {known.issued_confidence} confidence"
    for listing in listings:
        if not listing.complete:
            total = f" of {listing.stated}" if listing.stated else ""
            count = len(listing.parties)
            yield f"{DOUBT_PREFIX}names {count}{total} parties of this listing; read the notice"


def _describe_basis(known: RegisterNotice, fact: RegisterFact | None, statement: str) -> str:
    """Return what replaces a quote: the fact in our words, its basis, and our confidence in it."""
    source = (fact.source if fact else None) or known.source
    confidence = (fact.confidence if fact else None) or known.confidence
    return f"register: {statement} ({SOURCE_NAMES[source]}, {confidence} confidence)"


def _join_sentences(first: str, rest: str) -> str:
    return f"{first}. {rest}" if rest else first
