"""The authorities that a stretch of text names, and those named right before or behind a number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache

from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.extraction.text.prefilter import PrefilteredPattern
from controlwatch.core.model import DocumentNumber

RUN_WINDOW = 320  #: characters before a number that its issuers can take up
HEAD_LINES = 14
TAIL_LINES = 16
LEAD_LENGTH = 800  #: characters in which a text names the authority that it is about
JOINTLY_WITH = re.compile(
    r"\bjointly with\b|\b(?:the|its|das|des|dem|vom) minist(?:ry|eriums?),?"
    r" (?:and|together with|along with|und|sowie|gemeinsam mit) (?:the|its|der|die|dem)\b",
    re.IGNORECASE,
)  # Bekanntmachung Nr. 7 |des Ministeriums und der| Zollverwaltung


#: The rest of a line that ends with an issuer in Latin letters, and not with a word that joins the next.
LINE_END_IN_RUN = re.compile(r"[^\n]*[A-Za-z](?<!\band)(?<!\bthe)(?<!&)[ ]*\n")
#: Marks that a line of issuers never holds; a line with one is not searched for names.
PROSE_MARKS = re.compile(r"[。；：？《》\d]")


class IssuerIndex:
    """The issuers of a lexicon, to be searched for by any of their names; patterns wait until needed."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.codes = {
            name.lower(): issuer.code
            for issuer in lexicon.issuers
            for name in (*issuer.zh, *issuer.en, issuer.code)
        }
        self._names = "|".join(
            # Latin codes need word boundaries: MOF is not in MOFCOM.
            rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])" if name[0].isascii() else re.escape(name)
            for name in sorted(self.codes, key=len, reverse=True)
        )
        self._closing = lexicon.get_pattern("issuer.closing").pattern
        self._run = rf"(?:(?:{self._names}){lexicon.get_pattern('issuer.joint').pattern})+"

    @cached_property
    def name(self) -> PrefilteredPattern:
        """A name."""
        return PrefilteredPattern(self._names, re.IGNORECASE)

    @cached_property
    def run(self) -> PrefilteredPattern:
        """Names joined: 商务部、海关总署."""
        return PrefilteredPattern(self._run, re.IGNORECASE)

    @cached_property
    def run_before(self) -> PrefilteredPattern:
        """Names joined up to a number: 商务部、海关总署联合发布|."""
        return PrefilteredPattern(self._run + self._closing, re.IGNORECASE)

    @cached_property
    def run_after(self) -> PrefilteredPattern:
        """Names behind a number: |of the Ministry of Commerce and …"""
        issued = r"(?:(?:jointly )?(?:issued|released|published) )?"
        lead = rf"\s*\(?\s*{issued}(?:of|by|from|des|der)\s+(?:the\s+|China's\s+)?"
        return PrefilteredPattern(f"{lead}({self._run})", re.IGNORECASE)

    @cached_property
    def cell_after(self) -> PrefilteredPattern:
        """A cell of names behind that of a number: Ann. 2028-4 | MOFCOM + GACC |"""
        return PrefilteredPattern(
            rf"[ ]*[\t|][ ]*({self._run})(?:(?<=[\t\n])|[ ]*(?=[\t|\n]|$))", re.IGNORECASE
        )

    @cached_property
    def subject_after(self) -> PrefilteredPattern:
        """Names behind a number that opens a sentence: By Announcement No. 8|, the Ministry of Commerce …"""
        return PrefilteredPattern(rf",\s+(?:the\s+|China's\s+)?({self._run})", re.IGNORECASE)


@lru_cache(maxsize=4)
def _build_issuer_index(lexicon: Lexicon) -> IssuerIndex:
    return IssuerIndex(lexicon)


