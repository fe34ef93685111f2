"""The content of an alert as a card, before a channel formats it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from controlwatch.core.alerting.delivery_failures import OUTBOX_SOURCE
from controlwatch.core.alerting.routing import REVIEW_KINDS
from controlwatch.core.extraction.report.doubts import NO_ITEM_NAMED
from controlwatch.core.extraction.report.measures import choose_measure
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import (
    Alert,
    AlertKind,
    AlertText,
    Direction,
    Language,
    Notice,
    NoticeKind,
    RedlineSegment,
)
from controlwatch.core.model.alert import SUSPENSION_ENDS
from controlwatch.core.model.text_safety import to_safe_link
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.day_text import add_known_day, spell_dates
from controlwatch.core.rendering.facts import CardContext, CardFact
from controlwatch.core.rendering.headlines import build_headline
from controlwatch.core.rendering.key_date_text import (
    ENDING_WORDS,
    build_agenda_fact,
    build_cancelled_fact,
    build_occasion_heading,
    choose_occasion_badge,
    list_occasion_facts,
    summarize_occasion,
)
from controlwatch.core.rendering.notice_facts import (
    drop_repeated_quotes,
    list_caveat_facts,
    list_notice_facts,
    list_status_facts,
)
from controlwatch.core.rendering.reason_text import describe_reasons
from controlwatch.core.rendering.review_card import (
    build_review_heading,
    list_review_facts,
    list_review_summaries,
)
from controlwatch.core.rendering.wording import list_languages

Tone = Literal[
    "tighten",
    "relax",
    "suspend",
    "resume",
    "clarify",
    "neutral",
    "report",
    "review",
    "health-down",
    "health-up",
]
#: The priority of an alert: a control that binds already, or something to read when there is time.
Weight = Literal["urgent", "normal", "quiet"]
#: Directions that restrict exporters.
BINDING_TONES: frozenset[Tone] = frozenset({"tighten", "resume"})
IN_FORCE_STATES = frozenset({LegalState.IN_FORCE, LegalState.PARTLY, LegalState.UNKNOWN})
CALM_TONES: frozenset[Tone] = frozenset({"clarify", "neutral", "report"})

#: Kinds of alert with their own tone, whatever the notice says.
TONES: dict[AlertKind, Tone] = {
    "health-up": "health-up",
    "health-down": "health-down",
    "lead": "health-down",
    "report": "report",
    "review": "review",
    "judged-change": "review",
    "judged-no-change": "report",
}
#: A redline of more characters than this is cut; all of it is in `controlwatch show`.
MAX_REDLINE = 1_500
#: What makes alerts that no source causes.
CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One alert, ready to be formatted."""

    tone: Tone
    weight: Weight = "normal"
    badge: str  #: the direction, or what kind of alert this is, in capitals
    when: str = ""  #: of notices: from when and until when
    heading: str  #: items or parties, and the number
    title: str  #: the notice's own title
    summary: tuple[str, ...] = ()
    facts: tuple[CardFact, ...] = ()
    caveats: tuple[CardFact, ...] = ()  #: what must not be overlooked; all have the same label
    moved: tuple[str, ...] = ()
    redline: tuple[RedlineSegment, ...] = ()
    doubts: tuple[str, ...] = ()
    url: str | None = None
    links: tuple[tuple[str, str], ...] = ()  #: label and URL of the stored copy and the evidence
    mutable: tuple[tuple[str, str], ...] = ()  #: categories that may be muted, each with its name
    review: int | None = None  #: of a document that needs review: the number by which a person settles it
    offers_prose: bool = False  #: a language model may be asked to translate and explain its text
    footer: tuple[str, ...] = ()
    is_shortened: bool = False  #: parts of it were left out
    language: Language = "both"  #: of the reader, for the buttons below it
    labels: tuple[str, str, str, str] = ("", "", "", "")  #: words for moved, redline, doubts, source

    @property
    def colon(self) -> str:
        """What stands behind a label."""
        return "：" if self.language == "zh" else ": "

    @property
    def headline(self) -> str:
        """The line that must suffice on a phone: what, from when, for whom, by which notice."""
        if self.when:
            return f"{self.badge} {self.when} · {self.heading}"
        return f"{self.badge}{self.colon}{self.heading}"


