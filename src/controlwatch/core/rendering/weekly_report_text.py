"""The weekly report in words: sections of entries, the same on the page and in the PDF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from controlwatch.core.extraction.mentions.clauses import ALL
from controlwatch.core.law.answers import AlertLine, NoticeLine, ReviewLine, WatcherLine
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.law.weekly_report import WeeklyReport
from controlwatch.core.model import KeyDate
from controlwatch.core.model.text_safety import to_one_line, to_safe_link
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.cautions_zh import translate_caution
from controlwatch.core.rendering.day_text import spell_dates
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.headlines import name_number
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.replies import describe_source_problem
from controlwatch.core.rendering.state_text import format_announced

MAX_LINE, MAX_QUOTE = 600, 400  #: characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEntry:
    """A notice, a date, a source or an alert in a section, without control characters."""

    heading: str
    lines: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()  #: in quotation marks; facts of the reference database without
    key: str = ""  #: of the notice
    url: str = ""  #: safe to click, or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPart:
    """A part of the report."""

    heading: str
    entries: tuple[ReportEntry, ...]
    nothing: str  #: what to print where it has no entries


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportText:
    """The report in one language."""

    title: str
    lines: tuple[str, ...]  #: the period, when it was made, what it rests on
    cautions: tuple[str, ...]
    sections: tuple[ReportPart, ...]


def write_weekly_report(report: WeeklyReport, context: CardContext) -> ReportText:
    """Return the words of a report."""
    pick = context.pick_language
    made = _format_instant(report.made_at, context)
    more = pick("More than this report holds: see the exports.", "内容超出本报告容量：请参阅导出文件。")
    none = pick("None.", "无。")
    return ReportText(
        title=pick(f"Export controls: week {report.week}", f"出口管制周报：{report.week}"),
        lines=(
            f"{context.format_date(report.first)} – {context.format_date(report.last)}",
            pick(f"Made at {made}, by what was known then.", f"制作时间 {made}，依据当时所知。"),
            *_translate((report.coverage.basis,), context),
            *([more] if report.has_more else []),
        ),
        cautions=tuple(_translate(report.cautions, context)),
        sections=tuple(
            ReportPart(heading=heading, entries=tuple(entries), nothing=none)
            for heading, entries in _list_parts(report, context)
        ),
    )


def _list_parts(report: WeeklyReport, context: CardContext) -> Iterator[tuple[str, Iterable[ReportEntry]]]:
    """Yield the heading and the entries of each part."""
    pick = context.pick_language
    yield pick("New rules", "新规定"), (_describe_change(line, context) for line in report.changes)
    yield (
        pick("Took effect, ended or closed", "生效、期满或截止"),
        (_describe_key_date(item, context) for item in report.happened),
    )
    yield (
        pick(f"The {report.days_ahead} days after", f"此后 {report.days_ahead} 天"),
        (_describe_key_date(item, context) for item in report.coming),
    )
    yield (
        pick("Documents that wait for a decision", "待人工判定的文件"),
        (_describe_review(line, context) for line in report.reviews),
    )
    yield (
        pick("Sources that are not read", "未能读取的来源"),
        (_describe_failure(line, context) for line in report.failing),
    )
    yield (
        pick("Until when official sources were read", "官方来源读取截至时间"),
        _describe_sources(report.coverage, context),
    )
    yield pick("Alerts of the week", "本周提醒"), (_describe_alert(line, context) for line in report.alerts)


def _describe_change(line: NoticeLine, context: CardContext) -> ReportEntry:
    dates = []
    for date in line.effective:
        scope = "" if date.scope == ALL else f" ({context.name_scope(date.scope)})"
        start = context.format_date(date.start) if date.start else context.find_word("not-stated")
        last = context.format_date(date.until) if date.until else ""
        until = context.pick_one(f" until {last}", f"，至{last}") if last else ""
        dates.append(f"{context.find_word('effective')} {start}{until}{scope}")
    measure = context.find_word(line.measure) if line.measure else ""
    published = context.format_date(line.published) if line.published else context.find_word("not-stated")
    english = line.title_en if context.language != "zh" else ""
    return _build_entry(
        " · ".join(filter(None, (measure, _name_with_title(line.number or "", line.title, context)))),
        english,
        f"{context.find_word('published')} {published}",
        *dates,
        _name_items(line.categories, context),
        quotes=(context.translate_proof(date.quote) for date in line.effective),
        key=line.key,
        url=line.url,
    )


def _describe_key_date(item: KeyDate, context: CardContext) -> ReportEntry:
    scope = "" if item.scope == ALL else f" ({context.name_scope(item.scope)})"
    return _build_entry(
        f"{context.format_date(item.date)} · {context.find_word(item.event)}{scope}",
        _name_with_title(item.number, item.title, context),
        format_announced(item.announced, language=context.language),
        _name_items(item.categories, context),
        quotes=(context.translate_proof(item.quote),),
        key=item.key,
        url=item.url,
    )


def _describe_review(line: ReviewLine, context: CardContext) -> ReportEntry:
    since = _format_instant(line.raised_at, context)
    return _build_entry(
        f"{line.id} · {line.number or line.title}",
        line.title if line.number else "",
        context.pick_language(f"waits since {since}", f"自 {since} 起待判定"),
        *context.translate_doubts(reason.reason for reason in line.reasons),
        quotes=(reason.quote for reason in line.reasons),
        key=line.key,
        url=line.url,
    )


def _describe_failure(line: WatcherLine, context: CardContext) -> ReportEntry:
    last = _format_instant(line.state.last_success_at, context)
    begin = line.state.failing_since or line.state.concern_since
    since = _format_instant(begin, context)
    return _build_entry(
        f"{line.name}: {context.find_word(line.health_word)}",
        context.pick_language(f"last read: {last}", f"最近读取：{last}"),
        context.pick_language(f"since: {since}", f"自：{since}") if begin else "",
        describe_source_problem(line, context.language),
    )


def _describe_sources(coverage: Coverage, context: CardContext) -> Iterable[ReportEntry]:
    for source in sorted(coverage.sources, key=lambda item: (item.issuer, item.name)):
        last = _format_instant(source.last_read, context)
        gap = source.gap if source.last_read is not None else ""
        yield _build_entry(f"{source.name}: {last}", *_translate((gap,), context))


def _describe_alert(line: AlertLine, context: CardContext) -> ReportEntry:
    made, acted = _format_instant(line.made_at, context), _format_instant(line.acted_at, context)
    done = f"{line.what} · {line.who} · {acted}" + (f" · {line.note}" if line.note else "")
    return _build_entry(
        f"{context.find_word(line.kind)} · {line.number or ''} {line.title}".replace("·  ", "· "),
        f"{made} → {line.channel} {line.target} · {line.state}",
        done if line.what else context.pick_language("no action so far", "无人处理"),
        context.pick_language(f"assigned to {line.assigned_to}", f"已指派给 {line.assigned_to}")
        if line.assigned_to
        else "",
        context.pick_language(f"due {line.due}", f"期限 {line.due}") if line.due else "",
    )


def _build_entry(
    heading: str, *lines: str, quotes: Iterable[str] = (), key: str = "", url: str = ""
) -> ReportEntry:
    return ReportEntry(
        heading=to_one_line(heading, MAX_LINE),
        lines=tuple(to_one_line(line, MAX_LINE) for line in lines if line.strip()),
        quotes=tuple(format_proof(quote, MAX_QUOTE) for quote in dict.fromkeys(filter(None, quotes))),
        key=key,
        url=to_safe_link(url) or "",
    )


def _translate(sentences: Iterable[str], context: CardContext) -> Iterator[str]:
    """Yield what limits an answer in the reader's language, with its days in words."""
    for text in sentences:
        yield translate_caution(text) if context.language == "zh" else spell_dates(text)


def _format_instant(instant: datetime | None, context: CardContext) -> str:
    if instant is None:
        return context.pick_one("never", "从未")
    local = instant.astimezone(BEIJING)
    zone = context.pick_one(" Beijing time", "（北京时间）")
    return f"{context.format_date(local.date())} {local:%H:%M}{zone}"


def _name_with_title(number: str, title: str, context: CardContext) -> str:
    """Return the number and the title of a notice; without the number where the title begins with it."""
    name = name_number(number, context) if number and number != title else ""
    return title if title.startswith(name) else f"{name} · {title}"


def _name_items(categories: Iterable[str], context: CardContext) -> str:
    return context.join_first([context.name_category(name) for name in categories], 8)
