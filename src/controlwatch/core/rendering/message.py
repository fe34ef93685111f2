"""A message is the cards of one delivery: one alert, or a digest of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from controlwatch.core.alerting.judgements import describe_open_reviews
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import OpenReviews
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import Alert, Delivery, Language, to_notice_key
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.state import WatcherState
from controlwatch.core.model.timezones import BEIJING, to_beijing_day
from controlwatch.core.rendering.card import Card, build_card
from controlwatch.core.rendering.confirmation_card import build_confirmation_card
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.wording import find_word, list_languages, pick_language

NO_LINKS = SignedLinks()
#: Sources that the health line names because they are not watched.
MAX_NAMED_SOURCES = 4


def find_no_status(_key: str, _day: date) -> LegalStatus | None:
    """Return no legal status, where none can be looked up."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent in one piece: one card, or a digest of several."""

    subject: str
    cards: tuple[Card, ...]
    thread: str = ""  #: what its one card is about, the same for all messages about it; "" for digests
    unsubscribe: str = ""  #: the URL that ends the subscription
    acknowledge: str = ""  #: the URL that acknowledges all of it
    reply_to: str = ""  #: the receipt of the first message about the same notice
    health_line: str = ""  #: of digests and outlooks: whether every source is watched
    action_keys: tuple[str, ...] = ()  #: a delivery's key for each card, "" where no action is offered


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageComposer:
    """Composes the messages of one moment, and builds each card once for all who get the same."""

    lexicon: Lexicon
    now: datetime
    links: SignedLinks = NO_LINKS
    find_status: Callable[[str, date], LegalStatus | None] = (
        find_no_status  #: returns the legal status of the notice of a key on a day
    )
    load_watcher_states: Callable[[], Iterable[WatcherState]] = tuple  #: returns the state of each source
    count_reviews: Callable[[], OpenReviews] = OpenReviews  #: returns what waits for a person to judge
    load_coverage: Callable[[], Coverage | None] = lambda: None  #: returns until when sources were read
    #: alert, language, why → the card
    _cards: dict[tuple[int, Language, str], Card] = field(default_factory=dict, init=False)
    _health_lines: dict[Language, str] = field(default_factory=dict, init=False)

    def compose(self, deliveries: tuple[Delivery, ...]) -> Message:
        """Return the message for deliveries that are sent together; all have the same subscription."""
        first, subscription = deliveries[0], deliveries[0].subscription
        language = subscription.language
        # Every reader of a link can follow it: it is sent to one mail address, not to a channel for many.
        is_personal = subscription.channel == "email" and subscription.confirmed
        today = self.now.astimezone(UTC).date()
        # The recipient of an escalation must not end the subscription of another person.
        is_own = is_personal and not first.addressee
        action_keys = tuple(item.key if item.alert.notice is not None else "" for item in deliveries)
        health_line = ""
        if subscription.rate != "immediate" or first.alert.kind == "outlook":
            if language not in self._health_lines:
                line = render_health_line(self.load_watcher_states(), language)
                parts = (line, render_review_line(self.count_reviews(), language))
                self._health_lines[language] = " · ".join(filter(None, parts))
            health_line = self._health_lines[language]
        cards = tuple(self._compose_card(delivery) for delivery in deliveries)
        count = pick_language(f"{len(cards)} alerts", f"{len(cards)} 条提醒", language)
        digest = Message(
            subject=f"controlwatch: {count}, {to_beijing_day(self.now)}",
            cards=cards,
            unsubscribe=self.links.build_unsubscribe_url(subscription.id) if is_own else "",
            acknowledge=(
                self.links.build_acknowledge_url(first.id, on=today)
                if is_personal and any(action_keys)
                else ""
            ),
            health_line=health_line,
            action_keys=action_keys,
        )
        if len(cards) > 1:
            return digest
        return replace(
            digest,
            subject=cards[0].headline,
            thread=find_thread_key(first.alert),
            reply_to=first.first_receipt,
        )

    def _compose_card(self, delivery: Delivery) -> Card:
        """Return a card with what is known beside the alert: the notice's legal status, and links."""
        alert, language = delivery.alert, delivery.subscription.language
        if alert.kind == "confirmation":  # it holds a link for one reader only
            return build_confirmation_card(alert, delivery.subscription, self.links, now=self.now)
        key = (delivery.alert_id, language, delivery.why)
        if key in self._cards:
            return self._cards[key]
        context = CardContext(
            lexicon=self.lexicon,
            language=language,
            today=to_beijing_day(self.now),
            coverage=self.load_coverage() if alert.occasion is not None else None,
        )
        thread = find_thread_key(alert)
        has_status = thread and alert.original_kind != "report"
        status = self.find_status(thread, context.today) if has_status else None
        card = build_card(alert, context, why=delivery.why, status=status)
        if alert.notice is not None:
            links = (
                ("evidence", self.links.build_evidence_url(delivery.alert_id)),
                ("copy", self.links.build_copy_url(delivery.alert_id)),
            )
            card = replace(
                card,
                links=tuple((find_word(label, language), url) for label, url in links if url),
                mutable=tuple(
                    (found.id, self.lexicon.get_category_name(found.id, list_languages(language)[0]))
                    for found in alert.notice.categories
                    if self.lexicon.find_category(found.id) is not None
                ),
            )
        self._cards[key] = card
        return card


def render_health_line(states: Iterable[WatcherState], language: Language) -> str:
    """Return how many sources are watched, which are not, and the last success; "" without sources.

    Digests always carry this line, so that its absence is noticed.
    """
    sources = tuple(states)
    if not sources:
        return ""
    lost = [state for state in sources if state.health in {"blind", "blocked", "new"}]
    success = max((state.last_success_at for state in sources if state.last_success_at), default=None)
    last = f"{success.astimezone(BEIJING):%Y-%m-%d %H:%M}" if success else "—"
    if not lost:
        return pick_language(
            f"All {len(sources)} sources watched, last read {last} (Beijing time)",
            f"{len(sources)} 个来源均在监测，最近一次 {last}（北京时间）",
            language,
        )
    names = ", ".join(f"{state.id} ({state.health})" for state in lost[:MAX_NAMED_SOURCES])
    more = f" +{len(lost) - MAX_NAMED_SOURCES}" if lost[MAX_NAMED_SOURCES:] else ""
    watched = len(sources) - len(lost)
    return pick_language(
        f"{watched} of {len(sources)} sources watched, last read {last} (Beijing time); not: {names}{more}",
        f"{len(sources)} 个来源中 {watched} 个在监测，最近一次 {last}（北京时间）；未监测：{names}{more}",
        language,
    )


def render_review_line(found: OpenReviews, language: Language) -> str:
    """Return how many documents wait for a person to judge them; "" where none does."""
    if not found.count or found.oldest is None:
        return ""
    oldest = f"{found.oldest.astimezone(BEIJING):%Y-%m-%d}"
    chinese = f"{found.count} 份文件待人工判定，最早一份自 {oldest}"
    return pick_language(describe_open_reviews(found), chinese, language)


def find_thread_key(alert: Alert) -> str:
    """Return what messages about one notice have in common: its number's key, else its canonical address."""
    if alert.occasion is not None:
        return alert.occasion.event.key
    if alert.notice is None:
        return ""
    number = alert.about or (alert.notice.number.canonical if alert.notice.number is not None else None)
    if number:
        return to_notice_key(number)
    return canonicalize_url(alert.url) if alert.url else ""
