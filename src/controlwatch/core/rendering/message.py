"""A message is the cards of one delivery: one alert, or a digest of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from controlwatch.core.alerting.signed_links import Links
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.status import Status
from controlwatch.core.model import Alert, Delivery, Language, key_of
from controlwatch.core.model.addresses import canonical
from controlwatch.core.model.state import WatcherState
from controlwatch.core.model.timezones import beijing_day
from controlwatch.core.rendering.card import Card, card
from controlwatch.core.rendering.confirmation import request
from controlwatch.core.rendering.health_line import watch_line
from controlwatch.core.rendering.wording import pick, tongues, word

NO_LINKS = Links()


def unknown(_key: str, _day: date) -> Status | None:
    """Say nothing of how a notice stands."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What leaves in one piece: one card, or a digest of several."""

    subject: str
    cards: tuple[Card, ...]
    thread: str = ""  #: what its one card is about, the same for all messages about it; "" for digests
    unsubscribe: str = ""  #: the address that ends the subscription
    acknowledge: str = ""  #: the address that acknowledges all of it
    reply_to: str = ""  #: the receipt of the first message about the same notice
    watch: str = ""  #: of digests and outlooks: whether every source is watched
    acts_on: tuple[str, ...] = ()  #: a delivery's key for each card, "" where nobody can act on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Composes messages of one moment, and draws each card up once for all who get the same."""

    lexicon: Lexicon
    now: datetime
    links: Links = NO_LINKS
    standing: Callable[[str, date], Status | None] = unknown  #: how the notice of a key stands on a day
    watched: Callable[[], Iterable[WatcherState]] = tuple  #: how the sources fare
    #: alert, language, why → the card
    _drawn: dict[tuple[int, Language, str], Card] = field(default_factory=dict, init=False)
    _lines: dict[Language, str] = field(default_factory=dict, init=False)

    def compose(self, deliveries: tuple[Delivery, ...]) -> Message:
        """Make the message for deliveries that leave together; all have the same subscription."""
        subscription = deliveries[0].subscription
        # Whoever sees a link can follow it: it stands in a mail to one address, not in a channel for many.
        personal = subscription.channel == "email" and subscription.confirmed
        own = personal and not deliveries[0].addressee  # whoever it is escalated to ends nothing
        leave = self.links.unsubscribe(subscription.id) if own else ""
        cards = tuple(self._card(delivery) for delivery in deliveries)
        acts_on = tuple(item.key if item.alert.notice is not None else "" for item in deliveries)
        acknowledge = self.links.acknowledge(deliveries[0].id) if personal and any(acts_on) else ""
        daily = subscription.rate != "immediate" or deliveries[0].alert.kind == "outlook"
        watch = self._watch(subscription.language) if daily else ""
        if len(cards) == 1:
            return Message(
                subject=f"{cards[0].badge}: {cards[0].heading}",
                cards=cards,
                thread=thread_of(deliveries[0].alert),
                unsubscribe=leave,
                acknowledge=acknowledge,
                watch=watch,
                reply_to=deliveries[0].first_receipt,
                acts_on=acts_on,
            )
        count = pick(f"{len(cards)} alerts", f"{len(cards)} 条提醒", subscription.language)
        subject = f"controlwatch: {count}, {beijing_day(self.now)}"
        return Message(
            subject=subject,
            cards=cards,
            unsubscribe=leave,
            acknowledge=acknowledge,
            watch=watch,
            acts_on=acts_on,
        )

    def _watch(self, language: Language) -> str:
        if language not in self._lines:
            self._lines[language] = watch_line(self.watched(), language)
        return self._lines[language]

    def _card(self, delivery: Delivery) -> Card:
        if delivery.alert.kind == "confirmation":  # it holds a link that is for one reader alone
            return _confirmation(delivery, self.links)
        same = (delivery.alert_id, delivery.subscription.language, delivery.why)
        if same not in self._drawn:
            self._drawn[same] = self._draw(delivery)
        return self._drawn[same]

    def _draw(self, delivery: Delivery) -> Card:
        """Draw up a card with what is known beside the alert: how its notice stands, and our own links."""
        alert, language = delivery.alert, delivery.subscription.language
        today = beijing_day(self.now)
        key = thread_of(alert)
        status = self.standing(key, today) if key and alert.told_as != "report" else None
        drawn = card(alert, self.lexicon, language=language, why=delivery.why, today=today, status=status)
        if alert.notice is None:
            return drawn
        ours = (
            ("evidence", self.links.evidence(delivery.alert_id)),
            ("copy", self.links.copy(delivery.alert_id)),
        )
        return replace(
            drawn,
            links=tuple((word(label, language), address) for label, address in ours if address),
            mutable=tuple(
                (found.id, self.lexicon.category_name(found.id, tongues(language)[0]))
                for found in alert.notice.categories
                if self.lexicon.category(found.id) is not None
            ),
        )


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
