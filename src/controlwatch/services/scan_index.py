"""Scan a watcher's list pages: every page that may show something new, judged before it is trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from controlwatch.core.model import IndexPage, NoticeRef, Snapshot, Validators, sanitize_references
from controlwatch.core.model.errors import OutOfTime, Reshaped, SourceError
from controlwatch.core.model.state import NewReference, WatcherState
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.sources.decoding import decode_body
from controlwatch.core.sources.index_pages import (
    PageView,
    add_references,
    find_new_references,
    should_turn_page,
)
from controlwatch.core.sources.listed_items import (
    RowChanges,
    choose_known_addresses,
    find_row_changes,
    list_candidate_addresses,
)
from controlwatch.core.sources.plausibility import (
    IndexStatistics,
    check_baseline,
    check_expectations,
    check_response,
)
from controlwatch.core.sources.requests import (
    Request,
    build_column_request,
    build_page_request,
    list_index_urls,
    name_request,
    parse_unit,
)
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.ports import FetchSession, Polling, References

#: How often the pages behind the first are read although it shows nothing new: a notice may be added there.
FULL_SCAN_INTERVAL = timedelta(days=1)
#: Every tenth answer "304 Not Modified" in a row, the page is requested without conditions all the same.
FULL_REQUEST_INTERVAL = 10


@dataclass(slots=True)
class IndexScan:
    """What one scan of a list found; it fills as the scan goes on, also when it fails."""

    new_references: list[NewReference] = field(default_factory=list)
    row_changes: list[RowChanges] = field(default_factory=list)  #: of each list
    rows: int = 0
    days: list[date] = field(default_factory=list)  #: dates that rows carry
    total: int | None = None  #: notices that the source says it has
    newest: date | None = None
    is_full: bool = False  #: the pages behind the first were read too, whatever it showed
    is_unchanged: bool = True  #: all of it
    is_partly_unchanged: bool = False
    trusted: dict[str, Validators] = field(default_factory=dict)  #: to be sent next time, by request
    requested: list[str] = field(default_factory=list)  #: requests to forget if the scan cannot be trusted
    faults: list[str] = field(default_factory=list)

    def get_statistics(self, watcher: Watcher) -> IndexStatistics:
        """Return the figures by which a scan is judged."""
        return IndexStatistics(
            rows=self.rows,
            days=tuple(self.days),
            total=self.total,
            page_size=watcher.index.pages.size,
            is_whole=not (self.is_unchanged or self.is_partly_unchanged),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexScanner:
    """Scans the list of one watcher once, into `scan`."""

    watcher: Watcher
    state: WatcherState
    session: FetchSession
    polling: Polling
    references: References
    parse_index: Callable[[Watcher, Snapshot], IndexPage]  #: reads a list page; raises `SourceError`
    now: datetime
    scan: IndexScan
    known_until: date | None = None  #: what was published up to this day is known without the source

    def run(self) -> None:
        """Read the list.

        Raises `SourceError` when a page cannot be fetched or the whole is not plausible; the validators of
        `scan.requested` are then not to be trusted any more.
        """
        scan, state, today = self.scan, self.state, to_beijing_day(self.now)
        last = state.whole_at
        is_recent = last is not None and timedelta() <= self.now - last < FULL_SCAN_INTERVAL
        scan.is_full = state.failures > 0 or not is_recent
        unit_ids = self._fetch_unit_ids()
        for place, url in enumerate(list_index_urls(self.watcher, today=today)):
            try:
                self._scan_list(url, unit_ids, today)
            except SourceError as error:
                self._tolerate(error, is_required=place == 0 or state.first_poll_at is None)
        if scan.is_unchanged:
            scan.rows, scan.newest = state.rows, state.newest
        elif scan.is_partly_unchanged:
            scan.rows = max(scan.rows, state.rows)
            scan.newest = max(filter(None, (scan.newest, state.newest)), default=None)
        check_expectations(self.watcher.expect, rows=scan.rows, newest_on=scan.newest, today=today)
        if not (scan.is_unchanged or scan.is_partly_unchanged):
            check_baseline(state.learnt, scan.get_statistics(self.watcher))

    def _tolerate(self, error: SourceError, *, is_required: bool) -> None:
        """Note an error of a later page or of last year's list: it must not hide what the first page shows.

        The first page is then requested in full next time. A first poll reads all the pages that are required
        or nothing; those that only close a gap may fail.
        """
        if is_required or (isinstance(error, OutOfTime) and self.state.first_poll_at is not None):
            raise error
        self.scan.faults.append(f"a part of the index was not read: {error}")
        self.scan.trusted.clear()

    def _fetch_unit_ids(self) -> Mapping[str, str] | None:
        """Read a jpaas unit's parameters from its column page; those declared are the fall-back."""
        request = build_column_request(self.watcher)
        if request is None:
            return None
        try:
            snapshot = self.session(request)
            if snapshot is None:
                return None
            check_response(snapshot)
            header, charset = snapshot.get_header("content-type"), self.watcher.http.charset
            return parse_unit(self.watcher, decode_body(snapshot.body, header=header, declared=charset).text)
        except SourceError:
            if "pageId" not in self.watcher.index.params:
                raise
            return None

    def _scan_list(self, url: str, unit_ids: Mapping[str, str] | None, today: date) -> None:
        """Turn the pages of one list until one shows nothing new."""
        scan, pages, started = self.scan, self.watcher.index.pages, self.state.first_poll_at
        listed: dict[str, NoticeRef] = {}
        tracked: dict[str, NoticeRef] = {}
        number, is_more = 0, True
        while is_more:
            number += 1
            request = build_page_request(self.watcher, url, number=number, ids=unit_ids, today=today)
            if request is None:
                break
            try:
                page = self._fetch_page(request, is_first=number == 1)
            except SourceError as error:
                is_required = number == 1 or (started is None and number <= pages.shelf)
                self._tolerate(error, is_required=is_required)
                break
            view = PageView(number=number, is_unchanged=True)
            if page is not None:
                count = len(listed)
                shown = sanitize_references(page.refs)
                rows = self.references.find_tracked_rows(self.watcher.id, list_candidate_addresses(shown))
                here = add_references(listed, choose_known_addresses(shown, rows))
                tracked_here = here & rows.keys()
                tracked.update(rows)
                if number == 1:
                    scan.rows += len(page.refs)
                    scan.total = page.total
                if number == 1 or started is None:  # by these the source is judged from now on
                    scan.days += [ref.listed_on for ref in page.refs if ref.listed_on is not None]
                view = PageView(
                    number=number,
                    total=page.total,
                    is_repetition=len(listed) == count,
                    has_untracked=not here <= tracked_here,
                    leaves_gap=self._leaves_gap(page),
                )
            is_more = should_turn_page(pages, view, is_first_poll=started is None, is_full_scan=scan.is_full)
        scan.newest = max(scan.days, default=None)
        if not listed:
            return
        first_poll_on = to_beijing_day(started) if started is not None else None
        scan.new_references += find_new_references(listed, tracked.keys(), first_poll_on=first_poll_on)
        scan.row_changes.append(find_row_changes(listed, tracked))

    def _leaves_gap(self, page: IndexPage) -> bool:
        """Return whether something may have been published between what is known and what a page shows."""
        days = [ref.listed_on for ref in page.refs if ref.listed_on is not None]
        return self.known_until is not None and bool(days) and min(days) > self.known_until

    def _fetch_page(self, request: Request, *, is_first: bool) -> IndexPage | None:
        """Fetch a page and read it; None when it is unchanged, or need not exist yet."""
        name = name_request(request)
        validators = self.polling.find_validators(name) if is_first else None
        self.scan.requested.append(name)
        in_full = validators is None or validators.not_modified + 1 >= FULL_REQUEST_INTERVAL
        snapshot = self.session(request, validators if request.conditional and not in_full else None)
        if snapshot is None:
            if validators is None:
                raise Reshaped(f"{request.url} answered 304 to a request without conditions")
            self.scan.trusted[name] = replace(validators, not_modified=validators.not_modified + 1)
            self.scan.is_partly_unchanged = True
            return None
        if snapshot.status == 404 and (request.optional or not is_first):
            return None  # a year that has not begun, or a page beyond the last
        check_response(snapshot)
        if is_first:
            self.scan.trusted[name] = Validators.from_snapshot(snapshot)
        if validators is not None and validators.sha256 == snapshot.sha256:
            self.scan.is_partly_unchanged = True
            return None
        page = self.parse_index(self.watcher, snapshot)
        self.scan.is_unchanged = False
        self.scan.faults.extend(page.faults)
        return page
