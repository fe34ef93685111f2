"""Every noun of the glossary, as frozen values.

Three types for three moments: what the source shows (`NoticeRef`, `Snapshot`, `Document`), what it
says (`Notice`), what we conclude (`Change`, `Alert`). Instants are aware datetimes in UTC; days are
`date` in Asia/Shanghai, the calendar of the issuers.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal

#: Names for annotations in classes that have a field called `date` or `time`.
Day = date
TimeOfDay = time

# --------------------------------------------------------------------------- what the source shows


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRef:
    """One row of an index: that a notice exists, before it is read."""

    url: str  #: absolute address of the notice
    title: str  #: as listed, the full title where the row carries one
    listed_on: date | None = None  #: the day printed in the row, if any
    content: str | None = None  #: the notice's HTML where the index itself carries it


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """What one page of an index lists."""

    refs: tuple[NoticeRef, ...]
    total: int | None = None  #: how many notices the source says the whole index has
    faults: tuple[str, ...] = ()  #: health signals that do not stop the reading (a feed's bozo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Bytes as a source sent them, with what is needed to prove it later."""

    url: str  #: the address asked
    final_url: str  #: the address that answered, after redirects
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]  #: as sent, names in lower case
    body: bytes

    def get_header(self, name: str) -> str | None:
        """Return the first header of that (lower-case) name."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def sha256(self) -> str:
        """The fingerprint of the bytes, in hex; also their address in the archive."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexLink:
    """A file that a notice hangs below its text."""

    url: str
    name: str  #: as the page calls it, else the file name


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """An annex as read: its text, or why there is none."""

    url: str
    name: str
    text: str
    sha256: str | None = None
    doubt: str | None = None  #: e.g. "needs OCR", "legacy DOC not readable here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as text, before anybody asks what it says.

    `text` holds one paragraph a line; table rows are lines with cells separated by tabs.
    """

    url: str
    title: str
    text: str
    page_date: date | None = None  #: the day the page says it went up
    source_name: str | None = None  #: 来源, as the page prints it
    labels: tuple[tuple[str, str], ...] = ()  #: 【发布文号】 and its like, name without brackets → value
    annexes: tuple[AnnexLink, ...] = ()
    encoding: str = "utf-8"
    replaced: int = 0  #: characters that could not be decoded
    doubts: tuple[str, ...] = ()

    def get_label(self, name: str) -> str | None:
        """Return the value of a printed label such as 发布文号."""
        return next((value for key, value in self.labels if key == name), None)


# --------------------------------------------------------------------------- what a notice says


class NoticeKind(StrEnum):
    """What a document is."""

    ANNOUNCEMENT = "announcement"
    ORDER = "order"
    NOTICE = "notice"
    LAW = "law"
    REGULATION = "regulation"
    DRAFT = "draft"
    SPOKESPERSON = "spokesperson-qa"
    FAQ = "faq"
    GUIDANCE = "guidance"
    NEWS = "news"
    COMMENTARY = "commentary"
    LISTING = "listing"
    CHALLENGE = "challenge"
    EMPTY = "empty"
    OTHER = "other"


class Direction(StrEnum):
    """Where a notice moves the control (not the trade)."""

    TIGHTEN = "tighten"
    RELAX = "relax"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLARIFY = "clarify"
    NEUTRAL = "neutral"


class Verb(StrEnum):
    """How one notice acts on another."""

    SUSPENDS = "suspends"
    RESUMES = "resumes"
    REPEALS = "repeals"
    AMENDS = "amends"
    IMPLEMENTS = "implements"
    EXTENDS = "extends"
    CLARIFIES = "clarifies"
    REPORTS = "reports"


DateBasis = Literal["stated", "on-publication", "not-stated"]
CategoryBasis = Literal["stated", "resolved", "register"]
"""stated: in the notice's own words; resolved: through the notices it acts on; register: from the
shipped history, where the page as read does not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNumber:
    """A document number in its parts.

    >>> DocumentNumber(issuers=("MOFCOM", "GACC"), year=2025, n=18).canonical
    'MOFCOM-GACC 2025-18'
    """

    issuers: tuple[str, ...] = ()  #: codes in the order the number names them
    series: str = ""  #: "" for announcements, "Order" for 令; a letter-style number keeps its text here
    year: int | None = None
    n: int | None = None
    letter: str | None = None  #: e.g. 工信部联安全函〔2025〕335号, which is its own canonical form

    @property
    def canonical(self) -> str:
        """The one way we write this number."""
        if self.letter:
            return self.letter
        number = f"{self.year}-{self.n}" if self.year else f"{self.n}"
        return " ".join(part for part in ("-".join(self.issuers), self.series, number) if part)

    @property
    def key(self) -> str:
        """The identity behind the wordings: numbers belong to the series of the issuer named first.

        Copies of one joint notice are printed as 商务部公告2025年第10号 and as
        商务部 海关总署公告2025年第10号; both are number 10 of MOFCOM's series of 2025.
        """
        return to_notice_key(self.canonical)


