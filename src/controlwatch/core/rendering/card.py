"""A card says what an alert says, before any channel draws it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, TypeVar

from controlwatch.core.alerting.paused_targets import OUTBOX
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.graph import State
from controlwatch.core.law.key_dates import SUSPENSION_ENDS
from controlwatch.core.law.status import Status
from controlwatch.core.model import (
    Alert,
    AlertKind,
    Caveat,
    EffectiveDate,
    Kind,
    Language,
    Notice,
    Relation,
    Stretch,
    Verb,
)
from controlwatch.core.model.text_safety import link
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.facts import Fact, day_left, some
from controlwatch.core.rendering.key_date_text import coming, occasion_badge, occasion_facts, occasion_heading
from controlwatch.core.rendering.wording import pick, tongues, word

Tone = Literal[
    "tighten", "relax", "suspend", "resume", "clarify", "neutral", "report", "health-down", "health-up"
]

Finding = TypeVar("Finding")
Mark = TypeVar("Mark", bound=Hashable)
#: How loud an alert is: a control that binds already, or something to read when there is time.
Weight = Literal["urgent", "normal", "quiet"]
#: Directions that take something away from those who ship.
BINDING: frozenset[Tone] = frozenset({"tighten", "resume"})
IN_FORCE = frozenset({State.IN_FORCE, State.PARTLY, State.UNKNOWN})
CALM: frozenset[Tone] = frozenset({"clarify", "neutral", "report"})

#: Kinds of alert that are told apart from notices, whatever these say.
TONES: dict[AlertKind, Tone] = {
    "health-up": "health-up",
    "health-down": "health-down",
    "lead": "health-down",
    "report": "report",
}
SHOWN_CODES = 8
SHOWN_ENTITIES = 6
SHOWN_ITEMS = 6
SHOWN_TARGETS = 8
SHOWN_CAVEATS = 4
#: A redline of more characters than this is cut; the whole is in `controlwatch show`.
LONGEST_REDLINE = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One alert, ready to be drawn."""

    tone: Tone
    weight: Weight = "normal"
    badge: str  #: the direction, or what kind of alert this is, in capitals
    heading: str  #: number and items: the line that must be enough on a phone
    title: str  #: the notice's own title
    summary: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    caveats: tuple[Fact, ...] = ()  #: what must not be overlooked; all bear the same label
    moved: tuple[str, ...] = ()
    redline: tuple[Stretch, ...] = ()
    doubts: tuple[str, ...] = ()
    url: str | None = None
    links: tuple[tuple[str, str], ...] = ()  #: of our own, each with its label: our copy, the evidence
    mutable: tuple[tuple[str, str], ...] = ()  #: categories that may be muted, each with its name
    footer: tuple[str, ...] = ()
    labels: tuple[str, str, str, str] = ("", "", "", "")  #: words for moved, redline, doubts, source


def card(
    alert: Alert,
    lexicon: Lexicon,
    *,
    language: Language,
    why: str,
    today: date,
    status: Status | None = None,
) -> Card:
    """Draw up the card of an alert. `today` is the day in Beijing, for the days left and for the status."""
    labels = (
        word("moved", language),
        word("redline", language),
        word("doubts", language),
        word("source", language),
    )
    plain = Card(
        tone=_tone(alert),
        badge=word("paused" if alert.watcher == OUTBOX else alert.kind, language),
        heading=alert.title,
        title="",
        url=link(alert.url),
        footer=tuple(_footer(alert, why, language)),
        labels=labels,
    )
    if alert.notice is None:
        summary = _agenda_summary(alert, language) if alert.kind == "outlook" else alert.body
        facts = tuple(coming(event, lexicon, language, today) for event in alert.agenda)
        return replace(plain, summary=(summary,), facts=facts)
    weight = _weight(alert, alert.notice, status, today)
    titled = replace(plain, title=alert.title, doubts=alert.notice.doubts, weight=weight)
    stands = (*_standing(status, language, today),)
    if alert.occasion is not None:
        drawn = replace(
            titled,
            badge=occasion_badge(alert.occasion, language),
            heading=occasion_heading(alert.occasion, alert.notice, lexicon, language, today),
            facts=_proved_once(
                (*occasion_facts(alert.occasion, alert.notice, lexicon, language, today), *stands)
            ),
        )
    else:
        drawn = _of_notice(titled, alert, alert.notice, stands, lexicon, language=language, today=today)
    return _told_again(drawn, alert, language)


def _told_again(drawn: Card, alert: Alert, language: Language) -> Card:
    """Put in front why an alert is told again."""
    if alert.kind not in {"escalation", "due"}:
        return drawn
    badge = f"{word(alert.kind, language)} · {drawn.badge}"
    return replace(drawn, badge=badge, summary=(alert.body, *drawn.summary))


