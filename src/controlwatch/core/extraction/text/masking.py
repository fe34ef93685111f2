"""What in a text is not the measure: cited titles, legal bases, end uses, file names, exclusions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from controlwatch.core.extraction.text.document_text import RELATED_LINKS, SENTENCE_LIMIT
from controlwatch.core.extraction.text.lexicon import Lexicon

BLANK = "\x00"  #: keeps the offsets and matches no pattern

#: Titles of documents cited in the body; that of the measure being promulgated stays.
CITED_TITLE = re.compile(
    r"(?<!号)(?<!号（)(?<!号公告（)(?<!公布)(?<!发布)(?<!调整)(?<!修改)(?<!修订)(?<!印发)(?<!制定)(?<!补入)(?<!列入)(?<!纳入)(?<!移出)(?<!调出)《[^《》\n]{1,120}(?:〈[^〉\n]*〉[^《》\n]*)?》(?!(?:（[^）\n]{0,60}）)?[^。；，\n《》]{0,6}(?:作出?如?下?|进行|予以)[^。；，\n]{0,8}(?:调整|修订|修改))"
)  # 根据《…法》
ANY_TITLE = re.compile(
    r"（关于[^（）《》\n]{4,80}）(?=[^\s])|《[^《》\n]{1,120}(?:〈[^〉\n]*〉[^《》\n]*)?》"
)
LEGAL_BASIS = re.compile(
    r"依(?:其|据)?「[^」\n]{2,30}」|(?:根据|依据|依照|按照)[^。；\n]{0,400}?(?:有关规定|相关规定|规定，|等规定|规定)"
)  # 根据…有关规定
END_USE = re.compile(
    r"(?:最终用途为|用于或者可能用于|用于或可能用于)[^。；\n]{1,200}?(?:的出口申请|的[，。；]|$)"
    r"|(?<=[\u4e00-\u9fff（，、])(?:专门)?用于(?:制造|生产|研发|设计|开发|加工)[^，。；、\n（]{1,40}?的(?=[\u4e00-\u9fff])"
    r"|使用[^，。；\n]{0,80}技术[^，。；\n]{0,10}(?:生产|制造)的"
    r"|生产[0-9][A-E]\d{3}[^，。；\n]{0,20}的",
    re.MULTILINE,
)  # 最终用途为…的出口申请 · 用于制造导弹部件的 · 使用…技术在境外生产的
FILE_NAME = re.compile(
    r"^[^\n]{1,120}\.(?:pdf|docx?|xlsx?|ofd|wps|zip)[ ]*$", re.MULTILINE | re.IGNORECASE
)  # 附件…目录.pdf
RELATED_LINKS_BLOCK = re.compile(
    rf"(?:{RELATED_LINKS.pattern})[\s\S]*", re.MULTILINE
)  # 相关链接：… to the end
WEB_ADDRESS = re.compile(
    r"https?://[^\s，。；）]+|(?<![A-Za-z0-9_.])[A-Za-z0-9_.]{1,64}@[A-Za-z0-9_.]{1,100}"
)

#: Part of a text whose heading excludes it, up to the next heading.
PART_HEADING = re.compile(
    r"^[ ]*(?:[（(]?[一二三四五六七八九十]{1,3}[)）]?[、.．]?|\d{1,2}[.、．])[ ]*(?=\S)", re.MULTILINE
)
EXCLUSION_HEADING = re.compile(
    r"(?:不列管|不管制|除外|例外|豁免|不适用|不包括|排除)(?:的)?(?:情形|事项|范围|物项|清单"
    r"|情况)?[ ]*[:：]?[ ]*$"
)
EXCLUSION_LEAD = re.compile(
    r"^[ ]*(?:[一二三四五六七八九十]{1,3}、)?[^。；;\n]*(?:不适用|不包括|不属于|不受|不在[^。；;\n]{0,10}之列"
    r"|除外)[^。；;，\n]{0,14}[:：]?[ ]*$",
    re.MULTILINE,
)  # 三、以下设备不适用本公告：
NEXT_PART = re.compile(
    r"^[ ]*(?:[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十]{1,3}[条章]|[IVX]{1,4}\. )", re.MULTILINE
)
CLAUSE_BREAK = re.compile(r"，|, (?:but |while )?|\bbut\b")
#: A clause that does something stays, although an exclusion follows in the same sentence.
OPERATIVE_WORDS = re.compile(
    r"实施|决定|(?<!不)属于|取消|暂停|列入|恢复|纳入|实行|包括在内|\b(?:impose|control|suspend|add|remove)",
    re.IGNORECASE,
)
ROW_START = re.compile(r"[ \t]*(?:\d{1,4}[ \t]+)?(?:ex[ \t]*)?(?:\d{10}|\d{8}|\d{4}\.)|[^\n]*\t")
NO_LONGER = re.compile(r"不再")  # 不再属于…: that is a change, not an exclusion
SHORT_CLAUSE = 4
HEADING_LENGTH = 24
BRACKETS = {"（": "）", "(": ")"}


@lru_cache(maxsize=2)
def mask_non_measure(folded: str, lexicon: Lexicon) -> str:
    """Return the text with everything blanked that is not the measure itself; offsets stay."""
    masked = _blank_patterns(
        folded, (CITED_TITLE, LEGAL_BASIS, END_USE, FILE_NAME, WEB_ADDRESS, RELATED_LINKS_BLOCK)
    )
    pieces, at = [], 0
    for start, end in find_exclusions(folded, lexicon):
        if end > at:
            pieces += [masked[at : max(start, at)], BLANK * (end - max(start, at))]
            at = end
    return "".join((*pieces, masked[at:]))


@lru_cache(maxsize=2)
def mask_cited_titles(folded: str) -> str:
    """Return the text with every cited title blanked: what remains says what is done."""
    return _blank_patterns(folded, (ANY_TITLE, FILE_NAME, RELATED_LINKS_BLOCK))


def _blank_patterns(folded: str, patterns: Iterable[re.Pattern[str]]) -> str:
    for pattern in patterns:
        folded = pattern.sub(lambda hit: BLANK * len(hit[0]), folded)
    return folded


@lru_cache(maxsize=2)
def find_exclusions(folded: str, lexicon: Lexicon) -> tuple[tuple[int, int], ...]:
    """Return the spans (start, end), in order, in which what is named is left out of the measure."""
    spans = [
        (hit.start(), _find_bracket_end(folded, hit.start(), hit.end()))
        for hit in lexicon.get_pattern("exclusion.following").finditer(folded)
    ]
    for hit in lexicon.get_pattern("exclusion.preceding").finditer(folded):
        start = _find_exclusion_start(folded, hit.start())
        if not NO_LONGER.search(folded, start, hit.start()):
            spans.append((start, hit.start()))
    for hit in lexicon.get_pattern("exclusion.clause").finditer(folded):
        at, low = hit.start(), max(0, hit.start() - SENTENCE_LIMIT)
        reach = _find_exclusion_start(folded, at)
        if ROW_START.match(folded, reach, at):  # 10079000 其他高粱，种用除外: the goods of a row, not the row
            continue
        start = max(reach, folded.rfind("，", low, at) + 1)
        if at - start < SHORT_CLAUSE:  # an empty clause (…，不作调整) means the one before it
            start = max(reach, folded.rfind("，", low, max(start - 1, 0)) + 1)
        spans.append((start, at))
    for name in ("exclusion.elsewhere", "exclusion.except", "exclusion.corrected"):
        spans += [hit.span() for hit in lexicon.get_pattern(name).finditer(folded)]
    spans += _find_excluded_parts(folded)
    return tuple(sorted({span for span in spans if span[0] < span[1]}))


def is_excluded(folded: str, at: int, lexicon: Lexicon) -> bool:
    """Return whether an offset lies in what is left out of the measure."""
    return any(start <= at < end for start, end in find_exclusions(folded, lexicon))


def _find_bracket_end(folded: str, start: int, end: int) -> int:
    """Return where a clause ends, at the latest at the end of the bracket that it is in."""
    depth = 0
    for at in range(start, end):
        if folded[at] in BRACKETS:
            depth += 1
        elif folded[at] in BRACKETS.values():
            depth -= 1
            if depth < 0:
                return at
    return end


def _find_exclusion_start(folded: str, at: int) -> int:
    """Return where an exclusion that ends at an offset begins: behind the last clause that does something."""
    low = max(0, at - SENTENCE_LIMIT)
    start = max(low - 1, *(folded.rfind(stop, low, at) for stop in ("。", "；", ";", "\n", ". "))) + 1
    for act in OPERATIVE_WORDS.finditer(folded, start, at):
        if act.start() >= start and (comma := CLAUSE_BREAK.search(folded, act.end(), at)):
            start = comma.end()
    bracket = folded.rfind("（", start, at)
    return bracket + 1 if bracket >= 0 and "）" not in folded[bracket:at] else start


def _find_excluded_parts(folded: str) -> Iterator[tuple[int, int]]:
    """Yield the parts that their heading excludes (二、不列管情形)."""
    for lead in EXCLUSION_LEAD.finditer(folded):
        following = NEXT_PART.search(folded, lead.end())
        yield lead.end(), following.start() if following else len(folded)
    heads = [hit.start() for hit in PART_HEADING.finditer(folded)]
    for start, end in pairwise((*heads, len(folded))):
        line_end = folded.find("\n", start, end)
        heading = folded[start : line_end if line_end >= 0 else end]
        if len(heading) > HEADING_LENGTH or not EXCLUSION_HEADING.search(heading):
            continue
        if NEXT_PART.match(heading):
            following = NEXT_PART.search(folded, end - 1)
            yield start, following.start() if following else len(folded)
        else:
            yield start, end
