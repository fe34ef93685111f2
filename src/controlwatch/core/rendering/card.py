"""A card says what an alert says, before any channel draws it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, TypeVar

from controlwatch.core.alerting.delivery_failures import OUTBOX_SOURCE
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.key_dates import SUSPENSION_ENDS
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import (
    Alert,
    AlertKind,
    Caveat,
    EffectiveDate,
    Language,
    Notice,
    NoticeKind,
    RedlineSegment,
    Relation,
    Verb,
)
from controlwatch.core.model.text_safety import to_safe_link
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.facts import CardFact, format_days_left, join_first
from controlwatch.core.rendering.key_date_text import (
    build_agenda_fact,
    build_occasion_heading,
    choose_occasion_badge,
    list_occasion_facts,
)
from controlwatch.core.rendering.wording import find_word, list_languages, pick_language

Tone = Literal[
    "tighten", "relax", "suspend", "resume", "clarify", "neutral", "report", "health-down", "health-up"
]

Finding = TypeVar("Finding")
Mark = TypeVar("Mark", bound=Hashable)
#: How loud an alert is: a control that binds already, or something to read when there is time.
Weight = Literal["urgent", "normal", "quiet"]
#: Directions that take something away from those who ship.
BINDING_TONES: frozenset[Tone] = frozenset({"tighten", "resume"})
IN_FORCE_STATES = frozenset({LegalState.IN_FORCE, LegalState.PARTLY, LegalState.UNKNOWN})
CALM_TONES: frozenset[Tone] = frozenset({"clarify", "neutral", "report"})

#: Kinds of alert that are told apart from notices, whatever these say.
TONES: dict[AlertKind, Tone] = {
    "health-up": "health-up",
    "health-down": "health-down",
    "lead": "health-down",
    "report": "report",
}
MAX_CODES = 8
MAX_ENTITIES = 6
MAX_ITEMS = 6
MAX_TARGETS = 8
MAX_CAVEATS = 4
#: A redline of more characters than this is cut; the whole is in `controlwatch show`.
MAX_REDLINE = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One alert, ready to be drawn."""

    tone: Tone
    weight: Weight = "normal"
    badge: str  #: the direction, or what kind of alert this is, in capitals
    heading: str  #: number and items: the line that must be enough on a phone
    title: str  #: the notice's own title
    summary: tuple[str, ...] = ()
    facts: tuple[CardFact, ...] = ()
    caveats: tuple[CardFact, ...] = ()  #: what must not be overlooked; all bear the same label
    moved: tuple[str, ...] = ()
    redline: tuple[RedlineSegment, ...] = ()
    doubts: tuple[str, ...] = ()
    url: str | None = None
    links: tuple[tuple[str, str], ...] = ()  #: of our own, each with its label: our copy, the evidence
    mutable: tuple[tuple[str, str], ...] = ()  #: categories that may be muted, each with its name
    footer: tuple[str, ...] = ()
    labels: tuple[str, str, str, str] = ("", "", "", "")  #: words for moved, redline, doubts, source


def build_card(
    alert: Alert,
    lexicon: Lexicon,
    *,
    language: Language,
    why: str,
    today: date,
    status: LegalStatus | None = None,
) -> Card:
    """Draw up the card of an alert. `today` is the day in Beijing, for the days left and for the status."""
    labels = (
        find_word("moved", language),
        find_word("redline", language),
        find_word("doubts", language),
        find_word("source", language),
    )
    plain = Card(
        tone=_choose_tone(alert),
        badge=find_word("paused" if alert.watcher == OUTBOX_SOURCE else alert.kind, language),
        heading=alert.title,
        title="",
        url=to_safe_link(alert.url),
        footer=tuple(_list_footer_lines(alert, why, language)),
        labels=labels,
    )
    if alert.notice is None:
        summary = _summarize_agenda(alert, language) if alert.kind == "outlook" else alert.body
        facts = tuple(build_agenda_fact(event, lexicon, language, today) for event in alert.agenda)
        return replace(plain, summary=(summary,), facts=facts)
    weight = _choose_weight(alert, alert.notice, status, today)
    titled = replace(plain, title=alert.title, doubts=alert.notice.doubts, weight=weight)
    stands = (*_list_status_facts(status, language, today),)
    if alert.occasion is not None:
        drawn = replace(
            titled,
            badge=choose_occasion_badge(alert.occasion, language),
            heading=build_occasion_heading(alert.occasion, alert.notice, lexicon, language, today),
            facts=_drop_repeated_quotes(
                (*list_occasion_facts(alert.occasion, alert.notice, lexicon, language, today), *stands)
            ),
        )
    else:
        drawn = _fill_notice_card(
            titled, alert, alert.notice, stands, lexicon, language=language, today=today
        )
    return _mark_repeated_alert(drawn, alert, language)


