"""Document numbers: every form in which notices write them, with lists and ranges expanded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.mentions.issuers import (
    blank_approvals,
    find_issuers,
    find_issuers_after,
    find_issuers_before,
    find_last_issuers,
)
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN, NUMERAL, parse_numeral
from controlwatch.core.model import DocumentNumber

YEAR = r"(\d{4}|[一二][〇○零一二三四五六七八九]{3})"
FIGURE = rf"(?:\d{{1,4}}(?!\d|%|\s*月)|{NUMERAL}{{1,6}}(?!{NUMERAL}|\s*月))"
_JOINT = r"(?:、|,|，|和|及|与|以及|至|到|-|~|－|—)"
_NOT_NUMBER = r"(?!\s*第?[一二三四五六七八九十\d]+[次批条款项部类期届章节])"  # …第9号，|第二次排除延期清单
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
)
FORM_FIRST = re.compile(
    rf"(公\s*告|令|(?:不可靠实体清单)?工作机制)\s*+(?:同年|当年)?(?:[（(]?[〔\[【(（]?\s*{YEAR}\s*[〕\]】)）]?\s*年?\s*)?"
    rf"((?:第\s*)?{FIGURE}\s*号?(?:\s*{_JOINT}{_NOT_NUMBER}\s*(?:\d{{4}}\s*年\s*)?(?:第\s*)?{FIGURE}\s*号?){{0,40}})"
)  # 公告2022年第55号、56号、2023年第7号 · 令二〇二五年第6号 · 工作机制〔2025〕4号 · 令第792号
NUMBER_FIRST_END = re.compile(
    r"号\s*(公告|令)"
)  # 第67|号公告: the list in front is searched for in a window, so that no list is read twice
NUMBER_FIRST = re.compile(
    rf"(?<![\d/])(?:{YEAR}\s*年?(?:的|那个|公布的|发布的|出台的)?\s*)?((?:第\s*)?{FIGURE}\s*号?(?:\s*{_JOINT}\s*(?:第\s*)?{FIGURE}\s*号?){{0,12}})\s*(公告|令)$"
)  # 2024年第67号公告 · 第19、20号公告 · 18号公告 · 2005年第29号令
CLAUSE_FIGURE = re.compile(r"(?:(?<=\n)|(?<=[\s。；：]))[一二三四五六七八九十]{1,3}、(?=第)")
#: The year that follows a number: No. 46, issued in December |2024| · 7号公告（|2029|年）
NUMBER_YEAR = re.compile(
    r"\s*[（(]\s*(20\d\d)\s*年?\s*[）)]|,?\s*(?:of|issued|published|released|dated|from)\s+(?:in\s+|on\s+)?(?:\d{1,2}\s+)?[A-Z][a-z]+\.?\s+(?:\d{1,2},\s*)?(20\d\d)\b"
)
NUMBER_DATED_BEFORE = re.compile(r"(20\d\d)年\d{1,2}月\d{1,2}日(?:公布|发布|印发|出台)的?[^，。；\d]{0,12}$")
LETTER_NUMBER = re.compile(
    r"[\u4e00-\u9fff]{2,14}[〔\[﹝]\s*\d{4}\s*[〕\]﹞]\s*第?\s*\d{1,5}\s*号"
)  # 工信部联安全函〔2025〕335号
#: A letter-style number begins with the issuing body's short form; verbs in front are not part of it.
LETTER_LEAD = re.compile(r"^.*(?:已随|随|见|根据|按照|关于|通知|文件|印发|以及|和|与|及|的|号)")
ENGLISH_NUMBER = re.compile(
    r"\b([Aa]nnouncement|[Aa]nn\.|[Nn]otice|[Oo]rder|[Dd]ecree|[Bb]ekanntmachung|ANNOUNCEMENT|NOTICE|ORDER|DECREE|公告)(?:s|en)?,?\s+(?:[\[(]?(\d{4})[\])]?,?\s+)?(\(?N(?:o|r)(?:s)?\.?\s*|Number\s+)?"
    rf"(\d{{1,3}}(?!\d|\s*(?:{_MONTHS})\b)(?:(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s*&\s*|\s*[-–]\s*|\s+to\s+)(?:No(?:s)?\.?\s*)?"
    rf"\d{{1,3}}(?![\d%]|st|nd|rd|th|\s*(?:{_MONTHS})\b))*)"
    r"(?:\s*/\s*(\d{4})\b|,?\s+(?:of|in|for|OF)\s+(\d{4})\b|,\s+(20\d\d)\b|\s*[\[(](?:[A-Z][a-z]+\.?\s+\d{1,2},\s+|\d{1,2}\s+[A-Z][a-z]+\s+)?(\d{4})[\])])?"
)  # Announcement No. 61 of 2025 · Announcements 55-58 · Announcement 70/2025 · Notice No.18 [2025]
ISSUER_FIRST = re.compile(
    r"\b(?:announcement|notice|order|decree|decision)s? (?:of|by) (?:the )?"
    r"((?:(?!\b(?:announcement|notice|order|decree|decision|on|to)s?\b)[^\n.()\[\]]){6,160}?),?\s*"
    r"(?:[(\[](?P<year>\d{4})[)\]],?\s*No\.?\s*(?P<n>\d{1,4})\b"
    r"|\(?No\.?\s*(?P<n_of>\d{1,4})(?:,?\s+(?:of|in)\s+|,\s+|\s*[\[(])(?P<of_year>20\d\d)\b)",
    re.IGNORECASE,
)  # Order of the Ministry of Commerce No. 2 of 2027 · … of the Working Mechanism (2026) No. 12
CANONICAL_NUMBER = re.compile(
    r"(?<![\w-])([A-Za-z]{2,8}(?:\s?[-/&]\s?[A-Za-z]{2,8})*)\s+(?:(Order)\s+)?[\[(]?(\d{4})[\])]?(?:\s*-\s*|\s+No\.?\s*)(\d{1,4})(?![\d-])",
    re.IGNORECASE,
)  # MOFCOM-GACC 2025-18 · MOFCOM Order 2025-6 · UEL 2025-10
STATE_COUNCIL_ORDER = re.compile(
    r"\bState Council (?:Order|Decree)(?: No\.?)?\s*(\d{1,4})\b", re.IGNORECASE
)  # State Council Order 792
#: The number of a notice that is named by its title: 《交通运输部关于…的公告》（2027年第41号）
TITLED_NUMBER = re.compile(
    rf"《([^《》\n]{{4,90}}(?:公告|令))》\s*[（(]\s*{YEAR}\s*年\s*第\s*({FIGURE})\s*号"
)
#: Numbers whose issuers follow in brackets: 2027年第31号、32号（商务部、海关总署公告）
ISSUERS_BEHIND = re.compile(
    rf"{YEAR}\s*年\s*((?:第\s*)?{FIGURE}\s*号(?:\s*{_JOINT}\s*(?:第\s*)?{FIGURE}\s*号){{0,12}})\s*"
    rf"[（(]([^（）()\n]{{2,40}}?)公告[）)]"
)
#: A number of which only the figure is given, after others of its kind: 对第21号（4月9日公布）所涉实体
ELIDED_NUMBER = re.compile(
    rf"(?:(?:(?<=[对和及、与])|(?<=暂停)|(?<=恢复)|(?<=实施))第|(?<=）、)第?)\s*({FIGURE})\s*号(?=[（(所附]|规定|列|中)"
)
BARE_NUMBER = re.compile(r"(\d{4})\s*[-年]\s*(?:第\s*)?(\d{1,4})\s*号?")  # 2025-18 · 2025年第18号
RANGE_WORD = re.compile(r"(?:至|到|-|~|－|—|–|\bto\b)")  # 第15至17号
JOINTLY_WITH = re.compile(r"\bjointly with\b", re.IGNORECASE)
TOGETHER_WITH = re.compile(r"([\u4e00-\u9fff]{2,16})会同$")
LIST_PIECE = re.compile(
    rf"({_JOINT}|\band\b|\bto\b|&|–)?\s*(?:(\d{{4}})\s*年\s*)?(?:第|No(?:s)?\.?)?\s*({FIGURE})"
)
MECHANISM_NAME = "不可靠实体清单工作机制"
EXPORT_CONTROL_WORDS = re.compile(
    r"\bexport (?:controls?|curbs?|restrictions?|licen[cs])|\bdual-use\b|出口管制|两用物项", re.IGNORECASE
)
NUMBER_LIMIT = 1900  #: a "number" beyond is a year: 2024-2025
TAIL_WINDOW = 60  #: characters before 号公告 that its list can take up
MAX_MENTIONS = 500  #: a text that names more numbers is not a notice
MAX_RANGE = 30  #: a longer "range" is something else
LEAD_LENGTH = 800  #: characters in which a text names the authority that it is about


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
        start, issuers = find_issuers_before(folded, self.start, lexicon)
        leads = TOGETHER_WITH.search(folded[max(0, start - 30) : start]) if issuers else None
        if leads:  # 商务部今天会同海关总署发布2026年第52号公告
            issuers = tuple(dict.fromkeys((*find_issuers(leads[1], lexicon), *issuers)))
        if not issuers and folded.startswith(MECHANISM_NAME, self.start):
            issuers = ("UELWM",)
        numbers: list[tuple[int, str | None]] = []
        year: str | None = None
        for piece in LIST_PIECE.finditer(self.figures):
            n = parse_numeral(piece[3])
            if n is None:
                continue
            year = piece[2] or year
            last = numbers[-1][0] if numbers else n
            if piece[1] and RANGE_WORD.fullmatch(piece[1]) and 0 < n - last <= MAX_RANGE:
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
    for listed in _find_number_lists(folded):
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
    return tuple(
        mention
        if (number := mention.number).letter or number.series
        else replace(
            mention,
            number=full[number.key] if number.issuers else by_figures.get((number.year, number.n), number),
        )
        for mention in filled
    )


def assign_ministry_series(found: Iterable[NumberMention], folded: str) -> tuple[NumberMention, ...]:
    """Give numbers that a report of export controls leaves without an issuer to the ministry's series.

    The Export Control Law makes the Ministry of Commerce the authority that announces them; a
    headline says "Announcement No. 40 of 2026" and no more. The reader adds a doubt.
    """
    if not EXPORT_CONTROL_WORDS.search(folded):
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
    found = next(iter(find_number_mentions(text, lexicon)), None)
    if found is not None:
        return found.number
    bare = BARE_NUMBER.fullmatch(text.title.strip())
    return DocumentNumber(year=int(bare[1]), n=int(bare[2])) if bare else None


def _find_number_lists(folded: str) -> Iterator[NumberList]:
    """Yield the lists, most of a single number, in the Chinese forms and in the English one."""
    for hit in FORM_FIRST.finditer(folded):
        # 公告4: without a year the list must contain 号, otherwise it is any figure after the word.
        if hit[2] or "号" in hit[3]:
            yield NumberList(
                start=hit.start(), end=hit.end(), year=hit[2], figures=hit[3], is_order=hit[1] == "令"
            )
    for tail in NUMBER_FIRST_END.finditer(folded):
        left = max(0, tail.start() - TAIL_WINDOW)
        listed = NUMBER_FIRST.search(folded[left : tail.end()])
        if listed:
            start, figures = left + listed.start(), listed[2]
            if not listed[1] and (clause := CLAUSE_FIGURE.match(folded, start)):  # 一、|第10号公告
                start, figures = clause.end(), figures[clause.end() - start :]
            yield NumberList(
                start=start, end=tail.end(), year=listed[1], figures=figures, is_order=listed[3] == "令"
            )
    for hit in ENGLISH_NUMBER.finditer(folded):
        year = next((group for group in (hit[2], *hit.groups()[4:]) if group), None)
        # "the notice 30 days before": in lower case it needs "No." or a year.
        if hit[3] or year or not hit[1][0].islower():
            is_order = hit[1].lower() in {"order", "decree"}
            yield NumberList(start=hit.start(), end=hit.end(), year=year, figures=hit[4], is_order=is_order)


def _find_single_numbers(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield the numbers in the forms that are no list behind the word for their form."""
    for find_form in (_find_letters, _find_named, _find_elided, _find_issuer_first, _find_canonical):
        yield from find_form(folded, lexicon)


