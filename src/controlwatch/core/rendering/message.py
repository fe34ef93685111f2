"""A message is the cards of one delivery: one alert, or a digest of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from controlwatch.core.alerting.judgements import describe_open_reviews
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.alerting.system_alerts import name_source
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
from controlwatch.core.rendering.day_text import format_date, spell_dates
from controlwatch.core.rendering.digest_text import build_digest_subject, classify_alert
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.wording import find_word, list_languages, pick_language
from controlwatch.core.sources.watcher import Watcher

NO_LINKS = SignedLinks()
#: Sources that the health line names because they are not watched.
MAX_NAMED_SOURCES = 4


def find_no_status(_key: str, _day: date) -> LegalStatus | None:
    """Return no legal status, where none can be looked up."""
    return None


def list_no_doubts(_alert_id: int) -> tuple[str, ...]:
    """Return no doubts, as without a second reader."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent in one piece: one card, or a digest of several."""

    subject: str
    cards: tuple[Card, ...]
    thread: str = ""  #: what its one card is about, the same for all messages about it; "" for digests
    unsubscribe: str = ""  #: the URL that ends the subscription
    unsubscribe_others: tuple[str, ...] = ()  #: the same for further subscriptions that it is sent for
    calendar: str = ""  #: the URL of the calendar of the subscription
    acknowledge: str = ""  #: the URL that acknowledges all of it
    reply_to: str = ""  #: the receipt of the first message about the same notice
    health_line: str = ""  #: of digests and outlooks: whether every source is watched
    action_keys: tuple[str, ...] = ()  #: a delivery's key for each card, "" where no action is offered

    @property
    def reader_links(self) -> tuple[tuple[str, str], ...]:
        """What one reader may do, each a word of the vocabulary and a URL, which may be empty."""
        others = (("unsubscribe", url) for url in self.unsubscribe_others)
        calendar = "calendar", self.calendar
        return ("acknowledge", self.acknowledge), calendar, ("unsubscribe", self.unsubscribe), *others


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageComposer:
    """Composes the messages of one moment, and builds each card once for all who get the same."""

    lexicon: Lexicon
    now: datetime
    links: SignedLinks = NO_LINKS
    find_status: Callable[[str, date], LegalStatus | None] = (
        find_no_status  #: returns the legal status of the notice of a key on a day
    )
    load_sources: Callable[[], Iterable[tuple[Watcher, WatcherState]]] = tuple  #: with their states
    count_reviews: Callable[[], OpenReviews] = OpenReviews  #: returns what waits for a person to judge
    #: returns the doubts of a second reader about the notice of an alert
    list_doubts: Callable[[int], tuple[str, ...]] = list_no_doubts
    prose_sources: frozenset[str] = frozenset()  #: whose texts a language model may translate and explain
    load_coverage: Callable[[], Coverage | None] = lambda: None  #: returns until when sources were read
    #: alert, language, reasons and technical reason → the card
    _cards: dict[tuple[int, Language, str], Card] = field(default_factory=dict, init=False)
    _health_lines: dict[Language, str] = field(default_factory=dict, init=False)

    def compose(self, deliveries: tuple[Delivery, ...]) -> Message:
        """Return the message for deliveries that are sent together; all have the same recipient."""
        first = deliveries[0]
        subscriptions = tuple({item.subscription.id: item.subscription for item in deliveries}.values())
        languages = {subscription.language for subscription in subscriptions}
        language: Language = languages.pop() if len(languages) == 1 else "both"
        # Every reader of a link can follow it: it is sent to one mail address, not to a channel for many.
        is_personal = all(item.channel == "email" and item.confirmed for item in subscriptions)
        today = self.now.astimezone(UTC).date()
        # The recipient of an escalation must not end the subscription of another person.
        is_own = is_personal and not first.addressee
        groups: dict[int, list[Delivery]] = {}
        for item in deliveries:
            groups.setdefault(item.alert_id, []).append(item)
        context = CardContext(lexicon=self.lexicon, language=language, today=to_beijing_day(self.now))
        found = sorted(
            (
                (classify_alert(same[0].alert, self._compose_card(same, language), context), same[0])
                for same in groups.values()
            ),
            key=lambda pair: pair[0].gravity,
        )
        cards = tuple(entry.card for entry, _ in found)
        action_keys = tuple(item.key if item.alert.notice is not None else "" for _, item in found)
        is_digest = len(cards) > 1 or any(item.rate != "immediate" for item in subscriptions)
        has_health = is_digest or first.alert.kind == "outlook"
        ends = [self.links.build_unsubscribe_url(item.id) for item in subscriptions] if is_own else []
        message = Message(
            subject=build_digest_subject([entry for entry, _ in found], context),
            cards=cards,
            unsubscribe="".join(ends[:1]),
            calendar=self.links.build_calendar_url(subscriptions[0].id) if is_own else "",
            unsubscribe_others=tuple(filter(None, ends[1:])),
            acknowledge=(
                self.links.build_acknowledge_url(first.id, on=today)
                if is_personal and any(action_keys)
                else ""
            ),
            health_line=self._render_health(language) if has_health else "",
            action_keys=action_keys,
        )
        if len(cards) > 1:
            return message
        return replace(
            message,
            subject=cards[0].headline,
            thread=find_thread_key(first.alert),
            reply_to=first.first_receipt,
        )

    def _render_health(self, language: Language) -> str:
        """Return the line about the sources and about what needs review, built once a language."""
        if language not in self._health_lines:
            line = render_health_line(self.load_sources(), language)
            english, chinese = describe_open_reviews(self.count_reviews())
            review = pick_language(spell_dates(english), spell_dates(chinese, "zh"), language)
            self._health_lines[language] = " · ".join(filter(None, (line, review)))
        return self._health_lines[language]

    def _compose_card(self, deliveries: Sequence[Delivery], language: Language) -> Card:
        """Return a card with what is known beside the alert: the notice's legal status, and links.

        The deliveries are of the same alert, by several subscriptions of the recipient.
        """
        delivery = deliveries[0]
        alert = delivery.alert
        why = "; ".join(dict.fromkeys(item.why for item in deliveries if item.why))
        # Operators can use the technical reason, and so can the owner of a subscription that is paused.
        if not any(item.subscription.health or item.addressee for item in deliveries):
            alert = replace(alert, technical="")
        if alert.kind == "confirmation":  # it holds a link for one reader only
            return build_confirmation_card(
                alert, delivery.subscription, self.links, self.lexicon, now=self.now
            )
        key = (delivery.alert_id, language, f"{why}\n{alert.technical}")
        if key in self._cards:
            return self._cards[key]
        context = CardContext(
            lexicon=self.lexicon,
            language=language,
            today=to_beijing_day(self.now),
            coverage=self.load_coverage() if alert.kind == "outlook" or alert.occasion is not None else None,
        )
        if alert.notice is not None and (doubts := self.list_doubts(delivery.alert_id)):
            notice = replace(alert.notice, doubts=(*alert.notice.doubts, *doubts))
            alert = replace(alert, notice=notice)
        thread = find_thread_key(alert)
        has_status = thread and alert.original_kind != "report"
        status = self.find_status(thread, context.today) if has_status else None
        card = build_card(alert, context, why=why, status=status)
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
                offers_prose=alert.watcher in self.prose_sources,
            )
        self._cards[key] = card
        return card