def _of_notice(
    titled: Card,
    alert: Alert,
    notice: Notice,
    stands: tuple[Fact, ...],
    lexicon: Lexicon,
    *,
    language: Language,
    today: date,
) -> Card:
    """Draw up what a notice says, how it stands, and how it differs from before."""
    change = alert.change if alert.told_as == "amended" else None
    urgent = f" · {word('binds-now', language)}" if titled.weight == "urgent" else ""
    return replace(
        titled,
        badge=_badge(alert, notice, language) + urgent,
        heading=_heading(alert, notice, lexicon, language),
        summary=tuple(
            text for text in (getattr(notice.summary, tongue) for tongue in tongues(language)) if text
        ),
        facts=_proved_once(_facts(alert, notice, stands, lexicon, language, today)),
        caveats=tuple(_caveats(notice, language)),
        moved=change.moved if change else (),
        redline=_cut(change.redline) if change else (),
    )


def _tone(alert: Alert) -> Tone:
    """Return what colours an alert: its direction, or what kind of alert it is."""
    if alert.told_as in TONES:
        return TONES[alert.told_as]
    ends = alert.occasion is not None and alert.occasion.event.event == SUSPENSION_ENDS
    if ends or alert.notice is None:
        return "resume" if ends else "neutral"
    return alert.notice.direction.value


def _weight(alert: Alert, notice: Notice, status: Status | None, today: date) -> Weight:
    """Return how loud an alert is: a tightening that binds already is not to look like an explanation."""
    tone = _tone(alert)
    if alert.occasion is not None:
        coming = alert.occasion.event.date <= today and not alert.occasion.gone
        return "urgent" if tone in BINDING and coming else "normal"
    if notice.kind in {Kind.FAQ, Kind.GUIDANCE, Kind.DRAFT} or tone in CALM:
        return "quiet"
    begun = any(
        found.start is not None and found.start <= today <= (found.until or today)
        for found in notice.effective
    )
    binds = begun and (status is None or status.state in IN_FORCE)
    return "urgent" if tone in BINDING and binds else "normal"


def _standing(status: Status | None, language: Language, today: date) -> Iterator[Fact]:
    """Yield how a notice stands on this day, with the words of the act that made it so."""
    if status is None or status.state == "unknown":
        return
    said = word(status.state, language)
    if status.until is not None and status.state == "not-yet":
        comes = day_left(status.until + timedelta(days=1), today, language)
        said += f", {word('takes effect', language)} {comes}"
    elif status.until is not None:
        said += f" {word('until', language).lower()} {day_left(status.until, today, language)}"
    quote = status.chain[-1].quote if status.chain else ""
    yield Fact(label=word("status", language), value=said, quote=quote)


def _agenda_summary(alert: Alert, language: Language) -> str:
    count = len(alert.agenda)
    if not count:
        return pick(
            "Nothing known takes effect, ends or closes this week.",
            "本周无已知生效、期满或截止事项。",
            language,
        )
    return pick(f"{count} known events within seven days.", f"七日内已知事项 {count} 项。", language)


def _badge(alert: Alert, notice: Notice, language: Language) -> str:
    if alert.told_as == "report":
        return word("report", language)
    if alert.unread == "page":
        return word("unread", language)
    if alert.told_as == "amended":
        return word("amended", language)
    if notice.kind is Kind.DRAFT:
        return word("draft", language)
    return word(notice.direction.value, language)


def _heading(alert: Alert, notice: Notice, lexicon: Lexicon, language: Language) -> str:
    number = notice.number.canonical if notice.number is not None else alert.about
    tongue = tongues(language)[0]
    names = [lexicon.category_name(finding.id, tongue) for finding in notice.categories]
    items = ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
    return " · ".join(part for part in (number, items) if part) or alert.title


def _facts(
    alert: Alert,
    notice: Notice,
    stands: tuple[Fact, ...],
    lexicon: Lexicon,
    language: Language,
    today: date,
) -> Iterator[Fact]:
    if alert.about:
        yield Fact(label=word("about", language), value=alert.about)
    for found in notice.effective:
        yield _effective(found, language, today)
    yield from stands
    for deadline in notice.deadlines:
        label = f"{word('deadline', language)} ({word(deadline.kind, language)})"
        yield Fact(label=label, value=day_left(deadline.date, today, language), quote=deadline.quote)
    yield from _items(notice, lexicon, language)
    if notice.destinations:
        names = [
            pick(lexicon.place_name(code, "en"), lexicon.place_name(code, "zh"), language)
            for code in notice.destinations
        ]
        yield Fact(label=word("destinations", language), value=", ".join(names))
    yield from _codes("hs", [code.code for code in notice.hs_codes], language)
    yield from _codes("control", [code.code for code in notice.control_codes], language)
    yield from _relations(notice, language)
    if notice.entities:
        named = [pick(entity.en or entity.zh, entity.zh, language) for entity in notice.entities]
        yield Fact(label=word("entities", language), value=some(named, SHOWN_ENTITIES, language))


