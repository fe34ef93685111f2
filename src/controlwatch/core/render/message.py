"""A card says what an alert says, before any channel draws it; a message is the cards of one delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from controlwatch.core.address import canonical
from controlwatch.core.calendar import BEIJING, beijing_day
from controlwatch.core.events import SUSPENSION_ENDS
from controlwatch.core.links import Links
from controlwatch.core.model import (
    Alert,
    AlertKind,
    Caveat,
    Delivery,
    EffectiveDate,
    Kind,
    Language,
    Notice,
    Stretch,
    key_of,
)
from controlwatch.core.pausing import OUTBOX
from controlwatch.core.reading.lexicon import Lexicon
from controlwatch.core.render.confirming import request
from controlwatch.core.render.facts import Fact, day_left, some
from controlwatch.core.render.occasions import coming, occasion_badge, occasion_facts, occasion_heading
from controlwatch.core.render.words import pick, tongues, word

Tone = Literal[
    "tighten", "relax", "suspend", "resume", "clarify", "neutral", "report", "health-down", "health-up"
]

#: Kinds of alert that are told apart from notices, whatever these say.
TONES: dict[AlertKind, Tone] = {
    "health-up": "health-up",
    "health-down": "health-down",
    "lead": "health-down",
    "report": "report",
}
SHOWN_CODES = 8
SHOWN_ENTITIES = 6
SHOWN_CAVEATS = 4
#: A redline of more characters than this is cut; the whole is in `controlwatch show`.
LONGEST_REDLINE = 1_500
NO_LINKS = Links()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One alert, ready to be drawn."""

    tone: Tone
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
    footer: tuple[str, ...] = ()
    labels: tuple[str, str, str, str] = ("", "", "", "")  #: words for moved, redline, doubts, source


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What leaves in one piece: one card, or a digest of several."""

    subject: str
    cards: tuple[Card, ...]
    thread: str = ""  #: what its one card is about, the same for all messages about it; "" for digests
    unsubscribe: str = ""  #: the address that ends the subscription
    reply_to: str = ""  #: the receipt of the first message about the same notice
    acts_on: str = ""  #: the delivery's key, where people may act on the message


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Composes messages of one moment, and draws each card up once for all who get the same."""

    lexicon: Lexicon
    now: datetime
    links: Links = NO_LINKS
    #: alert, language, why → the card
    _drawn: dict[tuple[int, Language, str], Card] = field(default_factory=dict, init=False)

    def compose(self, deliveries: tuple[Delivery, ...]) -> Message:
        """Make the message for deliveries that leave together; all have the same subscription."""
        subscription = deliveries[0].subscription
        # Whoever sees a link can follow it: it stands in a mail to one address, not in a channel for many.
        personal = subscription.channel == "email" and subscription.confirmed
        leave = self.links.unsubscribe(subscription.id) if personal else ""
        cards = tuple(self._card(delivery) for delivery in deliveries)
        if len(cards) == 1:
            return Message(
                subject=f"{cards[0].badge}: {cards[0].heading}",
                cards=cards,
                thread=thread_of(deliveries[0].alert),
                unsubscribe=leave,
                reply_to=deliveries[0].first_receipt,
                acts_on=deliveries[0].key if deliveries[0].alert.notice is not None else "",
            )
        count = pick(f"{len(cards)} alerts", f"{len(cards)} 条提醒", subscription.language)
        subject = f"controlwatch: {count}, {beijing_day(self.now)}"
        return Message(subject=subject, cards=cards, unsubscribe=leave)

    def _card(self, delivery: Delivery) -> Card:
        if delivery.alert.kind == "confirmation":  # it holds a link that is for one reader alone
            return _confirmation(delivery, self.links)
        language, why = delivery.subscription.language, delivery.why
        same = (delivery.alert_id, language, why)
        if same not in self._drawn:
            today = beijing_day(self.now)
            self._drawn[same] = card(delivery.alert, self.lexicon, language=language, why=why, today=today)
        return self._drawn[same]


def _confirmation(delivery: Delivery, links: Links) -> Card:
    subscription = delivery.subscription
    language = subscription.language
    link = links.confirm(subscription.id)
    if not link:
        raise ValueError("nobody can confirm without CONTROLWATCH_PUBLIC_URL")
    return Card(
        tone="neutral",
        badge=word("confirmation", language),
        heading=pick("alerts about China's export controls", "中国出口管制提醒", language),
        title="",
        summary=request(delivery.alert, subscription),
        url=link,
        labels=("", "", "", word("confirm", language)),
    )