def _mark_repeated_alert(drawn: Card, alert: Alert, language: Language) -> Card:
    """Put in front why an alert is told again."""
    if alert.kind not in {"escalation", "due"}:
        return drawn
    badge = f"{find_word(alert.kind, language)} · {drawn.badge}"
    return replace(drawn, badge=badge, summary=(alert.body, *drawn.summary))


def _fill_notice_card(
    titled: Card,
    alert: Alert,
    notice: Notice,
    stands: tuple[CardFact, ...],
    lexicon: Lexicon,
    *,
    language: Language,
    today: date,
) -> Card:
    """Draw up what a notice says, how it stands, and how it differs from before."""
    change = alert.change if alert.original_kind == "amended" else None
    urgent = f" · {find_word('binds-now', language)}" if titled.weight == "urgent" else ""
    return replace(
        titled,
        badge=_choose_badge(alert, notice, language) + urgent,
        heading=_build_heading(alert, notice, lexicon, language),
        summary=tuple(
            text for text in (getattr(notice.summary, tongue) for tongue in list_languages(language)) if text
        ),
        facts=_drop_repeated_quotes(_list_facts(alert, notice, stands, lexicon, language, today)),
        caveats=tuple(_list_caveat_facts(notice, language)),
        moved=change.moved if change else (),
        redline=_truncate_redline(change.redline) if change else (),
    )


def _choose_tone(alert: Alert) -> Tone:
    """Return what colours an alert: its direction, or what kind of alert it is."""
    if alert.original_kind in TONES:
        return TONES[alert.original_kind]
    ends = alert.occasion is not None and alert.occasion.event.event == SUSPENSION_ENDS
    if ends or alert.notice is None:
        return "resume" if ends else "neutral"
    return alert.notice.direction.value


def _choose_weight(alert: Alert, notice: Notice, status: LegalStatus | None, today: date) -> Weight:
    """Return how loud an alert is: a tightening that binds already is not to look like an explanation."""
    tone = _choose_tone(alert)
    if alert.occasion is not None:
        coming = alert.occasion.event.date <= today and not alert.occasion.gone
        return "urgent" if tone in BINDING_TONES and coming else "normal"
    if notice.kind in {NoticeKind.FAQ, NoticeKind.GUIDANCE, NoticeKind.DRAFT} or tone in CALM_TONES:
        return "quiet"
    begun = any(
        found.start is not None and found.start <= today <= (found.until or today)
        for found in notice.effective
    )
    binds = begun and (status is None or status.state in IN_FORCE_STATES)
    return "urgent" if tone in BINDING_TONES and binds else "normal"


def _list_status_facts(status: LegalStatus | None, language: Language, today: date) -> Iterator[CardFact]:
    """Yield how a notice stands on this day, with the words of the act that made it so."""
    if status is None or status.state == "unknown":
        return
    said = find_word(status.state, language)
    if status.until is not None and status.state == "not-yet":
        comes = format_days_left(status.until + timedelta(days=1), today, language)
        said += f", {find_word('takes effect', language)} {comes}"
    elif status.until is not None:
        said += f" {find_word('until', language).lower()} {format_days_left(status.until, today, language)}"
    quote = status.chain[-1].quote if status.chain else ""
    yield CardFact(label=find_word("status", language), value=said, quote=quote)


