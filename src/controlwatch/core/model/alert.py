"""What we conclude from notices: changes, alerts, and their deliveries to subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from controlwatch.core.model.judgement import Judgement
from controlwatch.core.model.notice import Day, Notice, Verb
from controlwatch.core.model.subscription import Subscription

ChangeKind = Literal["new", "amended", "copy", "reread"]
"""new: a notice seen for the first time; amended: a known address shows a different text; copy: another
address of a known notice shows a different text; reread: the same text, read by a newer version of the
rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedlineSegment:
    """A run of text in a redline."""

    op: Literal["same", "deleted", "inserted"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A difference between what was known and what a source says now."""

    kind: ChangeKind
    redline: tuple[RedlineSegment, ...] = ()
    #: findings that changed, one phrase each ("effective 2025-12-01 → 2026-01-01")
    moved: tuple[str, ...] = ()


UnreadPart = Literal["", "annex", "page"]
"""The part of a notice that could not be read, if any."""

AlertKind = Literal[
    "new",
    "amended",
    "report",
    "review",
    "judged-change",
    "judged-no-change",
    "reminder",
    "moved",
    "outlook",
    "lead",
    "health-down",
    "health-up",
    "confirmation",
    "escalation",
    "due",
]
"""review: a person should look, because the reader did not conclude; judged-change, judged-no-change: a
person has looked; reminder: a key date is near; moved: a key date that was announced to subscribers has
changed or been cancelled; outlook: the key dates of today and this week; lead: something that a person
should check; confirmation: asks the owner of an address to confirm a subscription; escalation: an alert has
not been acknowledged in time; due: the date that a person set for finishing work on an alert has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedMeasure:
    """What was announced about a notice, without a legal instrument that does it."""

    verb: Verb
    source: str  #: number or title of the text that announces it
    on: Day  #: day of the announcement
    until: Day | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedPart:
    """A notice, or a part of one, that applies once a suspension has ended."""

    number: str
    key: str
    clause: str | None = None  #: None: the whole notice
    is_first_time: bool = False  #: it was suspended before it took effect


#: Events of key dates, beside the kinds of deadlines.
TAKES_EFFECT, SUSPENSION_ENDS, ENDS = "takes effect", "suspension ends", "ends"
ANNOUNCED_ONLY = "announced, not enacted"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDate:
    """A date for the calendar: something takes effect, ends or closes."""

    date: Day
    event: str  #: one of those above, or the kind of a deadline
    number: str
    key: str
    title: str
    categories: tuple[str, ...] = ()
    scope: str = "all"
    slot: str = (
        "all"  #: the scope, numbered where it has several such days: identifies the entry in a calendar
    )
    quote: str = ""
    url: str = ""
    affects: tuple[str, ...] = ()  #: numbers of notices that are in force again, or no longer, from this date
    targets: tuple[str, ...] = ()  #: their keys
    releases: tuple[ReleasedPart, ...] = ()  #: of an end of a suspension: what applies from the next day
    announced: tuple[AnnouncedMeasure, ...] = ()  #: what may still prevent it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSubject:
    """The key date that a reminder is about, or that has moved."""

    event: KeyDate
    was: Day | None = None  #: the day announced before
    gone: bool = False  #: it has been cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertText:
    """What an alert that is not about a notice says, in one language."""

    title: str
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message to subscribers, independent of any channel."""

    kind: AlertKind
    made_at: datetime
    title: str
    watcher: str  #: id of the watcher that found it
    url: str | None = None
    notice: Notice | None = None
    change: Change | None = None
    body: str = ""  #: of health alerts: what is wrong, since when, and what to do, in English
    about: str | None = None  #: of press reports: the canonical number of the official notice
    unread: UnreadPart = ""  #: the part that was not read, or was cut off, may concern any subscriber
    occasion: ReminderSubject | None = None  #: of reminders and moved dates
    agenda: tuple[KeyDate, ...] = ()  #: of outlooks: the dates listed
    first: AlertKind | None = None  #: of a repeated alert: the kind it had the first time
    review_id: int | None = None  #: of documents that need review: the number by which a person settles it
    judgement: Judgement | None = None  #: of judged documents: what a person decided
    chinese: AlertText | None = None  #: title and body in Chinese; None: of notices, and of old versions
    technical: str = ""  #: of health alerts: the reason in technical words, for operators only
    #: of reminders: further key dates of the notice, or dates of other notices that were cancelled with it
    others: tuple[ReminderSubject, ...] = ()

    @property
    def original_kind(self) -> AlertKind:
        """The kind that the alert had when it was first sent."""
        return self.first or self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert to be sent to one subscription, claimed under a lease."""

    id: int
    alert_id: int
    alert: Alert
    subscription: Subscription
    attempts: int
    key: str  #: identifies the delivery in links and buttons
    message: str  #: key of the message that carries it, the same for every attempt
    why: str = ""  #: the criteria that matched
    first_receipt: str = ""  #: receipt of the first message to the same target about the same notice
    addressee: str = ""  #: the recipient, where it is not the target of the subscription

    @property
    def target(self) -> str:
        """The address, channel or name that it is sent to."""
        return self.addressee or self.subscription.target