def thread_of(alert: Alert) -> str:
    """Return what messages about one notice share: the key of its number, else its canonical address."""
    if alert.occasion is not None:
        return alert.occasion.event.key
    if alert.notice is None:
        return ""
    number = alert.about or (alert.notice.number.canonical if alert.notice.number is not None else None)
    if number:
        return key_of(number)
    return canonical(alert.url) if alert.url else ""


def card(alert: Alert, lexicon: Lexicon, *, language: Language, why: str, today: date) -> Card:
    """Draw up the card of an alert. `today` is the day in Beijing, for the days left."""
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
        url=alert.url,
        footer=tuple(_footer(alert, why, language)),
        labels=labels,
    )
    if alert.notice is None:
        summary = _agenda_summary(alert, language) if alert.kind == "outlook" else alert.body
        facts = tuple(coming(event, lexicon, language, today) for event in alert.agenda)
        return replace(plain, summary=(summary,), facts=facts)
    titled = replace(plain, title=alert.title, doubts=alert.notice.doubts)
    if alert.occasion is not None:
        return replace(
            titled,
            badge=occasion_badge(alert.occasion, language),
            heading=occasion_heading(alert.occasion, alert.notice, lexicon, language, today),
            facts=_proved_once(occasion_facts(alert.occasion, alert.notice, lexicon, language, today)),
        )
    return _of_notice(titled, alert, alert.notice, lexicon, language=language, today=today)


def _of_notice(
    titled: Card, alert: Alert, notice: Notice, lexicon: Lexicon, *, language: Language, today: date
) -> Card:
    """Draw up what a notice says, and how it differs from before."""
    change = alert.change if alert.kind == "amended" else None
    return replace(
        titled,
        badge=_badge(alert, notice, language),
        heading=_heading(alert, notice, lexicon, language),
        summary=tuple(
            text for text in (getattr(notice.summary, tongue) for tongue in tongues(language)) if text
        ),
        facts=_proved_once(_facts(alert, notice, lexicon, language, today)),
        caveats=tuple(_caveats(notice, language)),
        moved=change.moved if change else (),
        redline=_cut(change.redline) if change else (),
    )


def _tone(alert: Alert) -> Tone:
    """Return what colours an alert: its direction, or what kind of alert it is."""
    if alert.kind in TONES:
        return TONES[alert.kind]
    ends = alert.occasion is not None and alert.occasion.event.event == SUSPENSION_ENDS
    if ends or alert.notice is None:
        return "resume" if ends else "neutral"
    return alert.notice.direction.value


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
    if alert.kind == "report":
        return word("report", language)
    if alert.unread == "page":
        return word("unread", language)
    if alert.kind == "amended":
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


def _facts(alert: Alert, notice: Notice, lexicon: Lexicon, language: Language, today: date) -> Iterator[Fact]:
    if alert.about:
        yield Fact(label=word("about", language), value=alert.about)
    for found in notice.effective:
        yield _effective(found, language, today)
    for deadline in notice.deadlines:
        label = f"{word('deadline', language)} ({word(deadline.kind, language)})"
        yield Fact(label=label, value=day_left(deadline.date, today, language), quote=deadline.quote)
    for finding in notice.categories:
        name = pick(
            lexicon.category_name(finding.id, "en"), lexicon.category_name(finding.id, "zh"), language
        )
        resolved = f" ({word('resolved', language)})" if finding.basis == "resolved" else ""
        yield Fact(
            label=word("categories", language), value=f"{name} [{finding.id}]{resolved}", quote=finding.quote
        )
    if notice.destinations:
        names = [
            pick(lexicon.place_name(code, "en"), lexicon.place_name(code, "zh"), language)
            for code in notice.destinations
        ]
        yield Fact(label=word("destinations", language), value=", ".join(names))
    yield from _codes("hs", [code.code for code in notice.hs_codes], language)
    yield from _codes("control", [code.code for code in notice.control_codes], language)
    for relation in notice.relations:
        clause = f" {relation.clause}" if relation.clause else ""
        acts = f"{word(relation.verb.value, language)} {relation.target}{clause}"
        yield Fact(label=word("relations", language), value=acts, quote=relation.quote)
    if notice.entities:
        named = [pick(entity.en or entity.zh, entity.zh, language) for entity in notice.entities]
        yield Fact(label=word("entities", language), value=some(named, SHOWN_ENTITIES, language))


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