def _summarize_agenda(alert: Alert, language: Language) -> str:
    count = len(alert.agenda)
    if not count:
        return pick_language(
            "Nothing known takes effect, ends or closes this week.",
            "本周无已知生效、期满或截止事项。",
            language,
        )
    return pick_language(f"{count} known events within seven days.", f"七日内已知事项 {count} 项。", language)


def _choose_badge(alert: Alert, notice: Notice, language: Language) -> str:
    if alert.original_kind == "report":
        return find_word("report", language)
    if alert.unread == "page":
        return find_word("unread", language)
    if alert.original_kind == "amended":
        return find_word("amended", language)
    if notice.kind is NoticeKind.DRAFT:
        return find_word("draft", language)
    return find_word(notice.direction.value, language)


def _build_heading(alert: Alert, notice: Notice, lexicon: Lexicon, language: Language) -> str:
    number = notice.number.canonical if notice.number is not None else alert.about
    tongue = list_languages(language)[0]
    names = [lexicon.get_category_name(finding.id, tongue) for finding in notice.categories]
    items = ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
    return " · ".join(part for part in (number, items) if part) or alert.title


def _list_facts(
    alert: Alert,
    notice: Notice,
    stands: tuple[CardFact, ...],
    lexicon: Lexicon,
    language: Language,
    today: date,
) -> Iterator[CardFact]:
    if alert.about:
        yield CardFact(label=find_word("about", language), value=alert.about)
    for found in notice.effective:
        yield _build_effective_fact(found, language, today)
    yield from stands
    for deadline in notice.deadlines:
        label = f"{find_word('deadline', language)} ({find_word(deadline.kind, language)})"
        yield CardFact(
            label=label, value=format_days_left(deadline.date, today, language), quote=deadline.quote
        )
    yield from _list_category_facts(notice, lexicon, language)
    if notice.destinations:
        names = [
            pick_language(lexicon.get_place_name(code, "en"), lexicon.get_place_name(code, "zh"), language)
            for code in notice.destinations
        ]
        yield CardFact(label=find_word("destinations", language), value=", ".join(names))
    yield from _list_code_facts("hs", [code.code for code in notice.hs_codes], language)
    yield from _list_code_facts("control", [code.code for code in notice.control_codes], language)
    yield from _list_relation_facts(notice, language)
    if notice.entities:
        named = [pick_language(entity.en or entity.zh, entity.zh, language) for entity in notice.entities]
        yield CardFact(label=find_word("entities", language), value=join_first(named, MAX_ENTITIES, language))


def _list_category_facts(notice: Notice, lexicon: Lexicon, language: Language) -> Iterator[CardFact]:
    """Yield the item categories, those together that the same words prove."""
    for (basis, quote), found in _group_findings(notice.categories, lambda one: (one.basis, one.quote)):
        names = [
            pick_language(
                lexicon.get_category_name(one.id, "en"), lexicon.get_category_name(one.id, "zh"), language
            )
            + f" [{one.id}]"
            for one in found
        ]
        resolved = f" ({find_word('resolved', language)})" if basis == "resolved" else ""
        value = join_first(names, MAX_ITEMS, language) + resolved
        yield CardFact(label=find_word("categories", language), value=value, quote=quote)


def _list_relation_facts(notice: Notice, language: Language) -> Iterator[CardFact]:
    """Yield what the notice does to others, those together that the same words name."""
    alike = _group_findings(notice.relations, lambda one: (one.verb, _find_end_date(one, notice), one.quote))
    for (verb, until, quote), found in alike:
        targets = [" ".join(filter(None, (one.target, one.clause))) for one in found]
        ends = f" {find_word('until', language).lower()} {until}" if until else ""
        value = f"{find_word(verb.value, language)} {join_first(targets, MAX_TARGETS, language)}{ends}"
        yield CardFact(label=find_word("relations", language), value=value, quote=quote)