def render_health_line(sources: Iterable[tuple[Watcher, WatcherState]], language: Language) -> str:
    """Return how many sources are monitored, which are not, and the last success; "" without sources.

    Digests always carry this line, so that its absence is noticed.
    """
    pairs = tuple(sources)
    if not pairs:
        return ""
    lost = [watcher for watcher, state in pairs if state.health in {"blind", "blocked", "new"}]
    successes = (state.last_success_at for _, state in pairs if state.last_success_at)
    success = max(successes, default=None)
    local = success.astimezone(BEIJING) if success else None
    last = f"{format_date(local.date())} {local:%H:%M}" if local else "—"
    last_zh = f"{format_date(local.date(), 'zh')} {local:%H:%M}" if local else "—"
    if not lost:
        return pick_language(
            f"All {len(pairs)} sources monitored, last read {last} (Beijing time)",
            f"{len(pairs)} 个来源均在监测，最近一次 {last_zh}（北京时间）",
            language,
        )
    names = [name_source(watcher) for watcher in lost[:MAX_NAMED_SOURCES]]
    more = f" +{len(lost) - MAX_NAMED_SOURCES}" if lost[MAX_NAMED_SOURCES:] else ""
    watched = len(pairs) - len(lost)
    return pick_language(
        f"{watched} of {len(pairs)} sources monitored, last read {last} (Beijing time); "
        f"not read: {', '.join(name for name, _ in names)}{more}",
        f"{len(pairs)} 个来源中 {watched} 个在监测，最近一次 {last_zh}（北京时间）；"
        f"未能读取：{'、'.join(name for _, name in names)}{more}",
        language,
    )


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