def _find_letters(folded: str, _lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield letter-style numbers: 工信部联安全函〔2025〕335号."""
    for hit in LETTER_NUMBER.finditer(folded):
        head = re.split(r"[〔\[﹝]", hit[0])[0]
        if not re.sub(r"\s", "", head).endswith(("公告", "令", "工作机制", "编号为", "编号", "为")):
            lead = LETTER_LEAD.match(head)
            start = hit.start() + (lead.end() if lead else 0)
            number = DocumentNumber(letter=re.sub(r"\s", "", folded[start : hit.end()]))
            yield NumberMention(start=start, end=hit.end(), number=number)


def _find_named(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield numbers whose issuers stand in the title before them, or in brackets behind them."""
    for hit in TITLED_NUMBER.finditer(folded):
        n, year = parse_numeral(hit[3]), parse_numeral(hit[2])
        if n and year:
            issuers = find_issuers(hit[1], lexicon)
            number = DocumentNumber(
                issuers=issuers, series="Order" if hit[1].endswith("令") else "", year=year, n=n
            )
            yield NumberMention(start=hit.start(2), end=hit.end(), number=number)
    for hit in ISSUERS_BEHIND.finditer(folded):
        listed = NumberList(start=hit.start(), end=hit.end(), year=hit[1], figures=hit[2], is_order=False)
        issuers = find_issuers(hit[3], lexicon)
        for mention in listed.expand(folded, lexicon):
            yield replace(mention, start=hit.start(), number=replace(mention.number, issuers=issuers))


def _find_elided(folded: str, _lexicon: Lexicon) -> Iterator[NumberMention]:
    """Yield figures that follow a number of the same kind: 、22号."""
    for hit in ELIDED_NUMBER.finditer(folded):
        n = parse_numeral(hit[1])
        if n:
            yield NumberMention(start=hit.start(), end=hit.end(), number=DocumentNumber(n=n))


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
        if len(issuers) == len(codes) and int(hit[4]) < NUMBER_LIMIT:
            series = "Order" if hit[2] else ""
            number = DocumentNumber(issuers=issuers, series=series, year=int(hit[3]), n=int(hit[4]))
            yield NumberMention(start=hit.start(), end=hit.end(), number=number)
    for hit in STATE_COUNCIL_ORDER.finditer(folded):
        number = DocumentNumber(issuers=("State Council",), series="Order", n=int(hit[1]))
        yield NumberMention(start=hit.start(), end=hit.end(), number=number)


def _fill_elided_parts(
    found: Iterable[NumberMention], text: DocumentText, lexicon: Lexicon, own_year: int | None
) -> Iterator[NumberMention]:
    """Fill what a number elides: issuers and year from the sentence, then from the number before it."""
    named_in_full: dict[tuple[int | None, str], DocumentNumber] = {}
    default = (find_issuers(text.title, lexicon) or find_issuers(text.folded_text[:LEAD_LENGTH], lexicon))[:1]
    last: DocumentNumber | None = None
    for mention in found:
        number = mention.number
        before = named_in_full.get((number.n, number.series)) if number.n else None
        if before and not number.letter and not number.issuers and number.year in {None, before.year}:
            number = before  # 第10号公告, named in full before
        elif number.letter is None:
            issuers = number.issuers or _find_elided_issuers(mention, text, lexicon, last)
            year = number.year
            if not year and issuers[:1] != ("State Council",):
                told = _find_year_beside(text, mention)
                named = told or _find_year_in_sentence(text, mention, own_year)
                if number.series != "Order" or (named and issuers[:1] == ("MOFCOM",)):
                    near = last.year if last and last.series == number.series and not told else None
                    year = near or named or own_year
            number = normalize_series(replace(number, issuers=issuers or default, year=year))
        if mention.number.issuers and number.year:
            named_in_full.setdefault((number.n, number.series), number)
        last = number
        if number.letter or number.year or number.series:
            yield replace(mention, number=number)


def _find_year_beside(text: DocumentText, mention: NumberMention) -> int | None:
    """Return the year right behind a number, or of the day right before it, on which it was issued."""
    if behind := NUMBER_YEAR.match(text.folded_text, mention.end):
        return int(behind[1] or behind[2])
    before = NUMBER_DATED_BEFORE.search(text.folded_text[max(0, mention.start - 30) : mention.start])
    return int(before[1]) if before else None


def _find_year_in_sentence(text: DocumentText, mention: NumberMention, own_year: int | None) -> int | None:
    """Return the year of the first day of the sentence that does not lie ahead of the text's own year."""
    words = text.find_sentence(mention.start).words[:400]
    years = (word.day.year for word in find_date_mentions(words) if word.day)
    return next((year for year in years if not own_year or year <= own_year), None)


def _find_elided_issuers(
    mention: NumberMention, text: DocumentText, lexicon: Lexicon, last: DocumentNumber | None
) -> tuple[str, ...]:
    """Return the issuers of a number printed without: the first place that names any decides."""
    if behind := find_issuers_after(text.folded_text, mention.end, lexicon):
        return behind
    sentence = text.find_sentence(mention.start)
    before = blank_approvals(text.folded_text[sentence.start : mention.start])
    if named := find_issuers(before, lexicon):
        if "会同" in before:
            return named[:1]
        is_english = text.folded_text[mention.start].isascii()
        return named if is_english else find_last_issuers(before, lexicon)
    if last is None:
        return _find_issuers_in_english(sentence.words, lexicon)
    if last.letter:
        return ()
    return last.issuers[:1] if mention.number.year != last.year else last.issuers


def _find_issuers_in_english(words: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the issuers that an English sentence names behind the number: Announcement No. 58 by MOFCOM."""
    named = () if HAN.search(words) else find_issuers(blank_approvals(words), lexicon)
    # "Issued jointly with the customs administration": by the ministry.
    is_joint = JOINTLY_WITH.search(words) and "MOFCOM" not in named
    return ("MOFCOM", *named) if named and is_joint else named


def normalize_series(parts: DocumentNumber) -> DocumentNumber:
    """Return the number with the working mechanism's series as UEL, and State Council orders without year."""
    if "UELWM" in parts.issuers:
        return replace(parts, issuers=("UEL",), series="")
    if parts.series == "Order" and parts.issuers[:1] == ("State Council",):
        return replace(parts, year=None)
    return parts
