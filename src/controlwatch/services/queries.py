"""Queries: the same answers for the command line, Slack and the web."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from controlwatch.core.alerting.channel_troubles import TROUBLE_AFTER_TRIES, ChannelTrouble
from controlwatch.core.alerting.routing import explain_match
from controlwatch.core.asking.category_names import (
    CategoryLine,
    find_category_meanings,
    fold_category_name,
    list_category_tree,
)
from controlwatch.core.evidence.dossier import Dossier
from controlwatch.core.extraction.report.measures import choose_measure
from controlwatch.core.law.answers import (
    LeadLine,
    NoticeLine,
    NoticeRecord,
    Preview,
    PublishedNotice,
    RefusedDelivery,
    ReviewLine,
    WatcherLine,
)
from controlwatch.core.law.lookup import match_categories
from controlwatch.core.law.notice_filter import (
    EVERY_NOTICE,
    ListPosition,
    NoticeFilter,
    parse_notice_filter,
)
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import Alert, AlertKind, Attention, Notice, Subscription, covers_category
from controlwatch.core.model.state import HeldReferences
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.wording import find_word
from controlwatch.services.legal_queries import LegalQueries
from controlwatch.services.names import Names
from controlwatch.services.party_queries import PartyQueries
from controlwatch.services.source_states import SourceStates

if TYPE_CHECKING:
    from controlwatch.services.cached_law import RevisionCache
    from controlwatch.services.ports import Subscriptions
    from controlwatch.services.settle_review import Reviews

#: Newest changes among which those of each category are counted.
MAX_SCANNED_NOTICES = 2_000
#: Days that may be counted back: a century.
MAX_DAYS_BACK = 36_500
#: Days that a preview looks back.
PREVIEW_DAYS = 90


ProblemKind = Literal[
    "warnings",
    "blind_sources",
    "held_notices",
    "waiting_channels",
    "paused_subscriptions",
    "refused_deliveries",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that a person must look at."""

    kind: ProblemKind
    message: str  #: may hold addresses of people and words of servers


class NoticeQueries(Protocol):
    """Notices, alerts and deliveries as the store knows them."""

    def list_notices(
        self,
        chosen: NoticeFilter = EVERY_NOTICE,
        *,
        before: ListPosition | None = None,
        with_late: bool = False,
        find_measure: Callable[[Notice], str] = lambda _notice: "",
        limit: int = 50,
    ) -> tuple[NoticeLine, ...]:
        """Return the notices that a filter lets pass, newest published first, each with its kind of measure.

        `before` begins behind a position. `with_late` adds those to a period that were alerted in it, though
        they were published before.
        """

    def count_by_category(self) -> Mapping[str, int]:
        """Return the number of changes that name each category; of a group, those that name any of it."""

    def list_published_since(self, day: date) -> tuple[PublishedNotice, ...]:
        """Return official changes, and alerted reports, published on a day or later, newest first."""

    def find_record(self, key: str) -> NoticeRecord | None:
        """Return everything about one notice, by key or canonical address."""

    def list_refused_deliveries(self) -> tuple[RefusedDelivery, ...]:
        """Return the deliveries that a channel refused permanently."""


class DossierSource(Protocol):
    """What proves a notice."""

    def find_dossier(self, key: str) -> Dossier | None:
        """Return what proves a notice, by key or canonical address."""

    def iterate_chain_lines(self, dossier: Dossier) -> Iterator[str]:
        """Yield the lines of the chain from the entry before the first of a dossier up to the head."""


class ChannelHealth(Protocol):
    """Which channels accept our messages."""

    def list_channel_troubles(self) -> tuple[ChannelTrouble, ...]:
        """Return, for each channel that did not accept something, what waits for another try."""


class LeadSource(Protocol):
    """Leads in the store."""

    def list_all(self, *, closed: bool = False) -> tuple[LeadLine, ...]:
        """Return what a person should look into, oldest first."""


