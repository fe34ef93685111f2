"""The destinations that a rule singles out, and whether the rule is for the whole destination."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from controlwatch.core.extraction.mentions.terms import Automaton, build_automaton
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.masking import mask_cited_titles

NAME_JOINT = re.compile(r"、|和|及|与|或|,| and ")  # 墨西哥、加拿大
#: A list that says for each item to which states its export is controlled.
DESTINATION_LIST = re.compile(r"特定国家|目的国|输往国|国家（地区）")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHit:
    """A destination that is singled out, and where."""

    code: str
    start: int
    end: int
    whole_destination: bool  #: the rule is for the destination, not for parties in it


@dataclass(frozen=True, slots=True)
class PlaceIndex:
    """The names of places in a lexicon, ready to be searched for."""

    codes: dict[str, str]  #: of a name in any language or form
    automata: dict[str, Automaton]  #: by form of the names: "zh", "en", "short"
    patterns: tuple[tuple[re.Pattern[str], bool, str], ...]  #: pattern, whole destination, form of the names
    foreign_opening: re.Pattern[str]  #: a foreign state's name at the beginning


@lru_cache(maxsize=4)
def _build_place_index(lexicon: Lexicon) -> PlaceIndex:
    places = lexicon.places
    names = {name: place.code for place in places for name in (*place.zh, *place.en)}
    foreign = (name for place in places for name in (*place.zh, *place.en) if place.code != "TW")
    bounded = (
        rf"{re.escape(name)}\b" if name[0].isascii() else re.escape(name)
        for name in sorted(foreign, key=len, reverse=True)
    )
    return PlaceIndex(
        codes=names | {place.short: place.code for place in places if place.short},
        automata={
            "zh": build_automaton(name for place in places for name in place.zh),
            "en": build_automaton(name for place in places for name in place.en),
            "short": build_automaton(place.short for place in places if place.short),
        },
        patterns=tuple(
            (
                pattern,
                whole,
                "zh"
                if places[0].zh[0] in pattern.pattern
                else "en"
                if places[0].en[0] in pattern.pattern.replace("\\", "")
                else "short",
            )
            for pattern, whole in _compile_patterns(lexicon)
        ),
        foreign_opening=re.compile(rf"\W*(?:{'|'.join(bounded)})"),
    )


def find_place_hits(text: DocumentText, lexicon: Lexicon) -> tuple[PlaceHit, ...]:
    """Return the destinations in the order of the text, each once; one for the whole destination wins."""
    index, words = _build_place_index(lexicon), mask_cited_titles(text.folded_text)
    by_destination = DESTINATION_LIST.search(text.folded_text) is not None
    # The patterns are slow: try only those whose form of names occurs at all.
    present = {
        form
        for form, automaton in index.automata.items()
        if next(iter(automaton.iter(words)), None) is not None
    }
    hits: list[PlaceHit] = []
    for pattern, whole, form in index.patterns:
        is_cell = pattern.pattern.startswith("(?:^|")
        if form not in present or (is_cell and not by_destination):
            continue
        for hit in pattern.finditer(words):
            listed = next(group for group in hit.groups() if group)
            names = (name.strip().removeprefix("the ") for name in NAME_JOINT.split(listed))
            hits += [
                PlaceHit(code=index.codes[name], start=hit.start(), end=hit.end(), whole_destination=whole)
                for name in names
                if name in index.codes
            ]
    best: dict[str, PlaceHit] = {}
    for found in sorted(hits, key=lambda found: found.start):
        if found.code not in best or (found.whole_destination and not best[found.code].whole_destination):
            best[found.code] = found
    return tuple(best.values())


def opens_with_foreign_state(title: str, lexicon: Lexicon) -> bool:
    """Return whether a title opens with a foreign state: 美国商务部修订…规则."""
    return _build_place_index(lexicon).foreign_opening.match(title) is not None


def _compile_patterns(lexicon: Lexicon) -> tuple[tuple[re.Pattern[str], bool], ...]:
    """Return the patterns that single out a destination, and whether each is for the whole of it."""
    han = "|".join(sorted((name for place in lexicon.places for name in place.zh), key=len, reverse=True))
    short = "|".join(place.short for place in lexicon.places if place.short)
    latin = "|".join(
        re.escape(name) for name in sorted((n for p in lexicon.places for n in p.en), key=len, reverse=True)
    )
    many = rf"((?:{han})(?:(?:、|和|及|与|或)(?:{han})){{0,20}})"
    counted = r"(?:(?<!\d)\d{1,4}|[一二三四五六七八九十两]{1,4})"
    party = r"(?:公司|企业|实体|集团|机构|大学|研究所|研究院|研究中心|银行|协会|基金会)"
    return (
        (
            re.compile(
                rf"(?:对|向|输往|涉){many}(?:等国家?|等特定国家)?(?:（地区）)?(?:军事用户|军事)?[^，。；\n]{{0,24}}?(?:出口|管制)"
            ),
            True,
        ),  # 对日本出口管制
        (
            re.compile(rf"(?:物项|材料|许可)[^，。；\n]{{0,12}}对({short})出口|对({short})国?(?:船舶|加征)"),
            True,
        ),  # …两用物项对美出口
        (re.compile(rf"原产于{many}"), True),  # 原产于美国的进口商品
        (
            re.compile(rf"(?:出口至|出口到|输往|销往|运往|发往|输至){many}"),
            True,
        ),  # 出口至美国、墨西哥、加拿大三国
        (re.compile(rf"[“\"]{many}[”\"]\s*项下"), True),  # 在第二部分“墨西哥、加拿大”项下增列
        (
            re.compile(
                rf"(?:从|自|来自|进口|产自|防止){many}[^，。；\n]{{0,24}}?(?:输入|进口|输华|企业|产品|注册|疫|传入)"
            ),
            False,
        ),  # 禁止从匈牙利输入 · 恢复进口挪威注册企业
        (
            re.compile(
                rf"(?:对|将|和|及|与|、){many}(?:(?!的|军|制裁)[\u4e00-\u9fffA-Za-z·&]){{1,16}}?{party}[^。；\n]{{0,120}}?(?:采取|列入|移出|暂停|措施)"
            ),
            False,
        ),  # 对丹麦某某公司和捷克某某公司采取的措施
        (re.compile(rf"{party}\s*[（(]{many}[）)]"), False),  # 某某公司（丹麦）
        (re.compile(rf"(?:部分|有关|若干){many}(?:实体|企业|公司|机构)"), False),  # 部分德国、荷兰实体
        (re.compile(rf"(?:^|\t){many}(?=\t|$)", re.MULTILINE), True),  # a cell of a list by destination
        (
            re.compile(
                rf"{many}(?:籍|国旗)?(?:有关|相关|境内)?(?:军事)?"
                r"(?:用户|最终用户|企业|公司|实体|机构|船舶|组织|个人|军工|水产企业)"
            ),
            False,
        ),  # 有关美国用户 · 挪威籍船舶
        (re.compile(rf"(?:悬挂|挂){many}(?:国旗|旗)"), False),  # 悬挂巴拿马国旗的船舶
        (
            re.compile(
                rf"(?:恢复|暂停|停止|禁止|解除|防止)(?:从|自)?(?:进口)?{many}(?:\d{{1,3}}家)?"
                r"[^，。；\n]{1,16}?(?:进口|输入|输华|疫|禁令|传入|原木|资格|资质|申报|的公告)"
            ),
            False,
        ),  # 恢复进口美国原木 · 恢复台湾地区文旦柚输入
        (
            re.compile(
                rf"^[ ]*(?:[（(][一二三四五六七八九十\d]+[）)]|[一二三四五六七八九十]+、)\s*"
                rf"{many}(?:实体|企业)?[ ]*$",
                re.MULTILINE,
            ),
            False,
        ),  # （一）英国, above the parties of that state
        (
            re.compile(rf"[（(][A-Za-z][^（）()\n]{{1,80}}[，,]\s*{many}[）)]"),
            False,
        ),  # 某某公司（Some Co.，美国）
        (re.compile(rf"{counted}家{many}"), False),  # 10家美国实体
        (re.compile(rf"{counted}家({short})(?:国)?(?:涉军)?(?:实体|企业|公司)"), False),  # 16家美涉军实体
        (
            re.compile(
                rf"将{many}[^，。；\n]{{1,60}}?(?:列入|纳入|移出)|对{many}[^，。；\n]{{1,40}}?(?:采取|的)(?:反制|不可靠)"
            ),
            False,
        ),  # 将美国…集团列入 · 对欧盟两家金融机构采取反制措施
        (
            re.compile(
                rf"\b(?:[Ee]xports?|[Ss]hip(?:s|ped|ping|ments?)?)\b"
                rf"[^.;\n]{{0,120}}?\bto (?:the )?((?:{latin})\b(?:,? (?:and )?(?:the )?(?"
                rf":{latin})\b)*)"
            ),
            True,
        ),  # exports to the US
        (
            re.compile(
                rf"\b((?:{latin}))(?<!\bIN) (?:[a-z]+[ -]){{0,2}}?(?:entities|companies|enterprises"
                rf"|firms|organi[sz]ations|vessels|ships|executives|parties"
                rf"|banks|defen[cs]e)\b"
            ),
            False,
        ),  # 16 US entities
        (
            re.compile(rf"\b(?:Inc|Ltd|LLC|Corp|Co|GmbH|B\.V|S\.A|PLC)\b\.? \((?:the )?((?:{latin}))\)"),
            False,
        ),  # Some Company Ltd. (Canada)
        (
            re.compile(rf"\bcovering (?:the )?((?:{latin})\b(?:,? (?:and )?(?:the )?(?:{latin})\b)*)"),
            True,
        ),  # the section covering the United States, Mexico and Canada
        (re.compile(rf"\bof ((?:{latin}))(?<!\bof IN) origin\b"), True),
        (
            re.compile(
                rf"\b[Ii]mports?\b[^.;\n]{{0,80}}?\b(?:from|of) (?:\w+ (?:Establishments?|Companies"
                rf"|Producers) (?:of|in) )?(?:the )?((?:{latin}))\b"
            ),
            False,
        ),
        (re.compile(rf"\boriginating in (?:the )?((?:{latin}))\b"), True),
        (
            re.compile(
                rf"\b(?:Inc|Ltd|LLC|Corp|Co|GmbH|S\.?A|B\.?V|PLC)\b\.?,? \(?(?:(?:both"
                rf"|all) )?of (?:the )?((?:{latin}))\b"
            ),
            False,
        ),
        (
            re.compile(
                rf"\b(?:include|add|place|put|list)(?:s|d|ed|ing)?\b[^.;\n]{{0,200}}?\((?:(?:both"
                rf"|all) of (?:the )?)?((?:{latin}))\)"
            ),
            False,
        ),  # … has decided to include Some Co. (all of the United States)
    )
