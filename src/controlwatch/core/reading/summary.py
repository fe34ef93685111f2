"""Two to four sentences in English and Chinese, made from the findings and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from controlwatch.core.model import Direction, Kind, Summary, Verb

if TYPE_CHECKING:
    from controlwatch.core.model import EffectiveDate, Notice
    from controlwatch.core.reading.lexicon import Lexicon

Tongue = Literal["en", "zh"]
MOST = 6  #: names or numbers spelled out in one sentence

DOES: dict[Direction, tuple[str, str]] = {
    Direction.TIGHTEN: ("tightens control", "收紧管制"),
    Direction.RELAX: ("relaxes control", "放宽管制"),
    Direction.SUSPEND: ("suspends control", "暂停管制"),
    Direction.RESUME: ("resumes control", "恢复管制"),
    Direction.CLARIFY: ("explains existing rules", "对现有规定作出说明"),
    Direction.NEUTRAL: ("sets rules without tightening or relaxing", "作出规定，未见收紧或放宽"),
}
KINDS: dict[Kind, tuple[str, str]] = {
    Kind.ANNOUNCEMENT: ("an announcement", "公告"),
    Kind.ORDER: ("an order", "令"),
    Kind.NOTICE: ("a circular", "通知"),
    Kind.LAW: ("a law", "法律"),
    Kind.REGULATION: ("a regulation", "法规"),
    Kind.DRAFT: ("a draft for comment", "征求意见稿"),
    Kind.SPOKESPERSON: ("a spokesperson's answer", "发言人答问"),
    Kind.FAQ: ("an explanation of rules (FAQ)", "常见问题解答"),
    Kind.GUIDANCE: ("guidance", "指引"),
    Kind.NEWS: ("a news report", "新闻报道"),
    Kind.COMMENTARY: ("a commentary", "评论"),
    Kind.LISTING: ("a list of links", "目录页"),
    Kind.CHALLENGE: ("a bot challenge, not a document", "反爬验证页，不是文件"),
    Kind.EMPTY: ("an empty page", "空白页"),
    Kind.OTHER: ("a document of another kind", "其他文件"),
}
VERBS: dict[Verb, tuple[str, str]] = {
    Verb.SUSPENDS: ("suspends", "暂停"),
    Verb.RESUMES: ("resumes", "恢复"),
    Verb.REPEALS: ("repeals", "废止"),
    Verb.AMENDS: ("amends", "修改"),
    Verb.IMPLEMENTS: ("implements", "实施"),
    Verb.EXTENDS: ("extends", "延长"),
    Verb.CLARIFIES: ("explains", "说明"),
    Verb.REPORTS: ("reports", "报道"),
}


def summary_of(notice: Notice, lexicon: Lexicon) -> Summary:
    """Return the summary of a notice in both languages."""
    return Summary(en=_written(notice, lexicon, "en"), zh=_written(notice, lexicon, "zh"))


def _written(notice: Notice, lexicon: Lexicon, tongue: Tongue) -> str:
    sentences = [
        _act(notice, lexicon, tongue),
        _dates(notice, tongue),
        _acts_on(notice, tongue),
        _size(notice, tongue),
    ]
    return (" " if tongue == "en" else "").join(sentence for sentence in sentences if sentence)


def _pick(pair: tuple[str, str], tongue: Tongue) -> str:
    return pair[0] if tongue == "en" else pair[1]


def _joined(names: list[str], tongue: Tongue) -> str:
    shown = names[:MOST]
    more = len(names) - len(shown)
    if tongue == "en":
        return ", ".join(shown) + (f" and {more} more" if more else "")
    return "、".join(shown) + (f"等{len(names)}项" if more else "")


def _act(notice: Notice, lexicon: Lexicon, tongue: Tongue) -> str:
    """Say who does what to which items and for whom."""
    items = _joined(
        [
            lexicon.category_name(found.id, tongue)
            for found in notice.categories
            if not found.id.startswith("destination.")
        ],
        tongue,
    )
    places = _joined([lexicon.place_name(code, tongue) for code in notice.destinations], tongue)
    who = _who(notice, lexicon, tongue)
    if not notice.is_change:
        return _other(notice, who, items, tongue)
    does = _pick(DOES[notice.direction], tongue)
    if tongue == "en":
        return (
            f"{who} {does}"
            + (f": {items}" if items else "")
            + (f"; destinations singled out: {places}" if places else "")
            + "."
        )
    return f"{who}{does}" + (f"：{items}" if items else "") + (f"；针对：{places}" if places else "") + "。"


def _other(notice: Notice, who: str, items: str, tongue: Tongue) -> str:
    kind = _pick(KINDS[notice.kind], tongue)
    if tongue == "en":
        rest = (
            " that reports a change made elsewhere"
            if notice.reports_change
            else "; it changes no rule itself"
        )
        return f"This is {kind}{rest}" + (f" (subjects: {items})" if items else "") + "."
    rest = "，报道或说明其他文件作出的变动" if notice.reports_change else "，本身不改变规则"
    return f"本文为{kind}{rest}" + (f"（涉及：{items}）" if items else "") + "。"


def _who(notice: Notice, lexicon: Lexicon, tongue: Tongue) -> str:
    names = _joined([lexicon.issuer_name(code, tongue) for code in notice.issuers], tongue)
    number = notice.number.canonical if notice.number else ""
    if tongue == "en":
        return f"{number} ({names})" if number and names else number or names or "The notice"
    return f"{number}（{names}）" if number and names else number or names or "该文件"


def _dates(notice: Notice, tongue: Tongue) -> str:
    told = [_date(found, tongue) for found in notice.effective]
    if not told:
        return ""
    return ("Effective " + "; ".join(told) + ".") if tongue == "en" else ("生效：" + "；".join(told) + "。")


def _date(found: EffectiveDate, tongue: Tongue) -> str:
    scope = "" if found.scope == "all" else (f" ({found.scope})" if tongue == "en" else f"（{found.scope}）")
    clock = f" {found.time:%H:%M}" if found.time else ""
    if found.start:
        day = f"{found.start.isoformat()}{clock}"
        start = f"from {day}" if tongue == "en" else f"{day}起"
    elif found.basis == "on-publication":
        start = (
            "on publication, whose day is not stated" if tongue == "en" else "自公布之日起（公布日期未载明）"
        )
    else:
        start = "date: not stated" if tongue == "en" else "日期未载明"
    until = (
        (f" until {found.until.isoformat()}" if tongue == "en" else f"至{found.until.isoformat()}")
        if found.until
        else ""
    )
    return f"{start}{until}{scope}"


def _acts_on(notice: Notice, tongue: Tongue) -> str:
    told = []
    for verb, names in VERBS.items():
        targets = [relation.target for relation in notice.relations if relation.verb == verb]
        if targets:
            gap = " " if tongue == "en" else ""
            told.append(f"{_pick(names, tongue)}{gap}{_joined(targets, tongue)}")
    if not told:
        return ""
    return f"It {'; '.join(told)}." if tongue == "en" else f"本文{'；'.join(told)}。"


def _size(notice: Notice, tongue: Tongue) -> str:
    counts = (
        (len(notice.control_codes), "control codes", "个管制编码"),
        (len(notice.hs_codes), "HS codes", "个海关编码"),
        (len(notice.entities), "parties", "个实体"),
    )
    told = [f"{count} {en}" if tongue == "en" else f"{count}{zh}" for count, en, zh in counts if count]
    if not told:
        return ""
    return f"It names {', '.join(told)}." if tongue == "en" else f"列明{'、'.join(told)}。"
