"""Document numbers: every form in which notices write them, with lists and ranges expanded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.mentions.issuers import (
    find_default_issuers,
    find_elided_issuers,
    find_issuers,
    find_issuers_after,
    find_issuers_before,
)
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import parse_numeral
from controlwatch.core.model import DocumentNumber

ISSUER_FIRST = re.compile(
    r"\b(?:announcement|notice|order|decree|decision)s? (?:of|by) (?:the )?"
    r"((?:(?!\b(?:announcement|notice|order|decree|decision|on|to)s?\b)[^\n.()\[\]]){6,160}?),?\s*"
    r"(?:[(\[](?P<year>\d{4})[)\]],?\s*No\.?\s*(?P<n>\d{1,4})\b"
    r"|\(?No\.?\s*(?P<n_of>\d{1,4})(?:,?\s+(?:of|in)\s+|,\s+|\s*[\[(])(?P<of_year>20\d\d)\b)",
    re.IGNORECASE,
)  # Order of the Ministry of Commerce No. 2 of 2027 · … of the Working Mechanism (2026) No. 12
CANONICAL_NUMBER = re.compile(
    r"(?<![\w-])([A-Za-z]{2,8}(?:\s?[-/&]\s?[A-Za-z]{2,8})*)\s+(?:(Order)\s+)?(?:[\[(]?(\d{4})[\])]?(?:\s*-\s*|\s+No\.?\s*)(\d{1,4})(?![\d-])"
    r"|No\.?\s*(?P<n>\d{1,4})(?:/|\s+of\s+|,\s*)(?P<year>20\d\d)\b)",
    re.IGNORECASE,
)  # MOFCOM-GACC 2025-18 · MOFCOM Order 2025-6 · UEL 2025-10
STATE_COUNCIL_ORDER = re.compile(
    r"\bState Council (?:Order|Decree)(?: No\.?)?\s*(\d{1,4})\b", re.IGNORECASE
)  # State Council Order 792
ORDER_FORM = "令"
MECHANISM_NAME = "不可靠实体清单工作机制"
CALLED_FORMS = 9  #: of a number apart from the word for its form, each with its groups in the pattern
LIST_NAME = "不可靠实体清单"
NUMBER_LIMIT = 1900  #: a "number" beyond is a year: 2024-2025
TAIL_WINDOW = 60  #: characters before 号公告 that its list can take up
MAX_MENTIONS = 500  #: a text that names more numbers is not a notice
MAX_RANGE = 30  #: a longer "range" is something else
RECALLED_FIGURE = re.compile(
    r"\bNo\. ?(\d{1,3})\b(?!\.?\d| of \d| of the|,? [\[(]?20\d\d)"
)  #: announced in No. 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberMention:
    """A document number and its place in the text."""

    start: int  #: of the issuers, where they come right before the number
    end: int
    number: DocumentNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberList:
    """One or several numbers of one form, as printed: 公告2022年第55号、56号."""

    start: int
    end: int
    year: str | None
    figures: str
    is_order: bool

    def expand(self, folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
        """Yield every number of a list such as 第55号、56号 or 15-17, all with the span of the whole."""
        get_pattern = lexicon.get_pattern
        start, issuers = find_issuers_before(folded, self.start, lexicon)
        leads = get_pattern("number.together-with").search(folded[max(0, start - 30) : start])
        if leads and issuers:  # 商务部今天会同海关总署发布2026年第52号公告
            issuers = tuple(dict.fromkeys((*find_issuers(leads[1], lexicon), *issuers)))
        if not issuers and folded.startswith(MECHANISM_NAME, self.start):
            issuers = ("UELWM",)
        numbers: list[tuple[int, str | None]] = []
        year: str | None = None
        for piece in get_pattern("number.list-piece").finditer(self.figures):
            n = parse_numeral(piece[3])
            if n is None:
                continue
            year = piece[2] or year
            last = numbers[-1][0] if numbers else n
            if (
                piece[1]
                and get_pattern("number.range-word").fullmatch(piece[1])
                and 0 < n - last <= MAX_RANGE
            ):
                numbers += [(between, year) for between in range(last + 1, n)]
            numbers.append((n, year))
        for n, own_year in dict.fromkeys(numbers):
            if n < NUMBER_LIMIT:
                printed = own_year or self.year
                number = DocumentNumber(
                    issuers=issuers,
                    series="Order" if self.is_order else "",
                    year=parse_numeral(printed) if printed else None,
                    n=n,
                )
                yield NumberMention(start=start, end=self.end, number=number)


def find_number_mentions(
    text: DocumentText, lexicon: Lexicon, *, year: int | None = None
) -> tuple[NumberMention, ...]:
    """Return the numbers a text names, in order; `year` is the text's own, for numbers without one.

    A number that is named in full once is written in full everywhere: a headline leaves joint issuers out.
    """
    folded = text.folded_text[: text.related_links_start]
    found: list[NumberMention] = []
    for listed in _find_number_lists(folded, lexicon):
        found += listed.expand(folded, lexicon)
    found += _find_single_numbers(folded, lexicon)
    kept: list[NumberMention] = []
    for mention in sorted(found, key=lambda found: (found.start, -found.end))[:MAX_MENTIONS]:
        # Numbers of one list share their span; another match of the same words does not count.
        overlaps = bool(kept) and mention.start < kept[-1].end
        if not overlaps or (mention.start, mention.end) == (kept[-1].start, kept[-1].end):
            kept.append(mention)
    filled = tuple(_fill_elided_parts(kept, text, lexicon, year))
    full: dict[str, DocumentNumber] = {}
    for number in (mention.number for mention in filled):
        key = number.key
        if key not in full or len(number.issuers) > len(full[key].issuers):
            full[key] = number
    by_figures = {(n.year, n.n): n for n in full.values() if n.issuers and not n.series}
    completed = (
        mention
        if (number := mention.number).letter or number.series
        else replace(
            mention,
            number=full[number.key] if number.issuers else by_figures.get((number.year, number.n), number),
        )
        for mention in filled
    )
    return _add_recalled_figures(tuple(completed), folded)


def _add_recalled_figures(known: tuple[NumberMention, ...], folded: str) -> tuple[NumberMention, ...]:
    """Add the places where figures alone recall a number named before: the measures announced in No. 5."""
    first: dict[int, list[NumberMention]] = {}
    for mention in known:
        if mention.number.n and mention.number.key not in {
            m.number.key for m in first.get(mention.number.n, ())
        }:
            first.setdefault(mention.number.n, []).append(mention)
    added = [
        NumberMention(start=hit.start(), end=hit.end(), number=first[n][0].number)
        for hit in RECALLED_FIGURE.finditer(folded)
        if len(first.get(n := int(hit[1]), ())) == 1
        and first[n][0].end <= hit.start()
        and not any(mention.start < hit.end() and hit.start() < mention.end for mention in known)
    ]
    return tuple(sorted((*known, *added), key=lambda mention: mention.start)) if added else known


def assign_ministry_series(
    found: Iterable[NumberMention], folded: str, lexicon: Lexicon
) -> tuple[NumberMention, ...]:
    """Give numbers that a report of export controls leaves without an issuer to the ministry's series.

    The Export Control Law makes the Ministry of Commerce the authority that announces them; a
    headline says "Announcement No. 40 of 2026" and no more. The reader adds a doubt.
    """
    if not lexicon.get_pattern("number.export-control").search(folded):
        return tuple(found)
    return tuple(
        replace(mention, number=replace(mention.number, issuers=("MOFCOM",)))
        if lacks_issuer(mention)
        else mention
        for mention in found
    )


def lacks_issuer(mention: NumberMention) -> bool:
    """Return whether the number of an announcement is given without an issuer."""
    parts = mention.number
    return not (parts.issuers or parts.series or parts.letter)


def parse_number(typed: str, lexicon: Lexicon) -> DocumentNumber | None:
    """Return a number as a person types it, or None. `2025-18` has no issuers.

    >>> parse_number("mofcom-gacc 2025-18", lexicon).canonical
    'MOFCOM-GACC 2025-18'
    """
    text = DocumentText.from_parts(" ".join(typed.split()), "")
    bare = lexicon.get_pattern("number.bare").fullmatch(text.title.strip())
    if bare is not None:
        return DocumentNumber(year=int(bare[1]), n=int(bare[2]))
    found = next(iter(find_number_mentions(text, lexicon)), None)
    return found.number if found is not None else None


def _find_number_lists(folded: str, lexicon: Lexicon) -> Iterator[NumberList]:
    """Yield the lists, most of a single number, in the Chinese forms and in the English one."""
    get_pattern = lexicon.get_pattern
    for hit in get_pattern("number.form-first").finditer(folded):
        # 公告4: without a year the list must contain 号, otherwise it is any figure after the word.
        if hit[2] or "号" in hit[3]:
            yield NumberList(
                start=hit.start(), end=hit.end(), year=hit[2], figures=hit[3], is_order=hit[1] == ORDER_FORM
            )
    for tail in get_pattern("number.number-first-end").finditer(folded):
        left = max(0, tail.start() - TAIL_WINDOW)
        listed = get_pattern("number.number-first").search(folded[left : tail.end()])
        if listed:
            start, figures = left + listed.start(), listed[2]
            if not listed[1] and (
                clause := get_pattern("number.clause-figure").match(folded, start)
            ):  # 一、|第10号公告
                start, figures = clause.end(), figures[clause.end() - start :]
            yield NumberList(
                start=start, end=tail.end(), year=listed[1], figures=figures, is_order=listed[3] == ORDER_FORM
            )
    for hit in get_pattern("number.english").finditer(folded):
        year = next((group for group in (hit[2], *hit.groups()[4:]) if group), None)
        # "the notice 30 days before": in lower case it needs "No." or a year.
        if hit[3] or year or not hit[1][0].islower():
            is_order = hit[1].lower() in {"order", "decree"}
            yield NumberList(start=hit.start(), end=hit.end(), year=year, figures=hit[4], is_order=is_order)


def _find_single_numbers(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield the numbers in the forms that stand alone behind the word for their form."""
    for find_form in (
        _find_letters,
        _find_named,
        _find_called,
        _find_without_form,
        _find_elided,
        _find_issuer_first,
        _find_canonical,
    ):
        yield from find_form(folded, lexicon)


