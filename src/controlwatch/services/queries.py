"""What may be asked: the same answers for the command line, the bot and the web."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from controlwatch.core.alerting.routing import explain_match
from controlwatch.core.evidence.dossier import Dossier
from controlwatch.core.law.answers import NoticeLine, NoticeRecord, Preview, RefusedDelivery, WatcherLine
from controlwatch.core.model import Alert, AlertKind, Subscription
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.services.legal_queries import Legal

#: Days that may be counted back: a century.
LONGEST = 36_500
#: Days that a preview looks back.
PREVIEW = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries(Legal):
    """Questions over the books. Every wrong name is refused with the nearest right ones."""

    lacks: Callable[[], str] = str  #: says what the machine lacks
    unstamped: Callable[[], str] = str  #: says since when the chain waits for a time stamp

    def latest(
        self,
        *,
        now: datetime,
        days: int | None = None,
        category: str | None = None,
        issuer: str | None = None,
        containing: str | None = None,
        changes_only: bool = False,
        limit: int = 20,
    ) -> tuple[NoticeLine, ...]:
        """Notices, newest published first; `days` counts back from `now` by when we first saw them."""
        return self.books.list_notices(
            since=now - timedelta(days=min(days, LONGEST)) if days is not None else None,
            category=self.category(category) if category else None,
            issuer=self.issuer(issuer) if issuer else None,
            containing=containing,
            changes_only=changes_only,
            limit=limit,
        )

    def show(self, asked: str) -> NoticeRecord:
        """Everything about a notice, asked by number in any spelling, or by address."""
        key = self.key(asked)
        record = self.books.find_record(key)
        if record is None:
            raise self.not_known(asked, key)
        return record

    def dossier(self, asked: str) -> Dossier:
        """What proves a notice, asked as for `show`."""
        key = self.key(asked)
        found = self.books.find_dossier(key)
        if found is None:
            raise self.not_known(asked, key)
        return found

    def preview(self, subscription: Subscription, *, now: datetime, days: int = PREVIEW) -> Preview:
        """What a subscription would have been sent of the notices published in the days before `now`.

        Its reminders and amendments are not counted: they depend on when each was seen.
        """
        since = to_beijing_day(now) - timedelta(days=days)
        told: list[tuple[NoticeLine, str]] = []
        for item in self.books.list_published_since(since):
            kind: AlertKind = "new" if item.line.official else "report"
            alert = Alert(
                kind=kind, made_at=now, title=item.line.title, watcher=item.line.watcher, notice=item.notice
            )
            why = explain_match(alert, subscription, text=item.text)
            if why is not None:
                told.append((item.line, why))
        return Preview(days=days, matches=tuple(told))

    def watchers(self) -> tuple[WatcherLine, ...]:
        """Every declared watcher and how it fares."""
        return tuple(
            WatcherLine(
                id=watcher.id,
                name=watcher.name,
                issuer=watcher.issuer,
                role=watcher.role,
                enabled=watcher.enabled,
                health="blocked" if watcher.blocked and state.kind == "blocked" else state.health,
                state=state,
            )
            for watcher, state in self.states_of(self.watched)
        )

    def needs_a_person(self) -> tuple[str, ...]:
        """What somebody must look at: disk, time stamps, blind watchers (not so by design), refusals."""
        by_design = {watcher.id for watcher in self.watched if watcher.blocked}
        blind = (
            f"{line.id} is {line.health}: {line.state.reason}"
            for line in self.watchers()
            if line.health in {"blind", "blocked"} and not (line.health == "blocked" and line.id in by_design)
        )
        refused = (f"{item.channel} {item.target}: {item.reason}" for item in self.refusals())
        return (*filter(None, [self.lacks(), self.unstamped()]), *blind, *refused)

    def refusals(self) -> tuple[RefusedDelivery, ...]:
        """Deliveries that a channel refused for good."""
        return self.books.list_refused_deliveries()
