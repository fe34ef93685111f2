"""The smaller parts of a summary: who, when and how many, in English and in Chinese."""

from __future__ import annotations

from typing import Literal

from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Direction, DocumentNumber, EffectiveDate, Notice, NoticeKind

SummaryLanguage = Literal["en", "zh"]
MAX_NAMES = 6  #: names or numbers spelled out in one sentence
MAX_SPELLED_CODES = 3  #: codes spelled out behind their count
SMALL_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def join_names(names: list[str], tongue: SummaryLanguage) -> str:
    """Return names as a person lists them: a, b and c; many are cut short and counted."""
    shown, more = names[:MAX_NAMES], len(names) - MAX_NAMES
    if tongue == "zh":
        return "、".join(shown) + (f"等{len(names)}项" if more > 0 else "")
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def describe_actor(notice: Notice, lexicon: Lexicon, tongue: SummaryLanguage) -> str:
    """Return who acts: MOFCOM and GACC Announcement 2026-40, or the issuers where no number is known."""
    who = join_names(
        [code if tongue == "en" else lexicon.get_issuer_name(code, "zh") for code in notice.issuers], tongue
    )
    number = notice.number
    if number is None:
        return _describe_unnumbered(notice.kind, who, tongue)
    if number.letter:
        return f"{who} notice {number.letter}".strip() if tongue == "en" else number.letter
    if tongue == "zh":
        return f"{who}{'令' if number.series else '公告'}{_format_chinese_number(number)}"
    figure = f"{number.year}-{number.n}" if number.year else f"{number.n}"
    return f"{who} {number.series or 'Announcement'} {figure}"


def _describe_unnumbered(kind: NoticeKind, who: str, tongue: SummaryLanguage) -> str:
    """Return who acts in a document without a number: a notice, a law, a spokesperson."""
    if kind == NoticeKind.SPOKESPERSON:
        if tongue == "zh":
            return f"{who}（经新闻发言人宣布）" if who else "新闻发言人"
        return f"{who}, by its spokesperson," if who else "The spokesperson"
    if tongue == "zh":
        return f"{who}文件" if who else "该文件"
    noun = {NoticeKind.LAW: "law", NoticeKind.REGULATION: "regulation"}.get(kind, "notice")
    return f"A {noun} of {who}" if who else f"The {noun}"


def _format_chinese_number(number: DocumentNumber) -> str:
    if number.issuers == ("UEL",):
        return f"〔{number.year}〕{number.n}号"
    return f"{number.year}年第{number.n}号" if number.year else f"第{number.n}号"


def name_target(target: str, clauses: list[str], lexicon: Lexicon, tongue: SummaryLanguage) -> str:
    """Return a document acted on as the language names it: MOFCOM 2025-12, 商务部公告2025年第12号."""
    if tongue == "en":
        return f"{target} ({', '.join(clauses)})" if clauses else target
    number = parse_number(target, lexicon)
    where = "、".join(clauses)
    if number is None or number.letter:
        return f"{target if number else f'《{target}》'}{where}"
    if number.issuers == ("UEL",):
        return f"不可靠实体清单工作机制公告{_format_chinese_number(number)}{where}"
    who = "、".join(lexicon.get_issuer_name(code, "zh") for code in number.issuers)
    return f"{who}{'令' if number.series else '公告'}{_format_chinese_number(number)}{where}"


CAUTION_NAMES: dict[str, tuple[str, str]] = {
    "threshold": ("thresholds", "指标门槛"),
    "exemption": ("exemptions", "豁免或例外情形"),
    "extraterritorial": ("reach beyond China's borders", "对境外组织和个人的约束"),
    "transition": ("arrangements for contracts and goods under way", "过渡安排"),
    "case-by-case": ("licences refused in principle or examined case by case", "从严或逐案审查"),
}
MAX_THRESHOLDS = 3  #: spelled out in a summary


def describe_cautions(notice: Notice, tongue: SummaryLanguage) -> str:
    """Say what a reader must not overlook, the thresholds with their figures."""
    if not notice.is_change:
        return ""
    kinds = dict.fromkeys(caveat.kind for caveat in notice.caveats)
    told = [_describe_caution(notice, kind, tongue) for kind in kinds if kind in CAUTION_NAMES]
    if not told:
        return ""
    if tongue == "zh":
        return f"请注意：{'；'.join(told)}。"
    return f"Do not overlook: {'; '.join(told)}."


