"""How a notice acts on others: it suspends, resumes, repeals, amends, extends, clarifies or reports them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controlwatch.core.model import DocumentNumber, Kind, Relation, Verb
from controlwatch.core.reading.kinds import INSTRUMENTS, REPORTS
from controlwatch.core.reading.rules import ordered
from controlwatch.core.reading.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.reading.lexicon import Lexicon
    from controlwatch.core.reading.numbers import Mention
    from controlwatch.core.reading.text import Text

Verdict = tuple[Verb, str]  #: what is done, and the id of the rule that says so

DONE = re.compile(r"决定|废止|暂停|修改|调整")
SUBJECT = re.compile(
    r"^\s*(?:[：:]|，?(?:对|将|决定|明确|规定)|\s*(?:suspends|repeals|resumes|extends|amends|adds|concerns|lists)\b)"
)  # 第72号公告：…
ISSUED = re.compile(r"(?:发布|公布|印发)(?!的)|\b(?:issued|released|published)\b")  # 海关总署|发布第54号公告
CLAUSE = re.compile(
    r"^[号公告令\s]*(?:（?《[^》\n]{1,80}》）?)?\s*(?:附件\d*)?(第[一二三四五六七八九十\d]+[条款项](?:第[一二三四五六七八九十\d]+[款项])?)"
)  # …公告第二款
ENGLISH_CLAUSE = re.compile(
    r"\b((?:first|second|third|fourth|\d+(?:st|nd|rd|th)) (?:clause|paragraph|article|section)) of\s*$",
    re.IGNORECASE,
)
COMMA = re.compile(r"[，,：:]|\bwhile\b|\band that\b")
REPEALED_TITLE = re.compile(
    r"《([^《》\n]{4,60})》(?:(?:、|和|及|以及)《[^《》\n]{4,60}》)*[^。；，\n《》【】]{0,12}(?:同时废止|予以废止|废止)"
)  # 《…办法》同时废止
UPDATED_TITLE = re.compile(
    r"《([^《》\n]{4,60})》[^。；，\n《》]{0,6}(?:同步(?:予以)?(?:更新|调整))"
)  # 《…清单》同步予以更新
BASED_TITLE = re.compile(
    r"(?:根据|依据|依照)[^。；\n]{0,20}?《([^《》\n]{4,60})》[^。；\n]{0,200}?制定本(?:条例|规定|办法|细则)"
)  # 根据《…法》…，制定本条例
TITLES = re.compile(r"《([^《》\n]{4,60})》")


def relations_of(
    text: Text,
    lexicon: Lexicon,
    found: Iterable[Mention],
    kind: Kind,
    own: DocumentNumber | None,
    *,
    operative: bool,
) -> tuple[Relation, ...]:
    """Return how a text relates to other documents, one relation for each verb and target."""
    mentions = list(found)
    raw = [
        *_numbered(text, lexicon, mentions, kind, own, operative=operative),
        *_titled(text, mentions, kind),
    ]
    kept: dict[tuple[Verb, str], Relation] = {}
    for relation in raw:
        kept.setdefault((relation.verb, relation.target), relation)
    strong = {
        relation.target for relation in kept.values() if relation.verb not in {Verb.REPORTS, Verb.CLARIFIES}
    }
    return tuple(
        r for r in kept.values() if r.target not in strong or r.verb not in {Verb.REPORTS, Verb.CLARIFIES}
    )


def _numbered(
    text: Text,
    lexicon: Lexicon,
    mentions: list[Mention],
    kind: Kind,
    own: DocumentNumber | None,
    *,
    operative: bool,
) -> Iterator[Relation]:
    for mention in mentions:
        if own is not None and mention.number.key == own.key:
            continue
        verdict = _verb(text, lexicon, mention, kind, operative=operative)
        if verdict is not None:
            yield Relation(
                verb=verdict[0],
                target=mention.number.canonical,
                quote=text.quote(mention.start, mention.end),
                clause=_clause(text, mention),
                rule=verdict[1],
            )


def _verb(text: Text, lexicon: Lexicon, mention: Mention, kind: Kind, *, operative: bool) -> Verdict | None:
    sentence = text.sentence_of(mention.start)
    if kind in INSTRUMENTS or operative:
        verdict = _acting(text, lexicon, mention, sentence)
        return None if verdict and _basis(text, mention, sentence) else verdict
    if kind in {Kind.SPOKESPERSON, Kind.FAQ, Kind.GUIDANCE}:
        # Orders are cited as procedure; what is explained are announcements and letters.
        return None if mention.number.series == "Order" else (Verb.CLARIFIES, "relation.explained")
    if kind in REPORTS:
        reported = (Verb.REPORTS, "relation.reported")
        return (
            reported if _is_subject(text, mention) else _acting(text, lexicon, mention, sentence) or reported
        )
    return None


def _is_subject(text: Text, mention: Mention) -> bool:
    """Tell whether the number is the document reported, not one it acts on (发布第54号公告)."""
    before = text.folded[max(0, mention.start - 12) : mention.end]
    return (
        ISSUED.search(before) is not None
        or SUBJECT.match(text.folded[mention.end : mention.end + 20]) is not None
    )


def _acting(text: Text, lexicon: Lexicon, mention: Mention, sentence: Span) -> Verdict | None:
    """Return the verb of the clause that holds the number, else of its sentence."""
    words = text.at(sentence)
    at = mention.start - sentence.start
    stops = [0, *(stop.end() for stop in COMMA.finditer(words)), len(words)]
    left = max((stop for stop in stops if stop <= at), default=0)
    right = min((stop for stop in stops if stop >= mention.end - sentence.start), default=len(words))
    return _first_verb(words[left:right], lexicon) or _first_verb(words, lexicon)


def _first_verb(words: str, lexicon: Lexicon) -> Verdict | None:
    return next(
        (
            (Verb(rule.of), rule.id)
            for rule, pattern in ordered(lexicon, "relation")
            if pattern.search(words)
        ),
        None,
    )


def _basis(text: Text, mention: Mention, sentence: Span) -> bool:
    """Tell whether the number stands in the clause that gives the legal basis, before anything is decided."""
    before = text.folded[sentence.start : mention.start]
    hit = re.search(r"根据|依据|依照|按照", before)
    return (
        hit is not None
        and not DONE.search(before[hit.end() :])
        and not re.search(r"，[^，]{0,30}$", before[hit.end() :].rpartition("规定")[2] or "")
    )


def _clause(text: Text, mention: Mention) -> str | None:
    behind = CLAUSE.match(text.folded[mention.end : mention.end + 120])
    if behind:
        return behind[1]
    before = ENGLISH_CLAUSE.search(text.folded[max(0, mention.start - 40) : mention.start])
    return before[1] if before else None


def _titled(text: Text, mentions: list[Mention], kind: Kind) -> Iterator[Relation]:
    """Yield what happens to documents named by title alone."""
    if kind not in INSTRUMENTS:
        return
    based = BASED_TITLE.search(text.folded)
    if based:
        target = based[1].removeprefix("中华人民共和国")
        quote = text.quote(based.start(), based.end())
        yield Relation(verb=Verb.IMPLEMENTS, target=target, quote=quote, rule="relation.made-under")
    for pattern, verb in ((REPEALED_TITLE, Verb.REPEALS), (UPDATED_TITLE, Verb.AMENDS)):
        for hit in pattern.finditer(text.folded):
            sentence = text.sentence_of(hit.start())
            # A number in front already names the document: 2024年第67号公告（《…目录》）同时废止.
            if verb == Verb.REPEALS and any(
                sentence.start <= m.start < sentence.end and m.end <= hit.start() for m in mentions
            ):
                continue
            for title in TITLES.findall(hit[0]):
                target = title.removeprefix("中华人民共和国")
                quote = text.quote(hit.start(), hit.end())
                yield Relation(verb=verb, target=target, quote=quote, rule="relation.title")