def _group_findings(
    found: Iterable[Finding], mark: Callable[[Finding], Mark]
) -> Iterable[tuple[Mark, list[Finding]]]:
    """Return findings by what marks them, in the order in which each mark comes first."""
    groups: dict[Mark, list[Finding]] = {}
    for one in found:
        groups.setdefault(mark(one), []).append(one)
    return groups.items()


def _find_end_date(relation: Relation, notice: Notice) -> date | None:
    """Return the last day of what a notice does to another: its own end where the relation names none."""
    if relation.until is not None or relation.verb not in {Verb.SUSPENDS, Verb.EXTENDS}:
        return relation.until
    ends = {found.until for found in notice.effective if found.scope == "all"}
    return next(iter(ends)) if len(ends) == 1 else None


def _list_caveat_facts(notice: Notice, language: Language) -> Iterator[CardFact]:
    """Yield some caveats with their words, each sentence once: the first of each kind, then the second."""
    sentences: dict[str, list[Caveat]] = {}
    for caveat in notice.caveats:
        sentences.setdefault(caveat.quote, []).append(caveat)
    before: Counter[str] = Counter()
    rank: dict[str, int] = {}
    for quote, (first, *_) in sentences.items():
        rank[quote] = before[first.kind]
        before[first.kind] += 1
    shown = sorted(sentences, key=rank.__getitem__)[:MAX_CAVEATS]
    some = f" ({len(shown)}/{len(sentences)})" if len(shown) < len(sentences) else ""
    for quote in shown:
        label = find_word("caveats", language) + some
        yield CardFact(label=label, value=_describe_caveats(sentences[quote], language), quote=quote)


def _describe_caveats(caveats: Iterable[Caveat], language: Language) -> str:
    """Return what kinds of caveat a sentence holds, thresholds with their figures."""
    kinds: dict[str, list[str]] = {}
    for caveat in caveats:
        kinds.setdefault(caveat.kind, []).extend([caveat.value] if caveat.value else [])
    return "; ".join(
        f"{find_word(kind, language)} {', '.join(values)}".rstrip() for kind, values in kinds.items()
    )


def _drop_repeated_quotes(facts: Iterable[CardFact]) -> tuple[CardFact, ...]:
    """Print each proving sentence where it proves the first thing: one often proves many."""
    seen: set[str] = set()
    kept: list[CardFact] = []
    for fact in facts:
        kept.append(replace(fact, quote="") if fact.quote in seen else fact)
        seen.add(fact.quote)
    return tuple(kept)


def _build_effective_fact(found: EffectiveDate, language: Language, today: date) -> CardFact:
    start = (
        format_days_left(found.start, today, language) if found.start else find_word("not-stated", language)
    )
    if found.time is not None:
        start += f" {found.time:%H:%M}"
    until = (
        f" → {find_word('until', language)} {format_days_left(found.until, today, language)}"
        if found.until
        else ""
    )
    scope = f" ({found.scope})" if found.scope != "all" else ""
    return CardFact(label=find_word("effective", language), value=f"{start}{until}{scope}", quote=found.quote)


def _list_code_facts(key: str, codes: list[str], language: Language) -> Iterator[CardFact]:
    if codes:
        yield CardFact(label=find_word(key, language), value=join_first(codes, MAX_CODES, language))


def _list_footer_lines(alert: Alert, why: str, language: Language) -> Iterator[str]:
    if alert.notice is not None and alert.notice.published is not None:
        yield f"{find_word('published', language)} {alert.notice.published}"
    seen = alert.made_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    yield f"{find_word('seen', language)} {seen}, {alert.watcher}"
    if why:
        yield f"{find_word('why', language)}: {why}"


def _truncate_redline(redline: Iterable[RedlineSegment]) -> tuple[RedlineSegment, ...]:
    kept: list[RedlineSegment] = []
    left = MAX_REDLINE
    for stretch in redline:
        if left <= 0:
            kept.append(RedlineSegment(op="same", text=" …"))
            break
        kept.append(RedlineSegment(op=stretch.op, text=stretch.text[:left]))
        left -= len(stretch.text)
    return tuple(kept)
