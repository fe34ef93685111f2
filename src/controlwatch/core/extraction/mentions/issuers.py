"""Which authorities a stretch of text names, and the run of names that stands before a number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.extraction.text.document_text import DocumentText
    from controlwatch.core.extraction.text.lexicon import Lexicon

RUN_WINDOW = 200  #: characters before a number in which its issuers may stand
HEAD_LINES = 14
TAIL_LINES = 16


#: What joins issuers in a run, taken whole, so that no row of ministries is read in two ways;
#: English gives the code in brackets behind the name.
_JOINT = (
    r"(?>\s*(?:\([A-Z]{2,8}\)\s*)?"
    r"(?:(?:[、，]|和|及|与|-|&|(?:,\s*)?and\s+China's|(?:,\s*)?and\s+the|(?:,\s*)?and|,|China's)\s*)?)"
)
_ISSUING = (
    r"(?:(?:has |have )?(?:jointly |also |today |on [A-Z][a-z]+day )?"
    r"(?:issued|released|published|promulgated|announced|unveiled"
    r"|issues?|releases?|publish(?:es)?)(?: a joint| the| in)?)"
)
#: Who only approved is no issuer: with the approval of the State Council.
APPROVAL_PHRASE = re.compile(
    r"\b(?:with the )?(?:approval|consent) (?:of|by|from)\b[^,;.\n]*|\bapproved by\b[^,;.\n]*"
    r"|经[^，。；\n]{2,24}(?:批准|同意)",
    re.IGNORECASE,
)


@lru_cache(maxsize=4)
def _map_names_to_codes(lexicon: Lexicon) -> dict[str, str]:
    return {
        name.lower(): issuer.code
        for issuer in lexicon.issuers
        for name in (*issuer.zh, *issuer.en, issuer.code)
    }


@lru_cache(maxsize=4)
def _join_names(lexicon: Lexicon) -> str:
    return "|".join(
        # Latin codes need word boundaries: MOF is not in MOFCOM.
        rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])" if name[0].isascii() else re.escape(name)
        for name in sorted(_map_names_to_codes(lexicon), key=len, reverse=True)
    )


@lru_cache(maxsize=4)
def compile_name_pattern(lexicon: Lexicon) -> re.Pattern[str]:
    """Match one issuer by any of its names."""
    return re.compile(_join_names(lexicon), re.IGNORECASE)


@lru_cache(maxsize=4)
def _compile_run_before(lexicon: Lexicon) -> re.Pattern[str]:
    """Match names joined by commas, blanks or hyphens up to a number: 商务部、海关总署联合发布."""
    closing = (
        r"(?:等[\d一二三四五六七八九十]+个?(?:部门|单位))?\s*(?:联合)?"
        rf"(?:发布了?|公布了?|印发|{_ISSUING}|的|公告|['’]s(?: joint)?|[:：])?\s*$"
    )
    return re.compile(rf"(?:(?:{_join_names(lexicon)}){_JOINT})+{closing}", re.IGNORECASE)


@lru_cache(maxsize=4)
def _compile_run_after(lexicon: Lexicon) -> re.Pattern[str]:
    """Match the names that follow a number: Announcement No. 18 of 2025 of the Ministry of Commerce and …"""
    lead = r"\s*\(?\s*(?:(?:jointly )?(?:issued|released|published) )?(?:of|by|from)\s+(?:the\s+|China's\s+)?"
    return re.compile(rf"{lead}((?:(?:{_join_names(lexicon)}){_JOINT})+)", re.IGNORECASE)


def find_issuers(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the issuer codes that a text names, in order, each once."""
    codes = _map_names_to_codes(lexicon)
    return tuple(dict.fromkeys(codes[hit[0].lower()] for hit in compile_name_pattern(lexicon).finditer(text)))


def find_issuers_before(folded: str, offset: int, lexicon: Lexicon) -> tuple[int, tuple[str, ...]]:
    """Return where the run of issuers right before an offset begins, and its codes; (offset, ()) for none."""
    window = folded[max(0, offset - RUN_WINDOW) : offset]
    hit = _compile_run_before(lexicon).search(window)
    if hit is None:
        return offset, ()
    return offset - len(window) + hit.start(), find_issuers(hit[0], lexicon)


def find_issuers_after(folded: str, offset: int, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the codes of the issuers that English names right behind a number; () for none."""
    hit = _compile_run_after(lexicon).match(folded, offset, offset + RUN_WINDOW)
    return find_issuers(hit[1], lexicon) if hit else ()


def blank_approvals(words: str) -> str:
    """Return the words without those who only approved."""
    return APPROVAL_PHRASE.sub(lambda hit: " " * len(hit[0]), words)


def collect_issuers(text: DocumentText, lexicon: Lexicon, numbered: Iterable[str]) -> tuple[str, ...]:
    """Return every issuer: of the number, the headline, the deciding clause, the signature."""
    found = list(numbered)
    for piece in (
        _extract_headline(text),
        _find_deciding_clause(text),
        *_find_signature_lines(text, lexicon),
    ):
        found += find_issuers(piece, lexicon)
    codes = dict.fromkeys("UELWM" if code == "UEL" else code for code in found)
    return tuple(codes)


#: The headline names its issuers before it says what is done.
HEADLINE_ISSUERS = re.compile(
    r"^[^《\n]{0,80}?(?=公告|关于|公布|发布|令|答记者问|新闻发言人|就)"
)  # 商务部 海关总署|关于发布…
#: The clause that decides: the words before 决定.
DECISION_CLAUSE = re.compile(
    r"(?:联合)?决定(?:对|将|自|在|加强|采取|进口|调整|实施|取消|暂停|恢复|公布)"
)  # 公安部、商务部、海关总署|决定对…


#: Marks that no line of issuers holds, so that it need not be searched for names.
PROSE_MARKS = re.compile(r"[。；：？《》\d]")


def _extract_headline(text: DocumentText) -> str:
    hit = HEADLINE_ISSUERS.match(text.title)
    return hit[0] if hit else ""


def _find_deciding_clause(text: DocumentText) -> str:
    """Return the authorities that decide; what stands before 批准 only approved (经国务院批准)."""
    hit = DECISION_CLAUSE.search(text.folded_text, text.title_end, text.title_end + 1500)
    if hit is None:
        return ""
    clause = re.split(r"[。；\n]", text.folded_text[max(text.title_end, hit.start() - 80) : hit.start()])[-1]
    return clause.rpartition("规定")[2].rpartition("批准")[2]


def _find_signature_lines(text: DocumentText, lexicon: Lexicon) -> list[str]:
    """Return the lines that consist of issuer names only, near the head or the foot of the text."""
    lines = [line.strip() for line in text.folded_text[text.title_end :].splitlines() if line.strip()]
    near = lines if len(lines) <= HEAD_LINES + TAIL_LINES else [*lines[:HEAD_LINES], *lines[-TAIL_LINES:]]
    return [
        line
        for line in near
        if len(line) <= 90 and not PROSE_MARKS.search(line) and not _strip_issuer_names(line, lexicon)
    ]


def _strip_issuer_names(line: str, lexicon: Lexicon) -> str:
    """Return what remains of a line without issuer names and joints."""
    return (
        re.sub(r"[\s、,，和及与]|办公厅|中华人民共和国", "", compile_name_pattern(lexicon).sub("", line))
        if compile_name_pattern(lexicon).search(line)
        else line
    )
