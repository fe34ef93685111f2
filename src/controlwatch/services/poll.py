"""Poll one source: read its list, track what is new, read what is due. Decisions are made in `core`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Protocol

from controlwatch.core.alerting.source_health import apply_failure, apply_success, check_retry_time
from controlwatch.core.model import IndexPage, Snapshot, Validators
from controlwatch.core.model.addresses import is_item_address
from controlwatch.core.model.errors import OutOfTime, SourceError, Stopping
from controlwatch.core.model.state import (
    Decision,
    NewReference,
    PendingReference,
    PollOutcome,
    PollReport,
    WatcherState,
)
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.sources.index_pages import is_flood
from controlwatch.core.sources.mail_documents import Mail, to_reference, to_snapshot
from controlwatch.core.sources.plausibility import (
    apply_scan,
    check_response,
    choose_reported_error,
    is_gone,
    is_host_down,
)
from controlwatch.core.sources.requests import Request, build_detail_request, list_first_pages
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.intake import track_reference
from controlwatch.services.ports import Fetcher, FetchSession, Polling, References
from controlwatch.services.scan_index import IndexScan, IndexScanner

if TYPE_CHECKING:  # loaded when something is to be read
    from controlwatch.services.ingest import Ingester

#: After this number of failed tries a notice is alerted from its title alone, with a doubt.
MAX_READ_FAILURES = 3
#: How far back the first look into a mailbox goes, and how far before the last one a look without a cursor.
FIRST_LOOK_BACK, REPEATED_LOOK_BACK = timedelta(days=7), timedelta(days=1)

#: Called with how far a long piece of work has come: done, total, title of the next.
Progress = Callable[[int, int, str], None]


class MailboxReader(Protocol):
    """A folder that mails come to; it is never changed."""

    address: str  #: without the password

    def fetch_mails(self, *, after: str | None, since: datetime) -> Generator[Mail, None, None]:
        """Yield the mails after the one with this cursor, oldest first, up to a limit.

        Without a cursor, or where the mailbox has renumbered its mails, those since about that instant.
        Raises `Unreachable`, `TimedOut` or `LockedOut`.
        """


@dataclass(slots=True, kw_only=True)
class PollRun:
    """One poll as it goes on; what it found adds up, also when it fails."""

    watcher: Watcher
    state: WatcherState  #: before the poll
    now: datetime
    on_progress: Progress | None = None
    on_decision: Callable[[str], None] | None = None  #: called with a sentence for each reference read
    scan: IndexScan = field(default_factory=IndexScan)
    rows: int = 0
    new: int = 0
    due: int = 0
    read: int = 0
    held: int = 0  #: new ones that a person must release or shelve
    alerts: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    broken_off: list[str] = field(default_factory=list)  #: answers of lists, pages and annexes that did
    retry_after: float = 0.0  #: seconds for which the source asks not to be requested

    def note_decision(self, reference: PendingReference, decision: Decision | None) -> None:
        """Add what came of a reference."""
        if decision is None:
            return
        if decision.alert is not None:
            self.alerts.append(decision.alert.title)
        if self.on_decision is not None:
            self.on_decision(f"{reference.ref.title}: {decision.summary_line}")

    @property
    def faults(self) -> tuple[str, ...]:
        """What was read only in part."""
        return (*self.scan.faults, *self.broken_off)

    def find_retry_time(self) -> datetime | None:
        """Return until when the source asks not to be requested, if it does."""
        return self.now + timedelta(seconds=self.retry_after) if self.retry_after else None

    def build_report(self, error: SourceError | None) -> PollReport:
        """Return the report of the poll, which ended with this error or without one."""
        is_first = self.state.first_poll_at is None
        is_unchanged = self.scan.is_unchanged and not self.due
        outcome: PollOutcome = "shelved" if is_first else "unchanged" if is_unchanged else "looked"
        return PollReport(
            watcher=self.watcher.id,
            started_at=self.now,
            outcome=outcome if error is None else "failed",
            kind=error.kind if error is not None else None,
            reason=str(error) if error is not None else "; ".join(self.faults),
            rows=self.rows,
            unseen=self.new,
            read=self.read,
            alerts=tuple(self.alerts),
            held=self.held,
            unread=tuple(self.unread),
        )

    def build_state(self) -> WatcherState:
        """Return the watcher's state with what the scan showed, and what is odd about it."""
        state, scan = self.state, self.scan
        if self.watcher.source_kind == "mailbox":
            return replace(state, newest=scan.newest or state.newest)
        state = apply_scan(
            state,
            scan.get_statistics(self.watcher),
            newest=scan.newest,
            faults=self.faults,
            today=to_beijing_day(self.now),
        )
        return replace(state, whole_at=self.now) if scan.is_full and not scan.faults else state


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """Polls sources: sites, feeds and the mailbox."""

    fetch: Fetcher
    polling: Polling
    references: References
    open_ingester: Callable[[], Ingester]  #: what reads documents; nine polls of ten do without
    mailbox: MailboxReader | None = None
    stopped: Event = field(default_factory=Event)  #: set: read no further mail
    find_known_day: Callable[[], date | None] = lambda: None  #: what was published by then is known

    def prepare(self, watchers: Iterable[Watcher], *, now: datetime) -> None:
        """Read at once what the polls of many watchers need, which costs less than one by one."""
        today = to_beijing_day(now)
        self.polling.preload({one.id: list_first_pages(one, today=today) for one in watchers})

    def poll(
        self,
        watcher: Watcher,
        *,
        now: datetime,
        on_progress: Progress | None = None,
        on_decision: Callable[[str], None] | None = None,
    ) -> PollReport:
        """Poll a source once. Never raises for what a source does: the report says how it ended."""
        run = PollRun(
            watcher=watcher,
            state=self.polling.load_state(watcher.id),
            now=now,
            on_progress=on_progress,
            on_decision=on_decision,
        )
        try:
            if watcher.source_kind == "mailbox":
                self._read_mailbox(run)
            else:
                self._read_site(run)
        except Stopping as error:
            return run.build_report(error)  # nothing is recorded: the source did not fail
        except SourceError as error:
            run.retry_after = max(run.retry_after, getattr(error, "retry_after", 0.0))
            return self._record(run, run.build_report(error))
        return self._record(run, run.build_report(None))

    def record_crash(self, watcher: Watcher, error: BaseException, *, now: datetime) -> None:
        """Record a poll that ended in an internal error: it is a failure like any other, and is alerted."""
        run = PollRun(watcher=watcher, state=self.polling.load_state(watcher.id), now=now)
        reason = f"internal error; please report it: {type(error).__name__}: {error}"
        report = PollReport(
            watcher=watcher.id, started_at=now, outcome="failed", kind="internal", reason=reason
        )
        self._record(run, report)

    def _record(self, run: PollRun, report: PollReport) -> PollReport:
        polling = self.polling
        if report.outcome == "failed":
            state = apply_failure(run.state, kind=report.kind, reason=report.reason, now=run.now)
            state = replace(state, retry_at=run.find_retry_time())
            polling.record_poll(report, state, keep={}, drop=run.scan.requested, now=run.now)
        else:
            state = apply_success(run.state, observed=run.build_state(), now=run.now)
            if run.retry_after:
                state = replace(state, retry_at=run.find_retry_time())
            # After an answer that broke off, the list is requested in full: whether it is sound shows then.
            keep, drop = ({}, run.scan.requested) if run.broken_off else (run.scan.trusted, [])
            polling.record_poll(report, state, keep=keep, drop=drop, now=run.now)
        return report

    def _find_known_until(self, run: PollRun) -> date | None:
        """Return until when official notices are known without this source, at its first poll."""
        is_first = run.state.first_poll_at is None and run.watcher.role == "official"
        return self.find_known_day() if is_first else None

    def _read_site(self, run: PollRun) -> None:
        """Scan the list, track what is new, and read every page that is due."""
        watcher, scan, references = run.watcher, run.scan, self.references
        check_retry_time(run.state, now=run.now)
        with self.fetch.open_session(watcher) as opened:
            session = _note_broken_answers(opened, run.broken_off)
            IndexScanner(
                watcher=watcher,
                state=run.state,
                session=session,
                polling=self.polling,
                references=references,
                parse_index=self._parse_index,
                now=run.now,
                scan=scan,
                known_until=self._find_known_until(run),
            ).run()
            if scan.new_references or run.state.first_poll_at is None:
                is_held = is_flood(scan.new_references, watcher.expect)
                references.track(watcher.id, scan.new_references, run.now, is_held=is_held)
                run.held = len(scan.new_references) if is_held else 0
            for changes in scan.row_changes:
                if changes.refs:
                    references.record_row_changes(watcher.id, changes, run.now)
            due = references.list_due(watcher.id, run.now)
            errors: list[SourceError] = []
            for place, reference in enumerate(due):
                if run.on_progress is not None:
                    run.on_progress(place, len(due), reference.ref.title)
                try:
                    decision = self._read_page(run, reference, session)
                    run.read += 1
                except Stopping:
                    raise
                except SourceError as error:
                    if not (reference.was_read and is_gone(error)):
                        errors.append(error)
                    decision = self._record_unread_page(run, reference, error)
                    run.retry_after = max(run.retry_after, getattr(error, "retry_after", 0.0))
                    wants_pause = run.retry_after > 0
                    if wants_pause or isinstance(error, OutOfTime) or is_host_down(errors, read=run.read):
                        break
                run.note_decision(reference, decision)
        if is_host_down(errors, read=run.read):
            raise choose_reported_error(errors)
        run.rows, run.new, run.due = scan.rows, len(scan.new_references), len(due)
        run.unread += [str(error) for error in errors]

    def _parse_index(self, watcher: Watcher, snapshot: Snapshot) -> IndexPage:
        return self.open_ingester().documents.parse_index(watcher, snapshot)

    def _read_page(self, run: PollRun, reference: PendingReference, session: FetchSession) -> Decision | None:
        """Fetch a notice's page and ingest it."""
        watcher, url, ingester = run.watcher, reference.ref.url, self.open_ingester()
        # Noted before it happens: a page that kills the process is put off like one that does not answer.
        ingester.references.record_fetch_failure(
            reference, reason="interrupted while it was read", absent=False, now=run.now
        )
        if not reference.was_read and reference.failures >= MAX_READ_FAILURES:
            ingester.ingest_row(watcher, reference, now=run.now, doubt="the page could not be read so far")
        if not watcher.detail.follow or is_item_address(url):
            return ingester.ingest_row(watcher, reference, now=run.now)
        validators = ingester.find_usable_validators(url) if reference.was_read else None
        snapshot = session(build_detail_request(watcher, url), validators)
        if snapshot is None:
            # The page is unchanged; its annexes may not be.
            snapshot = ingester.load_snapshot(url, validators.sha256 if validators is not None else None)
        check_response(snapshot)
        return ingester.ingest(watcher, reference, snapshot, session=session, now=run.now, is_polled=True)

    def _record_unread_page(
        self, run: PollRun, reference: PendingReference, error: SourceError
    ) -> Decision | None:
        """Leave a reference due. A missing page is not a repeal; one never read is alerted in the end."""
        self.references.record_fetch_failure(reference, reason=str(error), absent=is_gone(error), now=run.now)
        if reference.was_read or reference.failures + 1 != MAX_READ_FAILURES:
            return None
        doubt = f"the page could not be read: {error}"
        return self.open_ingester().ingest_row(run.watcher, reference, now=run.now, doubt=doubt)

    def _read_mailbox(self, run: PollRun) -> None:
        """Ingest the new mails of the mailbox; each is stored before the cursor moves past it.

        A mail that is seen again, after a kill or under another number, is recognised by its bytes.
        """
        if self.mailbox is None:
            raise ValueError(f"{run.watcher.id} is a mailbox, and none is set up")
        polling, last_success_at = self.polling, run.state.last_success_at
        cursor = polling.find_validators(self.mailbox.address)
        since = run.now - FIRST_LOOK_BACK if last_success_at is None else last_success_at - REPEATED_LOOK_BACK
        mails = self.mailbox.fetch_mails(after=cursor.etag if cursor is not None else None, since=since)
        with closing(mails):
            for mail in mails:
                if self.stopped.is_set():
                    raise Stopping("the service is being stopped")
                self._read_mail(run, mail)
                polling.save_validators(self.mailbox.address, Validators(etag=mail.cursor))

    def _read_mail(self, run: PollRun, mail: Mail) -> None:
        """Ingest a mail as a report. The first look into a mailbox never alerts."""
        started = run.state.first_poll_at
        # Servers count whole seconds.
        may_alert = started is not None and mail.arrived_at >= started.replace(microsecond=0)
        new = NewReference(ref=to_reference(mail), may_alert=may_alert)
        reference = track_reference(self.references, run.watcher, new, now=run.now)
        snapshot, ingester = to_snapshot(mail, now=run.now), self.open_ingester()
        try:
            decision = ingester.ingest(run.watcher, reference, snapshot, session=None, now=run.now)
        except (SourceError, ValueError, LookupError) as error:
            # It will not read better another time: it is alerted from its subject.
            doubt = f"the mail could not be read: {error}"
            run.unread.append(f"{reference.ref.title}: {error}")
            decision = ingester.ingest_row(run.watcher, reference, now=run.now, doubt=doubt)
        run.rows, run.new, run.due, run.read = (count + 1 for count in (run.rows, run.new, run.due, run.read))
        run.scan.newest = max(run.scan.newest or date.min, to_beijing_day(mail.arrived_at))
        run.note_decision(reference, decision)


def _note_broken_answers(session: FetchSession, noted: list[str]) -> FetchSession:
    """Return the session, which adds to `noted` each list, page and annex whose answer broke off."""

    def ask(request: Request, validators: Validators | None = None) -> Snapshot | None:
        snapshot = session(request, validators)
        if snapshot is not None:
            noted.extend(f"{snapshot.final_url}: {doubt}" for doubt in snapshot.doubts)
        return snapshot

    return ask