def _items(notice: Notice, lexicon: Lexicon, language: Language) -> Iterator[Fact]:
    """Yield the item categories, those together that the same words prove."""
    for (basis, quote), found in _alike(notice.categories, lambda one: (one.basis, one.quote)):
        names = [
            pick(lexicon.category_name(one.id, "en"), lexicon.category_name(one.id, "zh"), language)
            + f" [{one.id}]"
            for one in found
        ]
        resolved = f" ({word('resolved', language)})" if basis == "resolved" else ""
        value = some(names, SHOWN_ITEMS, language) + resolved
        yield Fact(label=word("categories", language), value=value, quote=quote)


def _relations(notice: Notice, language: Language) -> Iterator[Fact]:
    """Yield what the notice does to others, those together that the same words name."""
    alike = _alike(notice.relations, lambda one: (one.verb, _end_of(one, notice), one.quote))
    for (verb, until, quote), found in alike:
        targets = [" ".join(filter(None, (one.target, one.clause))) for one in found]
        ends = f" {word('until', language).lower()} {until}" if until else ""
        value = f"{word(verb.value, language)} {some(targets, SHOWN_TARGETS, language)}{ends}"
        yield Fact(label=word("relations", language), value=value, quote=quote)


def _alike(found: Iterable[Finding], mark: Callable[[Finding], Mark]) -> Iterable[tuple[Mark, list[Finding]]]:
    """Return findings by what marks them, in the order in which each mark comes first."""
    groups: dict[Mark, list[Finding]] = {}
    for one in found:
        groups.setdefault(mark(one), []).append(one)
    return groups.items()


def _end_of(relation: Relation, notice: Notice) -> date | None:
    """Return the last day of what a notice does to another: its own end where the relation names none."""
    if relation.until is not None or relation.verb not in {Verb.SUSPENDS, Verb.EXTENDS}:
        return relation.until
    ends = {found.until for found in notice.effective if found.scope == "all"}
    return next(iter(ends)) if len(ends) == 1 else None


def _caveats(notice: Notice, language: Language) -> Iterator[Fact]:
    """Yield some caveats with their words, each sentence once: the first of each kind, then the second."""
    sentences: dict[str, list[Caveat]] = {}
    for caveat in notice.caveats:
        sentences.setdefault(caveat.quote, []).append(caveat)
    before: Counter[str] = Counter()
    rank: dict[str, int] = {}
    for quote, (first, *_) in sentences.items():
        rank[quote] = before[first.kind]
        before[first.kind] += 1
    shown = sorted(sentences, key=rank.__getitem__)[:SHOWN_CAVEATS]
    some = f" ({len(shown)}/{len(sentences)})" if len(shown) < len(sentences) else ""
    for quote in shown:
        label = word("caveats", language) + some
        yield Fact(label=label, value=_overlooked(sentences[quote], language), quote=quote)


def _overlooked(caveats: Iterable[Caveat], language: Language) -> str:
    """Return what kinds of caveat a sentence holds, thresholds with their figures."""
    kinds: dict[str, list[str]] = {}
    for caveat in caveats:
        kinds.setdefault(caveat.kind, []).extend([caveat.value] if caveat.value else [])
    return "; ".join(f"{word(kind, language)} {', '.join(values)}".rstrip() for kind, values in kinds.items())


def _proved_once(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Print each proving sentence where it proves the first thing: one often proves many."""
    seen: set[str] = set()
    kept: list[Fact] = []
    for fact in facts:
        kept.append(replace(fact, quote="") if fact.quote in seen else fact)
        seen.add(fact.quote)
    return tuple(kept)


def _effective(found: EffectiveDate, language: Language, today: date) -> Fact:
    start = day_left(found.start, today, language) if found.start else word("not-stated", language)
    if found.time is not None:
        start += f" {found.time:%H:%M}"
    until = f" → {word('until', language)} {day_left(found.until, today, language)}" if found.until else ""
    scope = f" ({found.scope})" if found.scope != "all" else ""
    return Fact(label=word("effective", language), value=f"{start}{until}{scope}", quote=found.quote)


def _codes(key: str, codes: list[str], language: Language) -> Iterator[Fact]:
    if codes:
        yield Fact(label=word(key, language), value=some(codes, SHOWN_CODES, language))


def _footer(alert: Alert, why: str, language: Language) -> Iterator[str]:
    if alert.notice is not None and alert.notice.published is not None:
        yield f"{word('published', language)} {alert.notice.published}"
    seen = alert.made_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    yield f"{word('seen', language)} {seen}, {alert.watcher}"
    if why:
        yield f"{word('why', language)}: {why}"


def _cut(redline: Iterable[Stretch]) -> tuple[Stretch, ...]:
    kept: list[Stretch] = []
    left = LONGEST_REDLINE
    for stretch in redline:
        if left <= 0:
            kept.append(Stretch(op="same", text=" …"))
            break
        kept.append(Stretch(op=stretch.op, text=stretch.text[:left]))
        left -= len(stretch.text)
    return tuple(kept)
