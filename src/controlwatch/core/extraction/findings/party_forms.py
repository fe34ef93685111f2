"""Names of parties by their form alone: pairs in two scripts, legal suffixes, rows and lists of a listing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from controlwatch.core.extraction.text.lexicon import Lexicon

_SUFFIX = (
    r"(?:Incorporated|Inc|Ltd|Limited|LLC|L\.L\.C|Corp|Corporation|Company|Co|PLC|plc|GmbH|AG|SE|KG|S\.A|SA"
    r"|S\.p\.A|SpA|S\.r\.l|B\.V|BV|N\.V|NV|Pte|Pty|K\.K|Oy|AB|ApS|A/S|s\.r\.o|a\.s|Sp\. z o\.o|Group"
    r"|Holdings?|Institute|University|Laborator(?:y|ies)|Foundation|Systems|Shipyard|Industries)"
)
#: The field behind the name of a school or an institute: University |of Marine Science.
_FIELD = (
    r"(?:(?:(?<=University)|(?<=Institute)|(?<=Laboratory)|(?<=Foundation)) (?:of|for) [A-Z][\w-]{1,30}"
    r"(?: [A-Z][\w-]{1,30}){0,2}(?: and [A-Z][\w-]{1,30}(?![ ]?[A-Z]))?)?"
)
#: The number of a row is not part of the name behind it.
_NO_ROW_NUMBER = r"(?!(?:(?<=\n)|(?<=\n )|(?<=\n  )|(?<=\n   )|(?<=\n    ))\d{1,3} +[A-Z])"
#: Bounded, and each character in one way: a page may hold thousands of capitals without a blank.
_LETTERS = r"A-Za-z\u00c0-\u024f0-9"  #: no Chinese, which joins the names in a sentence
_WORD = rf"[A-Z][{_LETTERS}&.’'/+-]{{0,40}}|&|\d[{_LETTERS}-]{{0,20}}"
_SMALL_SUFFIX = r"plc|s\.r\.o\.?|a\.s\.?|z o\.o\.?"
LATIN_NAME = (
    rf"(?:{_WORD})(?:(?:, ?| )(?:(?:of|and|for|the|de|und|y|on) )?"
    rf"(?:{_WORD}|{_SMALL_SUFFIX}|[（(][A-Z][A-Za-z]{{1,20}}[）)])){{0,9}}"
)
_HAN_NAME = (
    r"(?<![\u4e00-\u9fffA-Za-z0-9·&\-])(?=[A-Za-z0-9·&\-]{0,40}[\u4e00-\u9fff])"
    r"[\u4e00-\u9fffA-Za-z0-9·&\-]{2,80}(?:[（(][\u4e00-\u9fff]{2,6}[）)][\u4e00-\u9fff]{2,30})?"
)
_NUMBERING = (
    r"^[ ]*(?:[（(]?(?:\d{1,3}|[\u4e00-\u9fff]{1,3})[)）.、．][ ]*|\d{1,3}[ \t|]+|[·•*-][ ]*|\|[ ]*\d*[ |]*)?"
)
PAIR = re.compile(
    rf"(?P<zh>{_HAN_NAME})[ ]?[（(](?P<en>{LATIN_NAME})(?:[，,；;][^（）()\n]{{1,40}})?[）)]"
)  # 某某公司（Example Systems, Inc.）
PAIR_BACK = re.compile(
    rf"(?P<en>{LATIN_NAME})[ ]?[（(](?P<zh>{_HAN_NAME})[）)]"
)  # Example Systems, Inc. (某某公司)
ROW = re.compile(
    rf"{_NUMBERING}(?:(?P<zh>{_HAN_NAME})(?:[ ]*[\t|][ ]*|[ ]{{2,}})(?P<en>{LATIN_NAME})"
    rf"|(?P<en_first>{LATIN_NAME})(?:[ ]*[\t|/][ ]*|[ ]{{1,}})(?P<zh_last>{_HAN_NAME}))"
    r"(?=[ ]*(?:[（(\t|；;。,，]|[ ]{2,}|$))",
    re.MULTILINE,
)  # 3 ⇥ 某某公司 ⇥ Example Systems, Inc.
SUFFIXED = re.compile(
    rf"(?<![{_LETTERS}&]){_NO_ROW_NUMBER}"
    rf"(?P<en>(?:{_WORD})(?: (?:(?:of|and|for|the|de) )?(?:{_WORD})){{0,7}}"
    rf",? {_SUFFIX}(?![{_LETTERS}])\.?{_FIELD})"
)  # Example Systems, Inc.
PERSON = re.compile(
    r"(?:^[ ]*|(?<=\d[.)]) ?|(?<=: )|\b(?:to|against|and) )"
    r"(?P<en>[A-Z][a-z][\w’'-]{0,30}(?: (?:[A-Z]\.|[A-Z][\w’'-]{1,30})){1,3}), (?:the )?(?:[A-Za-z-]+ ){0,4}?"
    r"(?:[Pp]resident|[Cc]hair(?:man|woman|person)?|[Oo]fficer|CEO|[Dd]irector|[Ff]ounder|[Ss]ecretary|[Pp]artner|[Mm]anager)\b"
    r"(?![^.\n]{0,100}\b(?:said|says|told|added|noted|called|argued)\b)",
    re.MULTILINE,
)  # 1. Jane Roe, President of Example Systems, Inc.
_PLAIN_ITEM = rf"(?:(?:{_WORD})(?: (?:(?:of|for|the|de) )?(?:{_WORD})){{1,6}})"
NEIGHBOUR = re.compile(
    rf"(?:,? and (?:the )?|[,;] (?:the )?)(?P<en>{_PLAIN_ITEM}(?:, {_SUFFIX}\b\.?)?)"
)  # and BrightQuarry Analytics, behind a name with a legal suffix
ENUMERATION = re.compile(
    rf"(?<![\w&] )(?<![\w&])(?P<names>{_PLAIN_ITEM}(?:, (?:the )?{_PLAIN_ITEM}){{0,20}},? and (?:the )?"
    rf"{_PLAIN_ITEM})"
    r"(?=,? (?:shall|are|will|is|were|have been|may|can|must)\b)"
)  # Robert Wexler, Helen Boone and Ian Sayre shall not be issued visas
LISTED_BEHIND = re.compile(
    rf"(?<=[Ll]ist: )(?P<names>{_PLAIN_ITEM}(?:, (?:the )?{_PLAIN_ITEM}){{0,20}}"
    rf",? and (?:the )?{_PLAIN_ITEM})(?=[.;\n]|$)"
)  # moved to the control list: Asahi Gears, Nordtal Optics and Veld Heavy Works.
INLINE_ITEM = re.compile(
    rf"[A-Z][{_LETTERS}&.’'/+-]{{0,40}}(?: (?:{_WORD})){{0,7}}(?:, {_SUFFIX}(?![{_LETTERS}])\.?)?"
)  # of: 将5家子公司Example Shipping LLC、Example Yard Inc.和EX Holdings Corp.列入反制清单
JOINT = re.compile(r",? and (?:the )?|, (?:the )?")
LEGAL_FORM = re.compile(rf"\b{_SUFFIX}\b\.?$")
SENTENCE_END = re.compile(r"(?<=[A-Za-z]{2})(?<!\bSt)(?<!\bMt)\. (?=[A-Z])")  #: PLC. Exports …
LEAD_IN = re.compile(
    r"^(?:(?:Whereas|For|Against|Of|[IVX]{1,4}\.|(?:(?:[A-Z]\w+|the|of|on|to) )*"
    r"(?:Officer|President|Chairman|Chairwoman|CEO|Director|Head|Founder|Countermeasures)"
    r" (?:of|[Aa]gainst)|China of) )+"
)  # Chief Executive Officer of Example Systems, Inc.
Span = tuple[int, int]
MIN_HAN = 3  #: characters of an organisation's name, which has more
MIN_WORDS = 2  #: of a Latin name without a legal suffix; a single word is an abbreviation (BIS)


@dataclass(frozen=True, slots=True)
class Party:
    """A party and where it is named."""

    start: int
    zh: str
    en: str


def find_formed_parties(folded: str, start: int, end: int, lexicon: Lexicon) -> tuple[Party, ...]:
    """Return the names between two offsets that have the form of a party, each once, in order."""
    found: list[Party] = []
    # Addresses and other names stand below a name; they are no further parties.
    details = lexicon.get_pattern("entity.detail-line")
    folded = details.sub(lambda hit: " " * len(hit[0]), folded)
    taken = bytearray(len(folded))  #: 1 where a name stands already
    for (first, last), zh, en in _find_candidates(folded, start, end, lexicon):
        if any(taken[first:last]):
            continue
        taken[first:last] = b"\x01" * (last - first)
        found.append(Party(first, zh, LEAD_IN.sub("", SENTENCE_END.split(en)[0]).rstrip(" ,")))
    named: list[Party] = []
    by_opening: defaultdict[str, list[Party]] = defaultdict(list)  # names of one party begin alike
    for party in sorted(found, key=lambda party: party.start):
        openings = [name[:2] for name in (party.zh, party.en) if name]
        if not any(_is_same(party, other) for opening in openings for other in by_opening[opening]):
            named.append(party)
            for opening in openings:
                by_opening[opening].append(party)
    return tuple(named)


def _find_candidates(folded: str, start: int, end: int, lexicon: Lexicon) -> Iterator[tuple[Span, str, str]]:
    """Yield where each form stands, with the names in both scripts, the surest form first."""
    lead_in, no_party = lexicon.get_pattern("entity.lead-in"), lexicon.get_pattern("entity.no-party")
    office = lexicon.get_pattern("entity.title-before")
    for pattern in (PAIR, PAIR_BACK, ROW):
        for hit in pattern.finditer(folded, start, end):
            named = hit.groupdict()
            zh = named.get("zh") or named.get("zh_last") or ""
            en = named.get("en") or named.get("en_first") or ""
            at = folded.find(zh, hit.start(), hit.end()) if zh else hit.start()
            if not opens_line(folded, at, lexicon):
                zh = office.sub("", lead_in.sub("", zh))
            is_party = is_numbered(folded, at, lexicon) or not no_party.search(f"{zh} {en}")
            if len(zh) > 1 and _is_name(en) and is_party:
                yield hit.span(), zh, en
    persons = ((hit.span("en"), hit["en"]) for hit in PERSON.finditer(folded, start, end))
    listed = (
        *_find_inline(folded, start, end, lexicon),
        *_find_suffixed(folded, start, end),
        *persons,
        *_find_enumerated(folded, start, end),
    )
    for span, en in listed:
        if not no_party.search(en):
            yield span, "", en
    for hit in lexicon.get_pattern("entity.listed-organisation").finditer(folded, start, end):
        zh = lead_in.sub("", hit[hit.lastindex or 0])
        if len(zh) > MIN_HAN and not no_party.search(zh):
            yield hit.span(), zh, ""


def _find_inline(folded: str, start: int, end: int, lexicon: Lexicon) -> Iterator[tuple[Span, str]]:
    """Yield the names in Latin letters that a Chinese sentence lists, removes or takes measures against."""
    joint, act = lexicon.get_pattern("entity.name-joint"), lexicon.get_pattern("entity.act-behind-names")
    for lead in lexicon.get_pattern("entity.lead-to-names").finditer(folded, start, end):
        names: list[tuple[Span, str]] = []
        at: int | None = lead.end()
        while at is not None and (item := INLINE_ITEM.match(folded, at, end)):
            names.append((item.span(), item[0]))
            further = joint.match(folded, item.end(), end)
            at = further.end() if further else None
        if names and act.match(folded, names[-1][0][1]):
            yield from names


def _find_suffixed(folded: str, start: int, end: int) -> Iterator[tuple[Span, str]]:
    """Yield the names that a legal suffix ends, and those joined behind them."""
    reached = start
    for hit in SUFFIXED.finditer(folded, start, end):
        names = hit["en"].split(" and ")
        is_joined = all(len(name.split()) >= MIN_WORDS for name in names)
        yield from _place_names(folded, names if is_joined else [hit["en"]], hit.start())
        at = hit.end()
        while at > reached and (beside := NEIGHBOUR.match(folded, at, end)):
            yield beside.span(), beside["en"]
            at = beside.end()
        reached = max(reached, at)


def _find_enumerated(folded: str, start: int, end: int) -> Iterator[tuple[Span, str]]:
    """Yield the names that together are the subject of a measure, or stand behind the name of a list."""
    for pattern in (ENUMERATION, LISTED_BEHIND):
        for hit in pattern.finditer(folded, start, end):
            yield from _place_names(folded, JOINT.split(hit["names"]), hit.start())


def _place_names(folded: str, names: list[str], at: int) -> Iterator[tuple[Span, str]]:
    """Yield each of the joined names with its place, from an offset on."""
    for name in names:
        at = folded.index(name, at)
        yield (at, at + len(name)), name
        at += len(name)


def opens_line(folded: str, at: int, lexicon: Lexicon) -> bool:
    """Return whether a name opens a line of a list, behind its number at most: nothing leads in to it."""
    number = lexicon.get_pattern("entity.number-before")
    return number.fullmatch(folded, folded.rfind("\n", 0, at) + 1, at) is not None


def is_numbered(folded: str, at: int, lexicon: Lexicon) -> bool:
    """Return whether a name opens a numbered line, so that it is listed whatever it is called."""
    before = folded[folded.rfind("\n", 0, at) + 1 : at]
    return opens_line(folded, at, lexicon) and any(sign.isdigit() for sign in before)


def _is_name(en: str) -> bool:
    """Return whether a Latin name is more than an abbreviation."""
    return len(en.split()) >= MIN_WORDS or LEGAL_FORM.search(en) is not None


def _is_same(party: Party, other: Party) -> bool:
    """Return whether two mentions name one party, which a text names in full only once."""
    for name, known in ((party.zh, other.zh), (party.en, other.en)):
        if name and known and (name == known or known.startswith(name) or name.startswith(known)):
            return True
    return False