def _describe_caution(notice: Notice, kind: str, tongue: SummaryLanguage) -> str:
    name = CAUTION_NAMES[kind][0 if tongue == "en" else 1]
    values = [caveat.value for caveat in notice.caveats if caveat.kind == kind and caveat.value]
    if not values:
        return name
    shown = (", " if tongue == "en" else "、").join(values[:MAX_THRESHOLDS])
    more = len(values) > MAX_THRESHOLDS
    if tongue == "zh":
        return f"{name}（{shown}{'等' if more else ''}）"
    return f"{name} ({shown}{' and others' if more else ''})"


def describe_dates(notice: Notice, tongue: SummaryLanguage) -> str:
    """Say when it takes effect and until when; of a change, also that it does not say."""
    if not notice.effective:
        return ""
    told = [
        _describe_date(found, tongue)
        for found in notice.effective
        if found.start or found.until or found.quote
    ]
    if not told:
        return "The notice does not state when it takes effect." if tongue == "en" else "文件未载明生效日期。"
    runs = notice.direction == Direction.SUSPEND and notice.effective[0].until is not None
    if tongue == "zh":
        lead = "暂停期" if runs else "" if notice.is_change else "所报道的措施"
        return f"{lead}{'；'.join(told)}。"
    if runs:
        return f"The suspension runs {'; '.join(told)}."
    lead = "It takes effect" if notice.is_change else "The measure reported takes effect"
    return f"{lead} {'; '.join(told)}."


def _describe_date(found: EffectiveDate, tongue: SummaryLanguage) -> str:
    """Return one date with its end and its scope."""
    if tongue == "zh":
        return _describe_chinese_date(found, f" {found.time:%H:%M}" if found.time else "")
    clock = f" at {found.time:%H:%M}" if found.time else ""
    scope = "" if found.scope == "all" else f" ({found.scope})"
    lead = "from" if found.until else "on"
    until = f" until {found.until.isoformat()}" if found.until else ""
    if found.start:
        return f"{lead} {found.start.isoformat()}{clock}{until}{scope}"
    if found.basis == "on-publication":
        return f"{lead} publication{until}, but the day of publication is not stated{scope}"
    return f"{until.strip()}, from a day that is not stated{scope}"


def _describe_chinese_date(found: EffectiveDate, clock: str) -> str:
    scope = "" if found.scope == "all" else f"（{found.scope}）"
    until = f"至{found.until.isoformat()}" if found.until else ""
    if found.start:
        start = f"自{found.start.isoformat()}{clock}起"
    else:
        start = "自公布之日起（公布日期未载明）" if found.basis == "on-publication" else "（起始日期未载明）"
    return f"{start}{until or '施行'}{scope}"


def describe_counts(notice: Notice, tongue: SummaryLanguage) -> str:
    """Say how many codes and parties are named, the codes spelled out where they are few."""
    rows = (
        ([found.code for found in notice.control_codes], "control code", "个管制编码"),
        ([found.code for found in notice.hs_codes], "HS code", "个海关商品编号"),
        ([""] * len(notice.entities), "party", "个实体"),
    )
    told = [_describe_count(codes, en if tongue == "en" else zh, tongue) for codes, en, zh in rows if codes]
    if not told:
        return ""
    return f"It names {join_names(told, tongue)}." if tongue == "en" else f"列明{'、'.join(told)}。"


def _describe_count(codes: list[str], noun: str, tongue: SummaryLanguage) -> str:
    spelled = "、".join(codes) if tongue == "zh" else ", ".join(codes)
    few = codes[0] and len(codes) <= MAX_SPELLED_CODES
    if tongue == "zh":
        return f"{len(codes)}{noun}{f'（{spelled}）' if few else ''}"
    figure = SMALL_NUMBERS[len(codes)] if len(codes) < len(SMALL_NUMBERS) else str(len(codes))
    plural = noun if len(codes) == 1 else "parties" if noun == "party" else f"{noun}s"
    return f"{figure} {plural}{f' ({spelled})' if few else ''}"