class HeldSource(Protocol):
    """New notices that wait for a person."""

    def list_held(self) -> tuple[HeldReferences, ...]:
        """Return what is held, by source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """Queries over the store. Every unknown name is refused with the nearest known ones."""

    names: Names
    law: LegalQueries
    parties: PartyQueries
    notices: NoticeQueries
    dossiers: DossierSource
    leads: LeadSource
    reviews: Reviews
    subscriptions: Subscriptions
    channel_health: ChannelHealth
    held: HeldSource
    sources: SourceStates
    operational_warnings: tuple[Callable[[], str], ...] = ()  #: each returns a sentence, or ""
    cache: RevisionCache | None = None  #: None: the store is asked each time
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def latest(
        self,
        *,
        now: datetime,
        days: int | None = None,
        within: tuple[date, date] | None = None,
        category: str | None = None,
        issuer: str | None = None,
        containing: str | None = None,
        changes_only: bool = False,
        limit: int = 20,
    ) -> tuple[NoticeLine, ...]:
        """Return notices, newest published first.

        Those of a period in Beijing were published in it; or first seen in it, where their day is not stated
        or they were alerted late. `within` is the period from a day to a day; `days`, the days up to `now`.
        """
        today = to_beijing_day(now)
        if days is not None and within is None:
            within = (today - timedelta(days=min(days, MAX_DAYS_BACK)), today)
        first, last = within if within is not None else (None, None)
        chosen = NoticeFilter(
            category=self.names.find_category(category) if category else None,
            issuer=self.names.find_issuer(issuer) if issuer else None,
            first=first,
            last=last,
            text=containing or "",
            changes_only=changes_only,
        )
        return self.list_notices(chosen, with_late=True, limit=limit)

    def list_notices(
        self,
        chosen: NoticeFilter,
        *,
        before: ListPosition | None = None,
        with_late: bool = False,
        limit: int = 50,
    ) -> tuple[NoticeLine, ...]:
        """Return the notices that a filter lets pass, newest published first, each with its kind of measure.

        `before` begins behind a position. `with_late` adds those to a period that were alerted in it, though
        they were published before.
        """
        return self.notices.list_notices(
            chosen,
            before=before,
            with_late=with_late,
            find_measure=lambda notice: choose_measure(notice, self.names.lexicon),
            limit=limit,
        )

    def parse_filter(self, parameters: Mapping[str, str] | str) -> NoticeFilter:
        """Return the filter of the parameters of an address, as `parse_notice_filter`."""
        return parse_notice_filter(parameters, self.names)

    def show(self, name: str) -> NoticeRecord:
        """Return everything about a notice, named by its number in any spelling, or by its address."""
        key = self.names.to_key(name)
        record = self.notices.find_record(key)
        if record is None:
            raise self.law.build_unknown_error(name, key)
        measure = choose_measure(record.notice, self.names.lexicon) if record.line.is_change else ""
        return replace(record, line=replace(record.line, measure=measure))

    def find_status(self, record: NoticeRecord, *, on: date) -> LegalStatus | None:
        """Return the status of a notice that sets rules on a day in Beijing, None for any other."""
        if not record.line.is_change or record.line.review_id is not None:
            return None
        return self.law.find_notice_status(record.line.key, name=record.line.title, on=on)

    def list_categories(self, search: str = "") -> tuple[CategoryLine, ...]:
        """Return every group with its categories; with `search`, those whose names or words match it.

        Raises `UnclearName` where nothing does.
        """
        lexicon, active = self.names.lexicon, self.subscriptions.list_active()
        count = self.notices.count_by_category
        counts = count() if self.cache is None else self.cache.recall("categories", count)
        chosen = None
        if search.strip():
            chosen = set(find_category_meanings(search, lexicon)) | set(match_categories(search, lexicon))
            part = fold_category_name(search)
            chosen |= {
                name
                for name, _, _ in list_category_tree(lexicon)
                for own in (
                    name,
                    lexicon.get_category_name(name, "en"),
                    lexicon.get_category_name(name, "zh"),
                )
                if part in fold_category_name(own)
            }
            if not chosen:
                self.names.find_category(search)  # raises, with the nearest ones
        lines = []
        for name, group, is_group in list_category_tree(lexicon):
            if chosen is not None and not any(covers_category(one, name) for one in chosen):
                continue
            kind = next(item.kind for item in lexicon.categories if item.group == group)
            covering = (item for item in active if any(covers_category(one, name) for one in item.categories))
            lines.append(
                CategoryLine(
                    id=name,
                    group=group,
                    is_group=is_group,
                    kind=kind,
                    en=lexicon.get_category_name(name, "en"),
                    zh=lexicon.get_category_name(name, "zh"),
                    notices=counts.get(name, 0),
                    subscriptions=sum(1 for _ in covering),
                )
            )
        return tuple(lines)

    def find_dossier(self, name: str) -> Dossier:
        """Return what proves a notice, named as for `show`."""
        key = self.names.to_key(name)
        dossier = self.dossiers.find_dossier(key)
        if dossier is None:
            raise self.law.build_unknown_error(name, key)
        return dossier

    def preview(self, subscription: Subscription, *, now: datetime, days: int = PREVIEW_DAYS) -> Preview:
        """Return what a subscription would have been sent of the notices published in the days before `now`.

        Its reminders and amendments are not counted: they depend on when each was seen.
        """
        since = to_beijing_day(now) - timedelta(days=days)
        matches: list[tuple[NoticeLine, str]] = []
        for item in self.notices.list_published_since(since):
            kind: AlertKind = "new" if item.line.official else "report"
            if item.line.attention is Attention.REVIEW:
                kind = "review"
            elif item.line.judgement is not None and item.line.attention is Attention.CHANGE:
                kind = "judged-change"
            alert = Alert(
                kind=kind, made_at=now, title=item.line.title, watcher=item.line.watcher, notice=item.notice
            )
            why = explain_match(alert, subscription, text=item.text)
            if why is not None:
                matches.append((item.line, why))
        return Preview(days=days, matches=tuple(matches))

    def list_watchers(self) -> tuple[WatcherLine, ...]:
        """Return every declared watcher with its health."""
        return tuple(
            WatcherLine(
                id=watcher.id,
                name=watcher.name,
                issuer=watcher.issuer,
                role=watcher.role,
                enabled=watcher.enabled,
                health="blocked" if watcher.blocked and state.kind == "blocked" else state.health,
                state=state,
                declared=watcher.http.describe_exceptions(),
            )
            for watcher, state in self.sources.load(now=self.clock())
        )

    def list_problems(self) -> tuple[str, ...]:
        """Return what a person must look at: warnings, refusals, failing watchers not declared blocked."""
        return tuple(problem.message for problem in self.find_problems())

    def count_problems(self) -> dict[ProblemKind, int]:
        """Return the number of problems of each kind: a public answer, without names and addresses."""
        counts = Counter(problem.kind for problem in self.find_problems())
        return {kind: counts[kind] for kind in get_args(ProblemKind)}

    def find_problems(self) -> tuple[Problem, ...]:
        """Return what a person must look at, by kind."""
        expected = {watcher.id for watcher in self.sources.watchers if watcher.blocked}
        lines = self.list_watchers()
        never = [
            line.id
            for line in lines
            if line.health_word == "source-retried" and line.state.last_success_at is None
        ]
        blind = (
            f"{line.id} is {find_word(f'source-{line.health}', 'en')}: {line.state.reason}"
            for line in lines
            if line.health == "blind" or (line.health == "blocked" and line.id not in expected)
        )
        sources = "1 source has" if len(never) == 1 else f"{len(never)} sources have"
        unread_yet = f"{sources} never been read, and the last attempt failed: {', '.join(never)}"
        held = (
            f"{flood.count} new notices of {flood.watcher} are held: controlwatch held"
            for flood in self.list_held()
        )
        refused = (f"{item.channel} {item.target}: {item.reason}" for item in self.list_refused_deliveries())
        warnings = (warn() for warn in self.operational_warnings)
        paused = (f"subscription {item.id} is paused: {item.paused}" for item in self.list_paused())
        waiting = (
            f"{trouble.channel}: {trouble.waiting} deliveries wait: {trouble.reason}"
            for trouble in self.list_channel_troubles()
        )
        found: dict[ProblemKind, Iterable[str]] = {
            "warnings": filter(None, warnings),
            "blind_sources": (*blind, *([unread_yet] if never else ())),
            "held_notices": held,
            "waiting_channels": waiting,
            "paused_subscriptions": paused,
            "refused_deliveries": refused,
        }
        return tuple(
            Problem(kind=kind, message=text) for kind, messages in found.items() for text in messages
        )

    def list_paused(self) -> tuple[Subscription, ...]:
        """Return the subscriptions that are paused, with the reason; `controlwatch resume` ends that."""
        return tuple(item for item in self.subscriptions.list_active() if item.paused)

    def list_channel_troubles(self) -> tuple[ChannelTrouble, ...]:
        """Return what waits because a channel did not accept it, where that does not just pass."""
        troubles = self.channel_health.list_channel_troubles()
        return tuple(trouble for trouble in troubles if trouble.tries >= TROUBLE_AFTER_TRIES)

    def list_held(self) -> tuple[HeldReferences, ...]:
        """Return the new notices that are held until a person releases or shelves them, by source."""
        return self.held.list_held()

    def list_reviews(self, *, settled: bool = False) -> tuple[ReviewLine, ...]:
        """Return the documents that wait for a person, oldest first; with `settled`, the others too."""
        return self.reviews.list_reviews(settled=settled)

    def list_leads(self, *, closed: bool = False) -> tuple[LeadLine, ...]:
        """Return what a person should look into, oldest first."""
        return self.leads.list_all(closed=closed)

    def list_refused_deliveries(self) -> tuple[RefusedDelivery, ...]:
        """Return the deliveries that a channel refused permanently."""
        return self.notices.list_refused_deliveries()
