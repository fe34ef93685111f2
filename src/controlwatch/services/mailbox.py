"""Collect: every mail that came to the mailbox is taken in as a report, whoever it says it is from."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from controlwatch.core.alerting.source_health import apply_failure, apply_success
from controlwatch.core.model.errors import SourceError, Stopping
from controlwatch.core.model.state import NewReference, PollReport, Validators
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.sources.mail_documents import to_reference, to_snapshot
from controlwatch.core.sources.watcher import Detail, Http, Index, Schedule, Watcher
from controlwatch.services.intake import shelved

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from controlwatch.core.model.state import WatcherState
    from controlwatch.core.sources.mail_documents import Mail
    from controlwatch.services.poll import Pipeline
    from controlwatch.services.ports import MailboxReader

ID = "mailbox"
#: Bytes of a mail that are read, as of a page; text stands before what is attached.
LARGEST = 20_000_000
#: How far back the first look goes, and how far before the last one a look that has lost its place.
BEFORE, AGAIN = timedelta(days=7), timedelta(days=1)


def watcher_of(mailbox: MailboxReader) -> Watcher:
    """Return the mailbox as a source among the others: it can be blind like them, and rings no law."""
    return Watcher(
        id=ID,
        name="Newsletters by mail (邮箱)",
        issuer="press",
        role="secondary",
        maintainers=("controlwatch maintainers",),
        confidence="B",
        schedule=Schedule(cron=("*/5 * * * *",)),
        index=Index(kind="links", url=mailbox.address),
        detail=Detail(follow=False),
        http=Http(hosts=()),  # nothing that a mail leads to is ever asked for
    )


def collect(
    watcher: Watcher,
    mailbox: MailboxReader,
    pipeline: Pipeline,
    *,
    now: datetime,
    heard: Callable[[str], None] = lambda _said: None,
) -> PollReport:
    """Look once into the mailbox. Never raises for what it or a mail does: the report says how it went.

    `heard` is told of each mail, in a sentence. The first look takes a week in, and rings for nothing.
    """
    state = pipeline.store.load_watcher_state(watcher.id)
    look = _Look(watcher=watcher, pipeline=pipeline, state=state, now=now, heard=heard)
    try:
        look.run(mailbox)
    except Stopping as error:
        return look.report("failed", error)
    except SourceError as error:
        report = look.report("failed", error)
        after = apply_failure(state, kind=report.kind, reason=report.reason, now=now)
    else:
        first = state.first_poll_at is None
        report = look.report("shelved" if first else "looked" if look.read else "unchanged")
        after = apply_success(state, seen=replace(state, newest=look.newest or state.newest), now=now)
    pipeline.store.record_poll(report, after, believed={}, doubted=(), now=now)
    return report


@dataclass(slots=True, kw_only=True)
class _Look:
    """One look into the mailbox; what it brings adds up as it goes on, also when it fails."""

    watcher: Watcher
    pipeline: Pipeline
    state: WatcherState
    now: datetime
    heard: Callable[[str], None]
    read: int = 0
    newest: date | None = None
    alerts: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def run(self, mailbox: MailboxReader) -> None:
        """Take in what is new, one mail after the other; each is kept before its place is.

        A mail that is seen again, after a kill or under another number, is known by its bytes.
        """
        store, last = self.pipeline.store, self.state.last_success_at
        held = store.find_validators(mailbox.address)
        since = last - AGAIN if last is not None else self.now - BEFORE
        with closing(
            mailbox.fetch_mails(after=held.etag if held is not None else None, since=since)
        ) as mails:
            for mail in mails:
                if self.pipeline.stopped.is_set():
                    raise Stopping("the service is being stopped")
                self._take(mail)
                store.save_validators(mailbox.address, Validators(etag=mail.cursor))

    def _take(self, mail: Mail) -> None:
        began, ref = self.state.first_poll_at, to_reference(mail)
        rings = began is not None and mail.arrived_at >= began.replace(microsecond=0)  # servers count seconds
        due = shelved(self.pipeline.store, self.watcher, NewReference(ref=ref, may_alert=rings), now=self.now)
        snapshot = to_snapshot(mail, now=self.now)
        try:
            decision = self.pipeline.take_in(self.watcher, due, snapshot, ask=None, now=self.now)
        except (SourceError, ValueError, LookupError) as error:
            # It will not read better another time: it is told from its subject.
            doubt = f"the mail could not be read: {error}"
            self.unread.append(f"{due.ref.title}: {error}")
            decision = self.pipeline.take_row(self.watcher, due, now=self.now, doubt=doubt)
        self.read += 1
        self.newest = max(self.newest or date.min, to_beijing_day(mail.arrived_at))
        self.alerts += [decision.alert.title] if decision.alert is not None else []
        self.heard(f"{due.ref.title}: {decision.summary_line}")

    def report(
        self, outcome: Literal["shelved", "unchanged", "looked", "failed"], error: SourceError | None = None
    ) -> PollReport:
        """Return what it came to."""
        return PollReport(
            watcher=self.watcher.id,
            started_at=self.now,
            outcome=outcome,
            kind=error.kind if error is not None else None,
            reason=str(error) if error is not None else "",
            rows=self.read,
            unseen=self.read,
            read=self.read,
            alerts=tuple(self.alerts),
            unread=tuple(self.unread),
        )
