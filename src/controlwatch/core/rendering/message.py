"""A message is the cards of one delivery: one alert, or a digest of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import Alert, Delivery, Language, to_notice_key
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.state import WatcherState
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.card import Card, build_card
from controlwatch.core.rendering.confirmation import list_request_sentences
from controlwatch.core.rendering.health_line import render_health_line
from controlwatch.core.rendering.wording import find_word, list_languages, pick_language

NO_LINKS = SignedLinks()


def find_no_status(_key: str, _day: date) -> LegalStatus | None:
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
    health_line: str = ""  #: of digests and outlooks: whether every source is watched
    action_keys: tuple[str, ...] = ()  #: a delivery's key for each card, "" where nobody can act on it


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageComposer:
    """Composes messages of one moment, and draws each card up once for all who get the same."""

    lexicon: Lexicon
    now: datetime
    links: SignedLinks = NO_LINKS
    find_status: Callable[[str, date], LegalStatus | None] = (
        find_no_status  #: how the notice of a key stands on a day
    )
    load_watcher_states: Callable[[], Iterable[WatcherState]] = tuple  #: how the sources fare
    #: alert, language, why → the card
    _cards: dict[tuple[int, Language, str], Card] = field(default_factory=dict, init=False)
    _health_lines: dict[Language, str] = field(default_factory=dict, init=False)

    def compose(self, deliveries: tuple[Delivery, ...]) -> Message:
        """Make the message for deliveries that leave together; all have the same subscription."""
        subscription = deliveries[0].subscription
        # Whoever sees a link can follow it: it stands in a mail to one address, not in a channel for many.
        personal = subscription.channel == "email" and subscription.confirmed
        own = personal and not deliveries[0].addressee  # whoever it is escalated to ends nothing
        leave = self.links.build_unsubscribe_url(subscription.id) if own else ""
        cards = tuple(self._compose_card(delivery) for delivery in deliveries)
        acts_on = tuple(item.key if item.alert.notice is not None else "" for item in deliveries)
        acknowledge = self.links.build_acknowledge_url(deliveries[0].id) if personal and any(acts_on) else ""
        daily = subscription.rate != "immediate" or deliveries[0].alert.kind == "outlook"
        watch = self._render_health_line(subscription.language) if daily else ""
        if len(cards) == 1:
            return Message(
                subject=f"{cards[0].badge}: {cards[0].heading}",
                cards=cards,
                thread=find_thread_key(deliveries[0].alert),
                unsubscribe=leave,
                acknowledge=acknowledge,
                health_line=watch,
                reply_to=deliveries[0].first_receipt,
                action_keys=acts_on,
            )
        count = pick_language(f"{len(cards)} alerts", f"{len(cards)} 条提醒", subscription.language)
        subject = f"controlwatch: {count}, {to_beijing_day(self.now)}"
        return Message(
            subject=subject,
            cards=cards,
            unsubscribe=leave,
            acknowledge=acknowledge,
            health_line=watch,
            action_keys=acts_on,
        )

    def _render_health_line(self, language: Language) -> str:
        if language not in self._health_lines:
            self._health_lines[language] = render_health_line(self.load_watcher_states(), language)
        return self._health_lines[language]

    def _compose_card(self, delivery: Delivery) -> Card:
        if delivery.alert.kind == "confirmation":  # it holds a link that is for one reader alone
            return _build_confirmation_card(delivery, self.links)
        same = (delivery.alert_id, delivery.subscription.language, delivery.why)
        if same not in self._cards:
            self._cards[same] = self._draw_card(delivery)
        return self._cards[same]

    def _draw_card(self, delivery: Delivery) -> Card:
        """Draw up a card with what is known beside the alert: how its notice stands, and our own links."""
        alert, language = delivery.alert, delivery.subscription.language
        today = to_beijing_day(self.now)
        key = find_thread_key(alert)
        status = self.find_status(key, today) if key and alert.original_kind != "report" else None
        drawn = build_card(
            alert, self.lexicon, language=language, why=delivery.why, today=today, status=status
        )
        if alert.notice is None:
            return drawn
        ours = (
            ("evidence", self.links.build_evidence_url(delivery.alert_id)),
            ("copy", self.links.build_copy_url(delivery.alert_id)),
        )
        return replace(
            drawn,
            links=tuple((find_word(label, language), address) for label, address in ours if address),
            mutable=tuple(
                (found.id, self.lexicon.get_category_name(found.id, list_languages(language)[0]))
                for found in alert.notice.categories
                if self.lexicon.find_category(found.id) is not None
            ),
        )


def _build_confirmation_card(delivery: Delivery, links: SignedLinks) -> Card:
    subscription = delivery.subscription
    language = subscription.language
    link = links.build_confirm_url(subscription.id)
    if not link:
        raise ValueError("nobody can confirm without CONTROLWATCH_PUBLIC_URL")
    return Card(
        tone="neutral",
        badge=find_word("confirmation", language),
        heading=pick_language("alerts about China's export controls", "中国出口管制提醒", language),
        title="",
        summary=list_request_sentences(delivery.alert, subscription),
        url=link,
        labels=("", "", "", find_word("confirm", language)),
    )


def find_thread_key(alert: Alert) -> str:
    """Return what messages about one notice share: the key of its number, else its canonical address."""
    if alert.occasion is not None:
        return alert.occasion.event.key
    if alert.notice is None:
        return ""
    number = alert.about or (alert.notice.number.canonical if alert.notice.number is not None else None)
    if number:
        return to_notice_key(number)
    return canonicalize_url(alert.url) if alert.url else ""
