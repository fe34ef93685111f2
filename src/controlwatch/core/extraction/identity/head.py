"""The head of a document: consecutive lines of issuers, form, number and subject, in any order.

商务部 海关总署 / 公 告 / 2028年第64号 / 关于…的公告 · MINISTRY OF COMMERCE / Order No. 5 of 2027
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from controlwatch.core.extraction.mentions.issuers import find_issuers, remove_issuer_names
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN, parse_numeral
from controlwatch.core.model import DocumentNumber

MAX_LINE = 220  #: characters; a longer line is a paragraph
MAX_NUMBERED_LINE = 480  #: characters of a line that opens with the number and names many issuers
NUMBERED_START = re.compile(
    r"(?:Joint )?(?:Announcement|Notice|Order|Decree)(?: No\. ?\d| (?:of|by) the )", re.IGNORECASE
)
MAX_HEAD_LINES = 12
MAX_BROKEN = 50  #: characters of the second line of a broken title
MAX_BARS = 1  #: a line with more is the navigation of a page
MAX_GAP = 2  #: lines of the page (source, size of type) within a head
FIRST_COMMON_YEAR = 1000  #: a year before it is one of the Republic's calendar: 117年第13号
REPUBLIC_YEARS = 1911  #: the first year of the Republic's calendar is 1912
#: A page's remark, or that of the person who passes a text on: 【转载】（转发）转发：
PAGE_TAG = re.compile(
    r"^(?:(?:法规|公告|文件)?(?:名称|标题|题名)[:：](?:中国大陆)?|【[^【】]{1,12}】|[（(](?:转载|转发|转)[)）]"
    r"|(?:转发|转载)[:：])+"
)
SENTENCE = re.compile(r"[。；]|[a-z]{2}\.(?: [A-Z]|$)")
ITEM_OF_DIGEST = re.compile(r"\d{1,2}[.)] [A-Z]")  # 1. China - MOFCOM Announcement No. 5: controls on …
MARKUP = re.compile(r"^[#>*\s|「『“]+|[*\s|]+$")
FINITE = re.compile(
    r"\b(?:suspends?|imposes?|tightens?|adds|removes|lifts|bans|extends|resumes|announce[sd]|issue[sd]|release[sd]"
    r"|publishe[sd]|says|said|brings|takes|puts|places|covers|requires|subjects|introduces|amends|repeals|lists|widens"
    r"|expands|restricts|prohibits|allows|has|have|will|was|were|is|are)\b|\?",
    re.IGNORECASE,
)
ENGLISH_SUBJECT = re.compile(
    r"\b(?:on|regarding|concerning) (?:the )?(?=[A-Z])"
)  # Announcement |on Resuming …
APPENDED_NUMBER = re.compile(
    r"[(\[](?:Announcement )?No\. ?\d{1,4}(?: of |, )\d{4}[)\]]$"
)  # … on Resuming Imports (No. 11 of 2028)
#: No. 23 of 2028 – Conditional Resumption of … · No. 38 of 2028 (General Licences)
SUBJECT_MARK = re.compile(r"^(?!By\b|Under\b|In\b|Per\b|See\b).*\d[\])]? ?(?:[–—:]|-(?= )|\([A-Z][^()]*\)$)")
ENGLISH_YEAR = re.compile(r"(?<![\d-])((?:19|20)\d\d)(?![\d-])")
ENGLISH_DAY = re.compile(
    r"\b(?:\d{1,2}\s+)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+(?:\d{1,2},?\s+)?(?:19|20)\d\d\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadLine:
    """A line of a head, and what stands on it."""

    start: int
    end: int
    issuers: tuple[str, ...] = ()
    form: str = ""  #: 公告, 令, 通知, announcement, order …
    year: int | None = None
    figure: int | None = None
    letter: str = ""  #: a letter-style number
    subject: str = ""
    is_page: bool = False  #: printed by the page: it may stand within a head
    is_loose: bool = False  #: any words may follow the number: below must stand an issuer's own text

    @property
    def is_part(self) -> bool:
        """Whether the line is part of a head."""
        return bool(self.issuers or self.form or self.figure or self.letter or self.subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHead:
    """The head of a document."""

    start: int
    end: int
    lines: tuple[HeadLine, ...] = field(default=())

    @property
    def issuers(self) -> tuple[str, ...]:
        """The codes of its issuers, in order."""
        return tuple(dict.fromkeys(code for line in self.lines for code in line.issuers))

    @property
    def form(self) -> str:
        """The word for its form; that of the subject counts where no line of its own has one."""
        return next((line.form for line in self.lines if line.form), "")

    @property
    def subject(self) -> str:
        """What it is on, in one line."""
        return " ".join(line.subject for line in self.lines if line.subject)

    @property
    def numbered(self) -> HeadLine | None:
        """The line with its number."""
        return next((line for line in self.lines if line.letter or line.figure), None)

    def build_number(self, year: int | None, lexicon: Lexicon) -> DocumentNumber | None:
        """Return its number; `year` is used where the head states none."""
        line = self.numbered
        if line is None:
            return None
        if line.letter:
            return DocumentNumber(letter=re.sub(r"\s", "", line.letter))
        issuers = line.issuers or self.issuers
        above = [found.form for found in self.lines if found.form and found.start <= line.start]
        is_order = lexicon.get_pattern("head.order").search(above[-1] if above else self.form) is not None
        if not issuers or "NPCSC" in issuers:  # laws are promulgated by the President's orders
            return None
        if "UELWM" in issuers or "UEL" in issuers:
            return DocumentNumber(issuers=("UEL",), year=line.year or year, n=line.figure)
        printed = line.year if is_order and "MOFCOM" not in issuers else line.year or year
        series = "Order" if is_order or issuers[:1] == ("State Council",) else ""
        return DocumentNumber(issuers=issuers, series=series, year=printed, n=line.figure)


def find_head(text: DocumentText, lexicon: Lexicon, start: int, end: int) -> DocumentHead | None:
    """Return the head that begins on the line at `start`, before `end`; None where that line begins none."""
    lines: list[HeadLine] = []
    gap = 0
    for line in _read_lines(text, lexicon, start, end):
        if line.is_part and not line.is_page:
            if gap and _repeats(text, lines[0], line):  # a page prints the title again, below its menus
                lines = []
            lines.append(line)
            gap = 0
        elif not lines or not line.is_page or (gap := gap + 1) > MAX_GAP:
            break
        if len(lines) >= MAX_HEAD_LINES:
            break
    if not lines:
        return None
    return DocumentHead(start=lines[0].start, end=lines[-1].end, lines=tuple(lines))


def _repeats(text: DocumentText, first: HeadLine, line: HeadLine) -> bool:
    """Return whether a line has the words of the first one."""
    words, again = (text.folded_text[found.start : found.end].split() for found in (first, line))
    return words == again


def find_opening_number(title: str, lexicon: Lexicon) -> tuple[int | None, int | None]:
    """Return year and figure of the number with which a Chinese title opens, behind its issuers at most."""
    compact = PAGE_TAG.sub("", re.sub(r"\s", "", title))
    number = lexicon.get_pattern("head.number").search(compact)
    if number is None:
        return None, None
    before = remove_issuer_names(compact[: number.start()], lexicon)
    if lexicon.get_pattern("head.joint").sub("", lexicon.get_pattern("head.form").sub("", before)):
        return None, None
    return _read_year(number, lexicon), _read_figure(number)


def is_sound(head: DocumentHead) -> bool:
    """Return whether lines make the head of an instrument: who, and which form, number or subject."""
    forms = bool(head.form or head.numbered or head.subject)
    return (bool(head.issuers) and forms) or any(line.letter for line in head.lines)


def _read_lines(text: DocumentText, lexicon: Lexicon, start: int, end: int) -> Iterator[HeadLine]:
    folded, at = text.folded_text, start
    while at < end:
        close = folded.find("\n", at, end)
        close = close if close >= 0 else end
        if folded[at:close].strip():
            below = folded.find("\n", close + 1, end)
            below = below if below >= 0 else end
            if _goes_on(folded[at:close], folded[close + 1 : below], lexicon):
                close = below
            yield read_head_line(folded, at, close, lexicon)
        at = close + 1


def _goes_on(line: str, below: str, lexicon: Lexicon) -> bool:
    """Return whether a title is broken in two: …关于对美加征关税商品 / 第四次排除延期清单的公告."""
    opened, ending = "".join(line.split()), "".join(below.split())
    about, subject_end = lexicon.get_pattern("head.about"), lexicon.get_pattern("head.subject-end")
    return (
        about.search(opened) is not None
        and not subject_end.search(opened)
        and not opened.endswith(("。", "：", "，"))
        and len(ending) <= MAX_BROKEN
        and about.search(ending) is None
        and subject_end.search(ending) is not None
        and SENTENCE.search(ending) is None
    )


def read_head_line(folded: str, start: int, end: int, lexicon: Lexicon) -> HeadLine:
    """Return what stands on a line of a head; a line of prose has nothing on it."""
    words = folded[start:end]
    bare = MARKUP.sub("", words)
    nothing = HeadLine(start=start, end=end)
    longest = MAX_NUMBERED_LINE if NUMBERED_START.match(bare) else MAX_LINE
    if not bare or len(bare) > longest:
        return nothing
    is_navigation = bare.count("|") > MAX_BARS and not lexicon.get_pattern("head.number").search(
        bare.partition("|")[0]
    )
    if lexicon.get_pattern("preface.wording").match(bare) or is_navigation:
        return HeadLine(start=start, end=end, is_page=True)
    if ITEM_OF_DIGEST.match(bare) or SENTENCE.search(bare) or bare.endswith(("：", ":", "，", ",")):
        return nothing
    first, joint, second = words.partition(" / ")
    if joint and HAN.search(first) and not HAN.search(second):  # 公告2028年第9号 / No. 9 of 2028
        words, bare = first, MARKUP.sub("", first)
    read = _read_chinese if HAN.search(bare) else _read_english
    return read(words, start, end, lexicon) or nothing


def _read_chinese(words: str, start: int, end: int, lexicon: Lexicon) -> HeadLine | None:
    get_pattern = lexicon.get_pattern
    places = [at for at, sign in enumerate(words) if not sign.isspace()]
    compact = PAGE_TAG.sub("", "".join(words[at] for at in places).strip("#*|>"))
    compact = get_pattern("head.page-details").split(compact)[0]
    if letter := lexicon.get_pattern("head.letter-number").match(compact):
        head = letter["letter"]
        if not get_pattern("head.numbered-form").search(re.split(r"[〔\[﹝(（]", head)[0]):
            return HeadLine(start=start, end=end, letter=head)
    # The subject may name other numbers, and other issuers.
    opening, subject = _split_subject(compact, lexicon)
    number = lexicon.get_pattern("head.number").search(opening)
    if number is None and subject:
        number = _find_appended_number(subject, lexicon)
        subject = subject[: number.start()] if number else subject
    issuers = find_issuers(opening, lexicon)
    rest = remove_issuer_names(opening, lexicon)
    if number is not None and number.string is opening:
        rest = remove_issuer_names(opening[: number.start()] + " " + opening[number.end() :], lexicon)
    form = lexicon.get_pattern("head.form").search(rest)
    rest = lexicon.get_pattern("head.joint").sub("", lexicon.get_pattern("head.form").sub("", rest))
    if rest:
        return None
    return HeadLine(
        start=start,
        end=end,
        issuers=issuers,
        form=form[0] if form else "",
        year=_read_year(number, lexicon),
        figure=_read_figure(number),
        subject=subject,
    )


def _split_subject(compact: str, lexicon: Lexicon) -> tuple[str, str]:
    """Return what stands before the subject of a line, and the subject, which ends in its form."""
    for hit in lexicon.get_pattern("head.subject-start").finditer(compact):
        subject = compact[hit.start() :]
        if lexicon.get_pattern("head.subject").match(subject):
            return compact[: hit.start()], subject
    return compact, ""


def _find_appended_number(subject: str, lexicon: Lexicon) -> re.Match[str] | None:
    """Return the number in brackets that ends a line: 关于…的公告（2028年第96号）."""
    for number in lexicon.get_pattern("head.number").finditer(subject):
        before, behind = subject[: number.start()].rstrip("（(〔["), subject[number.end() :]
        if not behind.strip("）)〕]】 ") and lexicon.get_pattern("head.subject-end").search(before):
            return number
    return None


def _read_year(number: re.Match[str] | None, lexicon: Lexicon) -> int | None:
    printed = (
        next((number[name] for name in ("year", "year2", "year3", "year4") if number[name]), None)
        if number
        else None
    )
    if printed is None:
        return None
    if republic := lexicon.get_pattern("head.republic-year").search(printed):
        count = parse_numeral(printed[republic.end() :])
        return count + REPUBLIC_YEARS if count else None
    year = parse_numeral(printed)
    return year + REPUBLIC_YEARS if year and year < FIRST_COMMON_YEAR else year


def _read_figure(number: re.Match[str] | None) -> int | None:
    names = ("n1", "n2", "n3", "n4", "n5", "n6")
    printed = next((number[name] for name in names if number[name]), None) if number else None
    return parse_numeral(printed) if printed else None


def _read_english(words: str, start: int, end: int, lexicon: Lexicon) -> HeadLine | None:
    line = " ".join(MARKUP.sub("", words).split())
    issuers = find_issuers(line, lexicon)
    form = lexicon.get_pattern("head.english-form").search(line)
    figure = lexicon.get_pattern("head.english-figure").search(line, 0, _find_subject_start(line, form))
    if FINITE.search(line) or lexicon.get_pattern("kind.english-correction").match(line):
        return None
    if not (issuers or form):
        return _read_english_line(line, start, end, figure, lexicon)
    if not form and not figure and lexicon.get_pattern("head.english-topic").match(line):
        return HeadLine(start=start, end=end, subject=line)
    rest = remove_issuer_names(ENGLISH_DAY.sub(" ", line), lexicon)
    rest = lexicon.get_pattern("head.english-figure").sub(" ", rest, count=1)
    rest = lexicon.get_pattern("head.english-form").sub(" ", rest, count=1)
    joint = lexicon.get_pattern("head.english-joint")
    while (lead := joint.match(rest)) and lead.end():
        rest = rest[lead.end() :]
    subject = lexicon.get_pattern("head.english-subject").match(rest)
    is_titled = bool(form and issuers and figure and ":" in line)
    is_loose = bool(form and figure and not is_titled and SUBJECT_MARK.search(line) and line[-1] != ".")
    is_loose = is_loose and not lexicon.get_pattern("head.english-sequel").match(rest)
    if joint.sub("", rest) and not (subject or is_titled or is_loose):
        return None
    opening = line[: line.find(rest)] if rest and rest in line else line
    return HeadLine(
        start=start,
        end=end,
        issuers=find_issuers(opening, lexicon) or issuers,
        form=form[0].lower() if form else "",
        year=_read_english_year(opening),
        figure=_read_english_figure(figure),
        subject=rest if subject or is_loose else "",
        is_loose=is_loose and not subject,
    )


def _find_subject_start(line: str, form: re.Match[str] | None) -> int:
    """Return where the subject of a line begins, which may name other numbers; the line's end for none."""
    subject = ENGLISH_SUBJECT.search(line, form.end()) if form else None
    return subject.start() if subject and not APPENDED_NUMBER.search(line) else len(line)


def _read_english_line(
    line: str, start: int, end: int, figure: re.Match[str] | None, lexicon: Lexicon
) -> HeadLine | None:
    """Return a line that names neither issuer nor form: its number, its subject, or words that go on."""
    if lexicon.get_pattern("head.english-topic").match(line):  # on Resuming the Implementation of …
        return HeadLine(start=start, end=end, subject=line)
    joint = lexicon.get_pattern("head.english-joint")
    if joint.sub("", lexicon.get_pattern("head.english-figure").sub(" ", line, count=1)):
        return None
    n = _read_english_figure(figure)
    if n is None:  # OF THE PEOPLE'S REPUBLIC OF CHINA
        return HeadLine(start=start, end=end, is_page=True)
    return HeadLine(start=start, end=end, year=_read_english_year(line), figure=n)


def _read_english_year(words: str) -> int | None:
    year = ENGLISH_YEAR.search(ENGLISH_DAY.sub(" ", words)) or ENGLISH_YEAR.search(words)
    return int(year[1]) if year else None


def _read_english_figure(figure: re.Match[str] | None) -> int | None:
    names = ("n", "n2", "n3", "n4", "n5")
    n = next((figure[name] for name in names if figure[name]), None) if figure else None
    return int(n) if n else None
