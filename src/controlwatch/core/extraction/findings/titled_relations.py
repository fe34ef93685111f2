"""What a text does to documents that it names by title alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.model import Relation, Verb

_NAME = r"《([^《》\n]{4,60}(?:〈[^〈〉\n]{2,40}〉[^《》\n]{0,20})?)》"
_EDITION = r"(（\d{4}年(?:版|度)?）)?"
REPEAL_BY_TITLE = re.compile(
    rf"{_NAME}{_EDITION}(?:(?:、|和|及|以及)?[^《》。；\n]{{0,30}}《[^《》\n]{{4,60}}》){{0,12}}[^。；，\n《》【】]{{0,12}}(?:同时废止|届时废止|予以废止|相应废止|废止|停止执行|停止施行)"
)  # 《…办法》同时废止
_CHANGE_WORDS = r"(?:更新|修订|调整|变更|修改|增列|增补|补充|修正)"
UPDATE_BY_TITLE = re.compile(
    rf"{_NAME}[^。；，\n《》]{{0,10}}(?:同步|相应|同时|依|作|予以|进行|据此|一并|分[一二两三]次|将)[^。；，\n《》]{{0,10}}{_CHANGE_WORDS}"
    rf"|对{_NAME}(?:（[^）\n]{{0,80}}）)?[^。；\n《》]{{0,16}}(?:作出|进行|予以|作|的)[^。；，\n《》]{{0,6}}{_CHANGE_WORDS}"
    rf"|(?:增补入|增列入|补充列入|调出|移出|纳入|列入){_NAME}|在{_NAME}[^。；\n《》]{{0,24}}(?:增列|增加|新增|删去|删除)"
    rf"|(?:公布|发布){_NAME}调整内容|关于(?:调整|修订|修改){_NAME}",
)  # 《…清单》同步予以更新 · 对《…目录》作出调整 · 增补入《…目录》
LIST_TITLE = re.compile(r"(?:清单|目录|名单|名录|办法|规定|细则|方案|(?<!办)法|条例)(?:（[^）]*）)?$")
LEGAL_BASIS_TITLE = re.compile(
    r"(?:根据|依据|依照)[^。；\n《]{0,20}《([^《》\n]{4,60})》(?![、和及《])[^。；\n《]{0,200}?制定本(?:条例|规定|办法|细则)"
)  # 根据《…法》…，制定本条例
IMPLEMENTATION_PURPOSE = re.compile(
    r"(?:为|为了)(?:进一步)?(?:落实|贯彻(?:落实)?|执行|实施)[^。；，\n《]{0,12}《([^《》\n]{4,60})》"
)  # 为落实《…条例》第二十四条，制定本办法
IMPLEMENTING_TITLE = re.compile(
    r"实施[《〈]([^《》〈〉\n]{4,60})[》〉]的(?:规定|办法|细则)|[《〈]([^《》〈〉\n]{4,60})[》〉]实施(?:细则|办法)"
)
QUOTED_TITLE = re.compile(r"《([^《》\n]{4,60})》")
ENGLISH_LIST = re.compile(
    r"\b(?:Export Control List of Dual-Use Items"
    r"|Dual-Use Items Export Control List)\b[^.;\n]{0,80}?\b(?:is|are|shall be|has been|will be)\s+"
    r"(?:\w+ly )?(?:updated|amended|adjusted|revised)|\b(?:added to|updates? to"
    r"|entries of) the (?:Export Control List of Dual-Use Items|Dual-Use Items Export Control List)",
    re.IGNORECASE,
)  # The Export Control List of Dual-Use Items shall be updated simultaneously
MASTER_LIST = "两用物项出口管制清单"


def find_titled_relations(context: ReadingContext) -> Iterator[Relation]:
    """Yield what happens to documents that are named by title alone."""
    text, folded, identity = context.text, context.text.folded_text, context.identity
    if identity.is_instrument:
        made_under = (
            IMPLEMENTING_TITLE.search(text.title)
            or LEGAL_BASIS_TITLE.search(folded)
            or IMPLEMENTATION_PURPOSE.search(folded)
        )
        if made_under:
            name = next(group for group in made_under.groups() if group)
            yield _build_title_relation(text, made_under, name, Verb.IMPLEMENTS)
        for hit in REPEAL_BY_TITLE.finditer(folded):
            # A number in front already names the document: 2024年第67号公告（《…目录》）同时废止.
            start = text.find_sentence(hit.start()).start
            if any(start <= m.start and m.end <= hit.start() for m in context.identity.number_mentions):
                continue
            names = [f"{hit[1]}{hit[2] or ''}", *QUOTED_TITLE.findall(hit[0][len(hit[1]) + 2 :])]
            yield from (_build_title_relation(text, hit, name, Verb.REPEALS) for name in names)
        if english := ENGLISH_LIST.search(folded):
            yield _build_title_relation(text, english, MASTER_LIST, Verb.AMENDS)
    if not (identity.is_instrument or identity.is_report):
        return
    for hit in UPDATE_BY_TITLE.finditer(folded):
        name = next(group for group in hit.groups() if group)
        title = f"《{re.escape(name)}》"
        # The list is named by its number too, or this very notice publishes it again.
        numbered = rf"{title}[^。；\n]{{0,4}}（[^）\n]{{0,40}}号"
        published = (
            rf"(?:调整后|修订后|更新后|修改后)的{title}|(?:公布|发布|印发)[^《》。\n]{{0,10}}{title}(?!调整|修订)"
            rf"|{title}[^。；\n]{{0,20}}现予(?:以)?公布"
        )
        if LIST_TITLE.search(name) and not re.search(numbered, folded) and not re.search(published, folded):
            yield _build_title_relation(text, hit, name, Verb.AMENDS)


def _build_title_relation(text: DocumentText, hit: re.Match[str], name: str, verb: Verb) -> Relation:
    rule = "relation.made-under" if verb == Verb.IMPLEMENTS else "relation.title"
    target = name.removeprefix("中华人民共和国")
    return Relation(verb=verb, target=target, quote=text.quote_around(hit.start(), hit.end()), rule=rule)