def build_card(
    alert: Alert, context: CardContext, *, why: str = "", status: LegalStatus | None = None
) -> Card:
    """Return the card of an alert: `why` it was sent to the reader, and the legal status of its notice."""
    notice, word = alert.notice, context.find_word
    made_at = alert.made_at.astimezone(BEIJING)
    seen = f"{word('seen')} {context.format_date(made_at.date())} {made_at:%H:%M}, {alert.watcher}"
    footer = [seen] if alert.watcher != CLOCK else []
    if notice is not None and notice.published is not None:
        footer.insert(0, f"{word('published')} {context.format_date(notice.published)}")
    text = choose_alert_text(alert, context)
    if why:
        reasons = text.body if why == alert.body else describe_reasons(why, context)
        footer.append(f"{word('why')}{context.pick_one(': ', '：')}{reasons}")
    card = Card(
        tone=_choose_tone(alert),
        badge=word("paused" if alert.watcher == OUTBOX_SOURCE else alert.kind),
        heading=text.title,
        title="",
        url=to_safe_link(alert.url),
        footer=tuple(footer),
        language=context.language,
        labels=(word("moved"), word("redline"), word("doubts"), word("source")),
    )
    if notice is None:
        if alert.kind == "outlook":
            facts = tuple(build_agenda_fact(event, context) for event in alert.agenda)
            return replace(card, summary=(_summarize_agenda(alert, context),), facts=facts)
        return _fill_system_card(card, alert, text, context)
    moves_date = choose_measure(notice, context.lexicon) == "moved-day"
    weight = _choose_weight(alert, notice, status, context.today, moves_date=moves_date)
    card = replace(
        card, title=alert.title, doubts=context.translate_doubts(_list_open_doubts(notice)), weight=weight
    )
    # Nothing is known of the status of a notice whose page was not read, and an explanation has none.
    known = None if alert.unread == "page" or not notice.is_change else status
    status_facts = tuple(
        list_status_facts(known, context, is_suspension=notice.direction is Direction.SUSPEND)
    )
    if alert.occasion is not None:
        own = [item for item in alert.others if item.event.key == alert.occasion.event.key]
        foreign = [item.event for item in alert.others if item not in own]
        found = [
            fact
            for occasion in (alert.occasion, *own)
            for fact in list_occasion_facts(occasion, notice, context)
        ]
        found += [build_cancelled_fact(event, context) for event in foreign]
        # What the end of a term means is in the summary.
        standing = () if alert.occasion.event.event in ENDING_WORDS else status_facts
        happenings = sorted(dict.fromkeys(found), key=lambda fact: fact.word != "what")
        occasion_facts = (*happenings, *standing)
        card = replace(
            card,
            badge=choose_occasion_badge(alert.occasion, context),
            heading=build_occasion_heading(alert.occasion, notice, context, others=alert.others),
            summary=summarize_occasion(alert.occasion, context),
            facts=tuple(drop_repeated_quotes(occasion_facts, alert.title)),
        )
    elif alert.original_kind in REVIEW_KINDS:
        card = _fill_review_card(card, alert, notice, context)
    else:
        card = _fill_notice_card(card, alert, notice, status_facts, context)
    if alert.kind in {"escalation", "due"}:
        # The reason for the repetition comes first.
        return replace(card, badge=f"{word(alert.kind)} · {card.badge}", summary=(text.body, *card.summary))
    return card


def _fill_system_card(card: Card, alert: Alert, text: AlertText, context: CardContext) -> Card:
    """Return the card with what is wrong and what to do, and for operators the technical reason."""
    both = alert.chinese if context.language == "both" else None
    bodies = (text.body, spell_dates(both.body, "zh") if both is not None else "")
    return replace(
        card,
        title=spell_dates(both.title, "zh") if both is not None else "",
        summary=tuple(filter(None, bodies)),
        facts=(context.build_fact("technical", alert.technical),) if alert.technical else (),
    )


def choose_alert_text(alert: Alert, context: CardContext) -> AlertText:
    """Return title and body in the reader's first language; where an old alert has English only, in that."""
    if alert.chinese is not None and context.language == "zh":
        title, body = alert.chinese.title, alert.chinese.body
        return AlertText(title=spell_dates(title, "zh"), body=spell_dates(body, "zh"))
    return AlertText(title=spell_dates(alert.title), body=spell_dates(alert.body))