def _find_letters(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield letter-style numbers: 工信部联安全函〔2025〕335号."""
    get_pattern = lexicon.get_pattern
    for hit in get_pattern("number.letter").finditer(folded):
        head = re.split(r"[〔\[﹝]", hit[0])[0]
        if not get_pattern("number.not-letter-before").search(re.sub(r"\s", "", head)):
            lead = get_pattern("number.letter-lead").match(head)
            start = hit.start() + (lead.end() if lead else 0)
            if start == hit.start() + len(head):  # 前述〔2028〕4号公告: no office stands before it
                continue
            number = DocumentNumber(letter=re.sub(r"\s", "", folded[start : hit.end()]))
            yield NumberMention(start=start, end=hit.end(), number=number)


def _find_named(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield numbers whose issuers stand in the title before them, or in brackets behind them."""
    get_pattern = lexicon.get_pattern
    for hit in get_pattern("number.titled").finditer(folded):
        n, year = parse_numeral(hit[3]), parse_numeral(hit[2])
        if n and year:
            issuers = find_issuers(hit[1], lexicon)
            number = DocumentNumber(
                issuers=issuers, series="Order" if hit[1].endswith(ORDER_FORM) else "", year=year, n=n
            )
            yield NumberMention(start=hit.start(2), end=hit.end(), number=number)
    for hit in get_pattern("number.issuers-within").finditer(folded):
        n, year = parse_numeral(hit[3]), parse_numeral(hit[2])
        if n and year and (issuers := find_issuers(hit[1], lexicon)):
            number = DocumentNumber(issuers=issuers, year=year, n=n)
            yield NumberMention(start=hit.start(1), end=hit.end() - 1, number=number)
    for hit in get_pattern("number.issuers-behind").finditer(folded):
        listed = NumberList(start=hit.start(), end=hit.end(), year=hit[1], figures=hit[2], is_order=False)
        issuers = find_issuers(hit[3], lexicon)
        for mention in listed.expand(folded, lexicon):
            yield replace(mention, start=hit.start(), number=replace(mention.number, issuers=issuers))


def _find_called(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield numbers that are given apart from the word for their form: the notice, numbered 62 for 2026."""
    for hit in lexicon.get_pattern("number.called").finditer(folded):
        year = next(hit[f"y{i}"] for i in range(1, CALLED_FORMS + 1) if hit[f"y{i}"])
        n = next(hit[f"n{i}"] for i in range(1, CALLED_FORMS + 1) if hit[f"n{i}"])
        issuers = ("UEL",) if hit["y9"] or (hit["y3"] and LIST_NAME in folded) else ()
        number = DocumentNumber(issuers=issuers, year=int(year), n=int(n))
        yield NumberMention(start=hit.start(), end=hit.end(), number=number)


def _find_without_form(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield numbers right behind their issuers, as people write to each other: 商务部海关2027年88号."""
    for hit in lexicon.get_pattern("number.without-form").finditer(folded):
        start, issuers = find_issuers_before(folded, hit.start(), lexicon)
        if issuers:
            named = (*issuers, "GACC") if hit["customs"] else issuers
            number = DocumentNumber(
                issuers=tuple(dict.fromkeys(named)), year=int(hit["year"]), n=int(hit["n"])
            )
            yield NumberMention(start=start, end=hit.end(), number=number)


def _find_elided(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield figures that follow a number of the same kind: 、22号."""
    for hit in lexicon.get_pattern("number.elided").finditer(folded):
        n = parse_numeral(hit[1] or hit["behind"] or hit["n"])
        if n:
            number = DocumentNumber(year=int(hit["year"]) if hit["year"] else None, n=n)
            yield NumberMention(start=hit.start(), end=hit.end(), number=number)


def _find_issuer_first(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield numbers of the English form Order of the Ministry of Commerce No. 2 of 2027."""
    for hit in ISSUER_FIRST.finditer(folded):
        if issuers := find_issuers(hit[1], lexicon):
            series = "Order" if hit[0].lower().startswith(("order", "decree")) else ""
            n, year = int(hit["n"] or hit["n_of"]), int(hit["year"] or hit["of_year"])
            number = DocumentNumber(issuers=issuers, series=series, year=year, n=n)
            yield NumberMention(start=hit.start(), end=hit.end(), number=number)


def _find_canonical(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield numbers as this program writes them, and those of State Council orders."""
    known = {issuer.code.upper(): issuer.code for issuer in lexicon.issuers} | {"UEL": "UEL", "UELWM": "UEL"}
    for hit in CANONICAL_NUMBER.finditer(folded):
        codes = [known.get(code.upper()) for code in re.split(r"\s?[-/&]\s?", hit[1])]
        issuers = tuple(code for code in codes if code)
        n, year = int(hit[4] or hit["n"]), int(hit[3] or hit["year"])
        if len(issuers) == len(codes) and n < NUMBER_LIMIT:
            series = "Order" if hit[2] else ""
            number = DocumentNumber(issuers=issuers, series=series, year=year, n=n)
            yield NumberMention(start=hit.start(), end=hit.end(), number=number)
    for hit in STATE_COUNCIL_ORDER.finditer(folded):
        number = DocumentNumber(issuers=("State Council",), series="Order", n=int(hit[1]))
        yield NumberMention(start=hit.start(), end=hit.end(), number=number)


def _fill_elided_parts(
    found: Iterable[NumberMention], text: DocumentText, lexicon: Lexicon, own_year: int | None
) -> Iterator[NumberMention]:
    """Fill what a number elides: issuers and year from the sentence, then from the number before it."""
    named_in_full: dict[tuple[int | None, str], DocumentNumber] = {}
    default = find_default_issuers(text, lexicon)
    last: DocumentNumber | None = None
    heading: DocumentNumber | None = None  #: the last one that opened a paragraph, without its year
    line = 0
    for mention in found:
        start = text.folded_text.rfind("\n", 0, mention.start) + 1
        opens, line = start > line, start
        if opens and heading and not mention.number.year and not mention.number.letter:
            last = heading  # the next item of a series (第18号公告 … 第19号公告), not of what was cited since
        number = mention.number
        before = named_in_full.get((number.n, number.series)) if number.n else None
        told = None if number.year else _find_year_beside(text, mention, own_year, lexicon)
        is_known = before is not None and (number.year or told) in {None, before.year}
        if before and is_known and not number.letter and not number.issuers:
            # 第10号公告, named in full before; a subject line leaves the issuers to the text.
            behind = find_issuers_after(text.folded_text, mention.end, lexicon)
            is_fuller = len(behind) > len(before.issuers)
            number = replace(before, issuers=behind) if is_fuller else before
        elif number.letter is None:
            issuers = number.issuers or find_elided_issuers(
                (mention.start, mention.end), number.year, text, lexicon, last
            )
            year = number.year
            if not year and issuers[:1] != ("State Council",):
                named = told or _find_year_in_sentence(text, mention, own_year, lexicon)
                if number.series != "Order" or (named and issuers[:1] == ("MOFCOM",)):
                    near = last.year if last and last.series == number.series and not told else None
                    year = near or named or own_year
            number = normalize_series(replace(number, issuers=issuers or default, year=year))
        if number.issuers and number.year and (mention.number.issuers or mention.number.year or told):
            named_in_full.setdefault((number.n, number.series), number)
        last = number
        if opens and not (mention.number.year or mention.number.letter):
            heading = number
        if number.letter or number.year or number.series:
            yield replace(mention, number=number)


def _find_year_beside(
    text: DocumentText, mention: NumberMention, own_year: int | None, lexicon: Lexicon
) -> int | None:
    """Return the year right behind a number, that of one joined to it, or of the day or year before it."""
    get_pattern = lexicon.get_pattern
    if behind := get_pattern("number.year-behind").match(text.folded_text, mention.end):
        return int(next(filter(None, behind.groups())))
    words = text.folded_text[max(0, mention.start - 30) : mention.start]
    if before := get_pattern("number.dated-before").search(words):
        return int(before[1])
    relative = get_pattern("number.relative-year-before").search(words)
    if relative is None or not (relative["year"] or relative["opening"] or own_year):
        return None
    printed = relative["year"] or relative["opening"]
    return int(printed) if printed else (own_year or 0) - bool(relative["last"])


def _find_year_in_sentence(
    text: DocumentText, mention: NumberMention, own_year: int | None, lexicon: Lexicon
) -> int | None:
    """Return the year of the first day of the sentence that does not lie ahead of the text's own year."""
    words = text.find_sentence(mention.start).words[:400]
    years = (word.day.year for word in find_date_mentions(words, lexicon) if word.day)
    return next((year for year in years if not own_year or year <= own_year), None)


def normalize_series(parts: DocumentNumber) -> DocumentNumber:
    """Return the number with the working mechanism's series as UEL, and State Council orders without year."""
    if "UELWM" in parts.issuers:
        return replace(parts, issuers=("UEL",), series="")
    if parts.series == "Order" and parts.issuers[:1] == ("State Council",):
        return replace(parts, year=None)
    return parts
