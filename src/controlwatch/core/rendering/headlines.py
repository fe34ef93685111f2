"""The first line of an alert: what, from when, for whom, by which notice. It must suffice on a phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from controlwatch.core.extraction.findings.date_corrections import list_moves
from controlwatch.core.extraction.report.measures import (
    IMPORT_MEASURES,
    PORT_FEE_MEASURES,
    STANDING_MEASURES,
    SUSPENSIONS,
    choose_measure,
    list_whole_destinations,
)
from controlwatch.core.extraction.report.summary import ARTICLE_PREFIXES, name_in_chinese, name_in_english
from controlwatch.core.model import Alert, Language, MovedDate, Notice, Verb
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.state_text import describe_move

#: A headline of more characters is shortened by whole items; Slack cuts its header at 150.
MAX_HEADLINE = 132
MAX_PLACES = 2
#: A finding that changed: effective: 2026-12-01 → 2026-12-22
MOVED_DAY = re.compile(r"effective: (\d{4}-\d\d-\d\d) → (\d{4}-\d\d-\d\d)")
#: Texts that change nothing from a day on.
#: What a category is called behind a measure that its name would say again, in English and in Chinese.
SUBJECTS: dict[str, tuple[str, str]] = {
    "list.master": ("items on the dual-use control list", "两用物项出口管制清单所列物项"),
    "licence.catalogue": ("items in the dual-use licence catalogue", "两用物项许可证管理目录所列物项"),
    "licence.goods": ("goods in the export licence catalogue", "出口许可证管理货物目录所列货物"),
    "licence.procedure": ("application procedure", "申请程序"),
    "tariff.additional": ("imports", "进口货物"),
    "tariff.import_rates": ("imports", "进口货物"),
    "tariff.export_duty": ("exports", "出口货物"),
    "trade_remedy": ("imports", "进口货物"),
    "tax.vat_rebate": ("exports", "出口货物"),
    "sps_import": ("quarantine measure by customs", "海关检验检疫措施"),
    "shipping": ("ships", "船舶"),
    "procurement": ("public contracts", "政府采购项目"),
}
#: Measures that are not named by the category: its own name stands behind them.
UNNAMED_MEASURES = frozenset({"rules-changed", "correction", "explanation", "draft", "no-change", "no-text"})
UNDATED_MEASURES = frozenset({"draft", "explanation", "no-change", "no-text"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The parts of the first line of an alert."""

    badge: str  #: the measure, in capitals
    when: str  #: from when and until when, or that no date is stated
    subject: str  #: items or parties, with the number of the notice


def build_headline(alert: Alert, notice: Notice, context: CardContext) -> Headline:
    """Return the headline of an alert about a new, amended or reported notice."""
    measure = choose_measure(notice, context.lexicon)
    moves = list_moves(notice, context.lexicon) if measure == "moved-day" else ()
    is_end = bool(moves) and all(move.event == "ends" for _, move in moves)
    badge = context.find_word("moved-end" if is_end else measure)
    if alert.original_kind == "report":
        badge = f"{context.find_word('report')}: {badge}"
    elif alert.unread == "page":
        badge = context.find_word("unread")
    elif alert.original_kind == "amended":
        badge = f"{context.find_word('amended')}: {badge}"
    if moves:
        when = _describe_moves([move for _, move in moves], context)
    elif (moved := _find_moved_day(alert)) is not None:
        when = context.pick_one("date ", "生效日期") + describe_move(moved, _pick_language(context))
    elif measure in UNDATED_MEASURES:
        when = _describe_publication(notice, measure, context)
    else:
        when = _describe_when(notice, measure, context)
    canonical = notice.number.canonical if notice.number is not None else alert.about or ""
    number = name_number(canonical, context)
    room = MAX_HEADLINE - len(badge) - len(when) - len(number)
    if moves:
        subject = _name_targets(notice, context, room)
        items = _describe_subject(notice, measure, context, room - len(subject))
        subject = context.pick_one(", ", "，").join(filter(None, (subject, items)))
    else:
        subject = _describe_subject(notice, measure, context, room) or _name_targets(notice, context, room)
    subject = subject or truncate_words(notice.title, room)
    named = context.pick_one(f" ({number})", f"（{number}）") if number else ""
    return Headline(badge=badge, when=when, subject=f"{subject}{named}")


def name_number(canonical: str, context: CardContext) -> str:
    """Return the number of a notice as a reader sees it: MOFCOM–GACC 2025-58, or as printed in Chinese."""
    if context.language == "zh":
        return name_in_chinese(canonical, context.lexicon) or canonical
    if not canonical.isascii():
        return name_in_english(canonical, context.lexicon)
    issuers, _, rest = canonical.partition(" ")
    return f"{issuers.replace('-', '–')} {rest}" if rest else canonical


def truncate_words(text: str, room: int) -> str:
    """Return the beginning of a text that fits, cut between words; Chinese between characters.

    >>> truncate_words("rare-earth production equipment", 24)
    'rare-earth production …'
    """
    if len(text) <= room:
        return text
    cut = text[: max(1, room - 2)]
    head, blank, _ = cut.rpartition(" ")
    return f"{head if blank and text[len(cut)].isalnum() and cut[-1].isascii() else cut.rstrip()} …"