def find_issuers(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the issuer codes that a text names, in order, each once."""
    index = _build_issuer_index(lexicon)
    return tuple(dict.fromkeys(index.codes[hit[0].lower()] for hit in index.name.finditer(text)))


def mark_issuer_lines(lines: Iterable[str], lexicon: Lexicon) -> list[bool]:
    """Return for each line whether it names an issuer."""
    name = _build_issuer_index(lexicon).name
    return [name.search(line) is not None for line in lines]


def find_issuers_before(folded: str, offset: int, lexicon: Lexicon) -> tuple[int, tuple[str, ...]]:
    """Return where the run of issuers right before an offset begins, and its codes; (offset, ()) for none."""
    window = folded[max(0, offset - RUN_WINDOW) : offset]
    hit = _build_issuer_index(lexicon).run_before.search(window)
    approvals = lexicon.get_pattern("issuer.approval").finditer(window)
    if hit is None or any(approval.start() < hit.start() < approval.end() for approval in approvals):
        return offset, ()  # With the approval of the State Council, |Announcement No. 3
    start = hit.start()
    ended = LINE_END_IN_RUN.match(window, start) if start and window[start - 1] != "\n" else None
    if ended:
        start = ended.end()  # Announcement No. 52 of 2028 of MOFCOM /|MOFCOM Announcement No. 71
    issuers = find_issuers(window[start:], lexicon) or find_issuers(hit[0], lexicon)
    return offset - len(window) + start, issuers


def find_issuers_after(folded: str, offset: int, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the codes of the issuers that English names right behind a number; () for none."""
    hit = _build_issuer_index(lexicon).run_after.match(folded, offset, offset + RUN_WINDOW)
    return find_issuers(hit[1], lexicon) if hit else ()


def find_issuers_of_paragraph(text: DocumentText, at: int, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the issuer that the sentences before one name in English, if they name no number."""
    before = text.folded_text[text.folded_text.rfind("\n", 0, at) + 1 : at]
    is_numbered = lexicon.get_pattern("number.any").search(before) is not None
    return () if is_numbered or HAN.search(before) else find_issuers(before, lexicon)[:1]


def find_last_issuers(words: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the codes of the last run of issuers in words: 商务部、海关总署2027年4月16日发布的."""
    runs = [hit[0] for hit in _build_issuer_index(lexicon).run.finditer(words)]
    return find_issuers(runs[-1], lexicon) if runs else ()


def find_joint_issuers(words: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the codes of the first run of several issuers in words: 商务部、海关总署13日接连发布."""
    runs = (find_issuers(hit[0], lexicon) for hit in _build_issuer_index(lexicon).run.finditer(words))
    return next((codes for codes in runs if len(codes) > 1), ())


def find_default_issuers(text: DocumentText, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the issuer that the title, else the lead names; all of those that act together there."""
    lead = text.folded_text[:LEAD_LENGTH]
    joint = find_joint_issuers(lead, lexicon) if lexicon.get_pattern("number.joint-act").search(lead) else ()
    return joint or (find_issuers(text.title, lexicon) or find_issuers(lead, lexicon))[:1]


def find_issuers_in_english(words: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the issuers that an English sentence names behind the number: Announcement No. 58 by MOFCOM."""
    named = () if HAN.search(words) else find_issuers(blank_approvals(words, lexicon), lexicon)
    # "Issued jointly with the customs administration": by the ministry.
    is_joint = JOINTLY_WITH.search(words) and "MOFCOM" not in named
    return ("MOFCOM", *named) if named and is_joint else named


def find_elided_issuers(
    span: tuple[int, int], year: int | None, text: DocumentText, lexicon: Lexicon, last: DocumentNumber | None
) -> tuple[str, ...]:
    """Return the issuers of a number printed without: the first place that names any decides.

    `span` is where the number stands, `last` the one before it.
    """
    folded, sentence = text.folded_text, text.find_sentence(span[0])
    before = blank_approvals(folded[sentence.start : span[0]], lexicon)
    if behind := _find_issuers_behind(folded, span[1], before, last, lexicon):
        return behind
    if named := find_issuers(before, lexicon):
        is_english = folded[span[0]].isascii()
        return _find_leading_issuers(named, before, text, lexicon) or (
            named if is_english else find_last_issuers(before, lexicon)
        )
    if last is None:
        same = lexicon.get_pattern("number.same-authorities").match(folded, span[1])
        paragraph = folded[folded.rfind("\n", 0, sentence.start) + 1 : span[0]]
        named = find_issuers(paragraph, lexicon) if same else ()
        return named or find_issuers_in_english(sentence.words, lexicon)
    told = find_issuers_of_paragraph(text, sentence.start, lexicon)
    if told and (last.issuers, told) != (("UEL",), ("MOFCOM",)):  # the ministry speaks for the mechanism
        return told
    opens_item = lexicon.get_pattern("number.opens-item")
    is_acted_on = opens_item.match(folded[sentence.start : span[0]]) is not None
    elided = last.issuers if is_acted_on or year in {None, last.year} else last.issuers[:1]
    return () if last.letter else elided


def _find_issuers_behind(
    folded: str, at: int, before: str, last: DocumentNumber | None, lexicon: Lexicon
) -> tuple[str, ...]:
    """Return the issuers given behind a number: of X, of the same ones, in a cell, or who acts by it."""
    if behind := find_issuers_after(folded, at, lexicon):
        return behind
    if last and lexicon.get_pattern("number.same-authorities").match(folded, at):
        return last.issuers
    if cell := _build_issuer_index(lexicon).cell_after.match(folded, at):
        return find_issuers(cell[1], lexicon)
    subject = _build_issuer_index(lexicon).subject_after.match(folded, at)
    is_leading = lexicon.get_pattern("number.leading").match(before) is not None
    return find_issuers(subject[1], lexicon) if subject and is_leading else ()


def _find_leading_issuers(
    named: tuple[str, ...], before: str, text: DocumentText, lexicon: Lexicon
) -> tuple[str, ...]:
    """Return the issuers of a number where its sentence says who acts with whom; () where it does not."""
    get_pattern = lexicon.get_pattern
    if get_pattern("number.jointly").search(before):
        return named[:1]
    if get_pattern("number.with-partner").search(
        before
    ):  # 税関総署との連名の公告: the other was named before
        return tuple(dict.fromkeys((*find_default_issuers(text, lexicon)[:1], *named)))
    return ()


def remove_issuer_names(words: str, lexicon: Lexicon) -> str:
    """Return the words without the names of issuers."""
    return _build_issuer_index(lexicon).name.sub("", words)


def blank_approvals(words: str, lexicon: Lexicon) -> str:
    """Return the words with the authorities blanked that only approved."""
    return lexicon.get_pattern("issuer.approval").sub(lambda hit: " " * len(hit[0]), words)


def collect_issuers(text: DocumentText, lexicon: Lexicon, numbered: Iterable[str]) -> tuple[str, ...]:
    """Return every issuer: those of the number, the headline, the deciding clause, the signature."""
    get_pattern = lexicon.get_pattern
    pieces: list[str] = []
    if headline := get_pattern("issuer.headline").match(text.title):
        pieces.append(headline[0])
    decision = get_pattern("issuer.decision").search(text.folded_text, text.title_end, text.title_end + 1500)
    if decision:
        before = text.folded_text[max(text.title_end, decision.start() - 80) : decision.start()]
        before = before.rpartition("）")[2]  # who issued what is cited does not decide here
        # What precedes 批准 only approved: 经国务院批准.
        pieces.append(get_pattern("issuer.before-deciding").split(before)[-1])
    lines = [line.strip() for line in text.folded_text[text.title_end :].splitlines() if line.strip()]
    for printed in (
        lines if len(lines) <= HEAD_LINES + TAIL_LINES else [*lines[:HEAD_LINES], *lines[-TAIL_LINES:]]
    ):
        if len(printed) > 90 or PROSE_MARKS.search(printed):
            continue
        line = get_pattern("issuer.lent-seal").sub("", printed)
        rest = remove_issuer_names(line, lexicon)
        if rest != line and not get_pattern("issuer.signature-joint").sub(
            "", rest
        ):  # a line of issuer names and nothing else
            pieces.append(line)
    told = get_pattern("issuer.english-decision").search(text.folded_text, text.title_end)
    if told and not (numbered or pieces):
        pieces.append(blank_approvals(told[1], lexicon))
    found = [*numbered, *(code for piece in pieces for code in find_issuers(piece, lexicon))]
    return tuple(dict.fromkeys("UELWM" if code == "UEL" else code for code in found))