#: The issuers of a joint number, the first apart: MOFCOM-GACC 2025-18, MIIT-NDRC-MNR Order 71
JOINT_NUMBER = re.compile(r"^([A-Z]+)(?:-[A-Z]+)+(?= )")


def to_notice_key(canonical: str) -> str:
    """Return the key of a canonical number.

    >>> to_notice_key("MOFCOM-GACC 2025-18"), to_notice_key("MIIT-NDRC-MNR Order 71")
    ('MOFCOM 2025-18', 'MIIT Order 71')
    """
    return JOINT_NUMBER.sub(r"\1", canonical)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveDate:
    """When a notice begins to bind, and the words that say so."""

    start: date | None  #: None when the notice does not state it
    until: date | None = None  #: end of a suspension or of a trial period
    basis: DateBasis
    scope: str = "all"  #: the part of the notice it governs
    quote: str  #: the sentence read, verbatim; "" only where basis is not-stated
    time: TimeOfDay | None = None  #: the hour, Beijing time, where one is named
    derived: bool = False  #: a day was counted from a period (一年, 90天, 30日后)
    rule: str = ""  #: id of the rule that read it


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A last day that is not an effective date: comments, transitions, applications, reports."""

    kind: str
    date: Day
    quote: str
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryFinding:
    """An item category that a notice touches."""

    id: str
    basis: CategoryBasis = "stated"
    quote: str
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFinding:
    """An HS code or a control code named by a notice."""

    code: str
    quote: str
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A party that the measure names."""

    zh: str
    en: str
    action: Literal["list", "delist", "suspend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePart:
    """A part of a notice whose direction differs from the rest."""

    scope: str
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A notice acting on, or speaking about, another."""

    verb: Verb
    target: str  #: canonical number
    quote: str
    clause: str | None = None
    start: date | None = None  #: where it differs from the notice's own effective date
    until: date | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """What a reader must not overlook: a threshold, an exemption, a reach beyond the border."""

    kind: str  #: threshold, exemption, extraterritorial, transition or case-by-case
    quote: str
    value: str = ""  #: of a threshold: its bound and figure, as in ≥300Wh/kg
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why something was concluded that is no finding of its own: the rule that fired and on which words."""

    about: str  #: the conclusion as the contract names it: kind, number, published, is_change, direction …
    value: str
    rule: str  #: id of the rule
    quote: str = ""  #: verbatim; "" where the rule rests on what the text does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Two to four sentences made from the findings and from nothing else."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a document says, as far as we can prove it. Every conclusion carries its quote."""

    title: str
    language: str
    number: DocumentNumber | None = None
    number_raw: str | None = None
    issuers: tuple[str, ...] = ()
    kind: NoticeKind = NoticeKind.OTHER
    published: date | None = None
    is_change: bool = False
    reports_change: bool = False
    direction: Direction = Direction.NEUTRAL
    effective: tuple[EffectiveDate, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    categories: tuple[CategoryFinding, ...] = ()
    destinations: tuple[str, ...] = ()
    hs_codes: tuple[CodeFinding, ...] = ()
    control_codes: tuple[CodeFinding, ...] = ()
    codes_excluded: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    parts: tuple[NoticePart, ...] = ()
    relations: tuple[Relation, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    grounds: tuple[Ground, ...] = ()
    summary: Summary = field(default_factory=lambda: Summary(en="", zh=""))
    doubts: tuple[str, ...] = ()


# --------------------------------------------------------------------------- what we conclude

ChangeKind = Literal["new", "amended", "copy", "reread"]
"""new: a notice first seen; amended: other words at a known address; copy: other words at another
address of a known notice; reread: the same words, understood better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedlineSegment:
    """A run of text in a redline."""

    op: Literal["same", "deleted", "inserted"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A difference between what we knew and what a source now says."""

    kind: ChangeKind
    redline: tuple[RedlineSegment, ...] = ()
    moved: tuple[
        str, ...
    ] = ()  #: findings that changed, one sentence each ("effective 2025-12-01 → 2026-01-01")


UnreadPart = Literal["", "annex", "page"]
"""What of a notice could not be read, if anything."""

AlertKind = Literal[
    "new",
    "amended",
    "report",
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
"""reminder: a day draws near; moved: a day that people were told of is another, or none; outlook: what
comes today and this week; lead: something that a person should look into; confirmation:
somebody asks for alerts to an address, and its owner is asked; escalation: nobody has acted on an alert;
due: the day has come by which somebody wanted to be done with one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDate:
    """Something that a calendar should hold."""

    date: Day
    event: str  #: takes effect, suspension ends, ends, the kind of a deadline, or what was only announced
    number: str
    key: str
    title: str
    categories: tuple[str, ...] = ()
    scope: str = "all"
    slot: str = "all"  #: the part, counted where it has several such days: what a calendar knows the day by
    quote: str = ""
    url: str = ""
    affects: tuple[str, ...] = ()  #: numbers that are in force again, or no longer, by it
    targets: tuple[str, ...] = ()  #: their keys


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSubject:
    """What a reminder is about, or a day that has moved."""

    event: KeyDate
    was: Day | None = None  #: the day people were told before
    gone: bool = False  #: it does not come at all any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message worth a person's time, independent of any channel."""

    kind: AlertKind
    made_at: datetime
    title: str
    watcher: str  #: id of the watcher that saw it
    url: str | None = None
    notice: Notice | None = None
    change: Change | None = None
    body: str = ""  #: for health alerts: what is wrong, since when, and what to do
    about: str | None = None  #: for reports: the canonical number of the official notice
    unread: UnreadPart = ""  #: what could not be read may concern anybody
    occasion: ReminderSubject | None = None  #: of reminders and moved days
    agenda: tuple[KeyDate, ...] = ()  #: of outlooks
    first: AlertKind | None = None  #: of what is told again: as what it was told first

    @property
    def original_kind(self) -> AlertKind:
        """What kind of alert it is, however often it is told."""
        return self.first or self.kind


Rate = Literal["immediate", "daily", "weekly"]
ChannelName = Literal["console", "slack", "email", "webhook", "apprise"]
Language = Literal["en", "zh", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A category that a subscription is not to hear of for a while."""

    category: str  #: a group covers its leaves
    until: datetime
    who: str = ""  #: who muted it


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants to hear about what, where and when. Empty criteria mean "everything"."""

    id: int = 0
    channel: ChannelName
    target: str  #: Slack channel id, e-mail or web address, name of a destination, "-" for the console
    categories: tuple[str, ...] = ()  #: a group covers its leaves
    issuers: tuple[str, ...] = ()
    directions: tuple[Direction, ...] = ()
    destinations: tuple[str, ...] = ()
    hs_prefixes: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    rate: Rate = "immediate"
    at: time = time(8, 30)  #: when a digest leaves, in `timezone`
    weekday: int = 0  #: for weekly digests, Monday is 0
    timezone: str = "Asia/Shanghai"
    quiet: tuple[time, time] | None = None  #: no deliveries from the first to the second
    language: Language = "both"
    reports: bool = True  #: press reports too, marked as such
    health: bool = True  #: blind and recovered watchers too
    reminders: bool = True  #: 30, 7 and 1 days before a day that matters, and on it
    outlook: bool = False  #: each day at `at`: what comes today and this week
    confirmed: bool = True  #: until then it gets nothing but the request to confirm it
    paused: str = ""  #: why nothing is sent to it for now; what it gets meanwhile waits
    owner: str = ""  #: who made it: a Slack user, or "" for the operator
    escalate_after: int = 0  #: minutes after which an alert is told again that nobody acted on; 0: never
    escalate_to: str = ""  #: to whom, by the same channel; "": where the alert itself went
    muted: tuple[Mute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert on its way to one subscription, claimed under a lease."""

    id: int
    alert_id: int
    alert: Alert
    subscription: Subscription
    attempts: int
    key: str  #: by which those who act on it name it
    message: str  #: key of the message that it leaves in, the same for every try: receivers know a repetition
    why: str = ""  #: the criteria that matched, in words
    first_receipt: str = ""  #: of the first message to the same target about the same notice
    addressee: str = ""  #: to whom it goes, where that is not the subscription's own target

    @property
    def target(self) -> str:
        """To whom it goes."""
        return self.addressee or self.subscription.target


def covers_category(chosen: str, category: str) -> bool:
    """Say whether a chosen category covers another: a group covers its leaves.

    >>> covers_category("battery", "battery.liion"), covers_category("battery.liion", "battery")
    (True, False)
    """
    return category == chosen or category.startswith(f"{chosen}.")