def describe_places(codes: tuple[str, ...], context: CardContext) -> str:
    """Return the first places in one language, and how many more there are."""
    name = context.lexicon.get_place_name
    places = [
        context.pick_one(_add_article(name(code, "en")), name(code, "zh")) for code in codes[:MAX_PLACES]
    ]
    more = f" +{len(codes) - MAX_PLACES}" if len(codes) > MAX_PLACES else ""
    return context.pick_one(", ", "、").join(places) + more


def _add_article(place: str) -> str:
    return f"the {place}" if place.startswith(ARTICLE_PREFIXES) else place


def _describe_publication(notice: Notice, measure: str, context: CardContext) -> str:
    """Return until when comments on a draft are taken, or when a text that changes nothing was published."""
    closes = [deadline.date for deadline in notice.deadlines if deadline.kind == "comments-close"]
    if measure == "draft" and closes:
        last = context.format_date(min(closes))
        return context.pick_one(f"until {last}", f"（{last}截止）")
    if notice.published is None:
        return ""
    day = context.format_date(notice.published)
    return context.pick_one(f"of {day}", f"（{day}）")


def _describe_when(notice: Notice, measure: str, context: CardContext) -> str:
    """Return from when a notice applies: the first of several days, or that none is stated."""
    starts = sorted({span.start for span in notice.effective if span.start is not None})
    ends = {span.until for span in notice.effective if span.until is not None}
    end = context.format_date(next(iter(ends))) if len(ends) == 1 else ""
    has_begun = bool(starts) and starts[0] <= context.today
    if measure in SUSPENSIONS and ends and max(ends) < context.today:
        last = context.format_date(max(ends))
        return context.pick_one(f"(ended on {last})", f"（已于{last}届满）")
    if end and (not starts or (has_begun and measure in SUSPENSIONS)):
        return context.pick_one(f"until {end}", f"至{end}")
    if not starts:
        return context.pick_one("date not stated", "日期未载明")
    first = context.format_date(starts[0])
    if len(starts) > 1:
        return context.pick_one(f"in stages from {first}", f"自{first}起分阶段")
    lead = "in force since" if has_begun and measure in STANDING_MEASURES else "from"
    english, chinese = f"{lead} {first}", f"自{first}起"
    return (
        context.pick_one(f"{english} until {end}", f"{chinese}至{end}")
        if end
        else context.pick_one(english, chinese)
    )


def _pick_language(context: CardContext) -> Language:
    return "zh" if context.language == "zh" else "en"


def _find_moved_day(alert: Alert) -> MovedDate | None:
    """Return how the amended text of a notice moves the day from which it applies, or None."""
    lines = alert.change.moved if alert.original_kind == "amended" and alert.change is not None else ()
    days = next((hit for line in lines if (hit := MOVED_DAY.fullmatch(line))), None)
    if days is None:
        return None
    old, new = map(date.fromisoformat, days.groups())
    return MovedDate(event="takes effect", old=old, new=new)


def _describe_moves(moves: Sequence[MovedDate], context: CardContext) -> str:
    """Return from which day to which a date moved: the first of several."""
    first = describe_move(moves[0], _pick_language(context)).removeprefix("moved ")
    more = f" +{len(moves) - 1}" if len(moves) > 1 else ""
    return first + more


def _name_targets(notice: Notice, context: CardContext, room: int) -> str:
    """Return the notices that a notice acts on, as many as fit: it may name no item itself."""
    targets = [relation for relation in notice.relations if relation.verb is not Verb.REPORTS]
    names = [
        f"{name_number(relation.target, context)} {context.name_scope(relation.clause or '')}".rstrip()
        for relation in targets
    ]
    return context.join_within(list(dict.fromkeys(names)), room) if names else ""


def _name_subjects(ids: Sequence[str], measure: str, context: CardContext) -> list[str]:
    """Return the names of categories without what the measure says already, but for one that is alone."""
    if measure in UNNAMED_MEASURES:
        return [context.name_briefly(name) for name in ids]
    items = [name for name in ids if name not in SUBJECTS]
    if items:
        return [context.name_briefly(name) for name in items]
    return [context.pick_one(*SUBJECTS[name]) for name in ids]


def _describe_subject(notice: Notice, measure: str, context: CardContext, room: int) -> str:
    """Return the items, or the list with its parties, and the destinations: as many as fit, never cut."""
    ids = [finding.id for finding in notice.categories if not finding.id.startswith("destination.")]
    lists = [name for name in ids if name.startswith("entity.")]
    names = list(dict.fromkeys(_name_subjects(lists or ids, measure, context)))
    to = ""
    if lists:
        parties = [context.pick_one(party.en or party.zh, party.zh or party.en) for party in notice.entities]
        heading = context.join_within(names, room)
        lead = heading + context.pick_one(": ", "：")
        return lead + context.join_within(parties, room - len(lead)) if parties else heading
    if whole := list_whole_destinations(notice):
        places = describe_places(whole, context)
        if measure in IMPORT_MEASURES:
            return context.pick_one(f"goods from {places}", f"来自{places}的货物")
        english, chinese = ("linked to", "涉") if measure in PORT_FEE_MEASURES else ("to", "对")
        to = context.pick_one(f" {english} {places}", f"，{chinese}{places}")
    return context.join_within(names, room - len(to)) + to if names else ""