def _fill_notice_card(
    card: Card, alert: Alert, notice: Notice, status_facts: tuple[CardFact, ...], context: CardContext
) -> Card:
    """Return the card with what a notice says, its status, and the difference from before."""
    headline = build_headline(alert, notice, context)
    summaries = (
        spell_dates(getattr(notice.summary, language), language)
        for language in list_languages(context.language)
    )
    change = alert.change if alert.original_kind == "amended" else None
    facts = list_notice_facts(alert, notice, status_facts, context)
    return replace(
        card,
        badge=headline.badge,
        when=headline.when,
        heading=headline.subject,
        summary=tuple(text for text in summaries if text),
        facts=tuple(drop_repeated_quotes(facts, alert.title)),
        caveats=tuple(list_caveat_facts(notice, context)),
        moved=context.describe_moved(change.moved if change is not None else ()),
        redline=_truncate_redline(change.redline) if change else (),
    )


def _fill_review_card(card: Card, alert: Alert, notice: Notice, context: CardContext) -> Card:
    """Return the card with why a person should look, or what a person decided: nothing that was not read."""
    change = alert.change if alert.change is not None and alert.change.kind == "amended" else None
    return replace(
        card,
        badge=context.find_word(alert.original_kind),
        heading=build_review_heading(alert, notice, context),
        summary=list_review_summaries(alert, context),
        facts=tuple(drop_repeated_quotes(list_review_facts(alert, notice, context), alert.title)),
        moved=context.describe_moved(change.moved if change is not None else ()),
        redline=_truncate_redline(change.redline) if change else (),
        review=alert.review_id if alert.original_kind == "review" else None,
    )


def _list_open_doubts(notice: Notice) -> Iterable[str]:
    """Return the doubts, without that no item is named where the notices acted on name them."""
    is_resolved = any(finding.basis == "resolved" for finding in notice.categories)
    return (doubt for doubt in notice.doubts if doubt != NO_ITEM_NAMED or not is_resolved)


def _choose_tone(alert: Alert) -> Tone:
    """Return what sets the colour of an alert: its direction, or what kind of alert it is."""
    if alert.original_kind in TONES:
        return TONES[alert.original_kind]
    if alert.occasion is not None and alert.occasion.event.event == SUSPENSION_ENDS:
        return "resume"
    return alert.notice.direction.value if alert.notice is not None else "neutral"


def _choose_weight(
    alert: Alert, notice: Notice, status: LegalStatus | None, today: date, *, moves_date: bool
) -> Weight:
    """Return the priority of an alert: a tightening that binds already must not look like an explanation."""
    tone = _choose_tone(alert)
    if alert.occasion is not None:
        has_come = alert.occasion.event.date <= today and not alert.occasion.gone
        return "urgent" if tone in BINDING_TONES and has_come else "normal"
    if notice.kind in {NoticeKind.FAQ, NoticeKind.GUIDANCE, NoticeKind.DRAFT} or tone in CALM_TONES:
        return "normal" if moves_date else "quiet"
    has_begun = any(
        effective.start is not None and effective.start <= today <= (effective.until or today)
        for effective in notice.effective
    )
    binds = has_begun and (status is None or status.state in IN_FORCE_STATES)
    return "urgent" if tone in BINDING_TONES and binds else "normal"


def _summarize_agenda(alert: Alert, context: CardContext) -> str:
    count = len(alert.agenda)
    english, chinese = f"{count} known events within seven days", f"七日内已知事项 {count} 项"
    if not count:
        english = "Nothing known takes effect, ends or closes this week"
        chinese = "本周无已知生效、期满或截止事项"
    coverage = context.coverage
    return context.pick_language(
        f"{add_known_day(english, coverage)}.", f"{add_known_day(chinese, coverage, 'zh')}。"
    )


def _truncate_redline(redline: Iterable[RedlineSegment]) -> tuple[RedlineSegment, ...]:
    kept: list[RedlineSegment] = []
    left = MAX_REDLINE
    for segment in redline:
        if left <= 0:
            kept.append(RedlineSegment(op="same", text=" …"))
            break
        kept.append(RedlineSegment(op=segment.op, text=segment.text[:left]))
        left -= len(segment.text)
    return tuple(kept)
