"""Look at a watcher's index: every page that may show something new, judged before it is believed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from controlwatch.core.model import sanitize_reference
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.errors import OutOfTime, Reshaped, SourceError
from controlwatch.core.model.state import NewReference, Validators, WatcherState
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.sources.decoding import decode_body
from controlwatch.core.sources.index_pages import find_new_references, parse_index, remove_repetitions
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
    parse_unit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controlwatch.core.model import IndexPage, NoticeRef
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import FetchSession, Store

#: So often the pages behind the first are read although it shows nothing new: a notice may be put up there.
WHOLE_EVERY = timedelta(days=1)
#: Every so many answers in a row that say "not modified", the whole page is asked for all the same.
FULL_EVERY = 10


@dataclass(slots=True)
class Sight:
    """What one look at an index brought."""

    unseen: list[NewReference] = field(default_factory=list)
    rows: int = 0
    days: list[date] = field(default_factory=list)  #: that rows carry
    total: int | None = None  #: notices that the source says it has
    newest: date | None = None
    whole: bool = False  #: the pages behind the first were read too, whatever it showed
    unchanged: bool = True  #: all of it
    partly_unchanged: bool = False
    believed: dict[str, Validators] = field(default_factory=dict)  #: to be sent back next time
    asked: list[str] = field(default_factory=list)  #: to be forgotten if the look cannot be believed
    faults: list[str] = field(default_factory=list)

    def shown(self, watcher: Watcher) -> IndexStatistics:
        """Return what was shown, as far as it says whether to believe it."""
        return IndexStatistics(
            rows=self.rows, days=tuple(self.days), total=self.total, page_size=watcher.index.pages.size
        )


@dataclass(slots=True, kw_only=True)
class Look:
    """One look at a watcher's index. `sight` fills as the look goes on, also when it fails."""

    watcher: Watcher
    state: WatcherState
    ask: FetchSession
    store: Store
    now: datetime
    sight: Sight

    def run(self) -> None:
        """Read the index.

        Raises `SourceError` when a page cannot be had or the whole cannot be believed; `sight.asked`
        then names the requests whose validators are not to be trusted any more.
        """
        today = to_beijing_day(self.now)
        self.sight.whole = self._is_time()
        ids = self._ids()
        for place, entry in enumerate(list_index_urls(self.watcher, today=today)):
            try:
                self._entry(entry, ids, today)
            except SourceError as error:
                self._carry_on(error, first=place == 0)
        sight = self.sight
        if sight.unchanged:
            sight.rows, sight.newest = self.state.rows, self.state.newest
        elif sight.partly_unchanged:
            sight.rows = max(sight.rows, self.state.rows)
            sight.newest = max(filter(None, (sight.newest, self.state.newest)), default=None)
        check_expectations(self.watcher.expect, rows=sight.rows, newest_on=sight.newest, today=today)
        if not (sight.unchanged or sight.partly_unchanged):
            check_baseline(self.state.learnt, sight.shown(self.watcher))

    def _is_time(self) -> bool:
        """Whether to read the pages behind the first as well: once a day, and after each outage."""
        last = self.state.whole_at
        return self.state.failures > 0 or last is None or not timedelta() <= self.now - last < WHOLE_EVERY

    def _carry_on(self, error: SourceError, *, first: bool) -> None:
        """What a later page or last year's index refuses must not hide what the first one shows.

        The first page is then asked for in full again next time. A first poll takes all or nothing.
        """
        if first or self.state.first_poll_at is None or isinstance(error, OutOfTime):
            raise error
        self.sight.faults.append(f"a part of the index was not read: {error}")
        self.sight.believed.clear()

    def _ids(self) -> Mapping[str, str] | None:
        """Read a jpaas unit's parameters from its column page; those declared are the fall-back."""
        request = build_column_request(self.watcher)
        if request is None:
            return None
        try:
            snapshot = self.ask(request)
            if snapshot is None:
                return None
            check_response(snapshot)
            charset = self.watcher.http.charset
            return parse_unit(
                self.watcher,
                decode_body(snapshot.body, header=snapshot.get_header("content-type"), declared=charset).text,
            )
        except SourceError:
            if "pageId" not in self.watcher.index.params:
                raise
            return None

    def _entry(self, entry: str, ids: Mapping[str, str] | None, today: date) -> None:
        """Turn the pages of one index until one shows nothing unseen."""
        pages = self.watcher.index.pages
        started = self.state.first_poll_at
        listed: list[NoticeRef] = []
        known: set[str] = set()
        before: set[str] = set()
        least = pages.shelf if self.sight.whole else 1
        for number in range(1, (pages.most if started else pages.shelf) + 1):
            request = build_page_request(self.watcher, entry, number=number, ids=ids, today=today)
            if request is None:
                break
            try:
                shown = self._page(request, first=number == 1)
            except SourceError as error:
                self._carry_on(error, first=number == 1)
                break
            if shown is None and number < least:
                continue  # it stands as it stood; those behind it may not
            if shown is None:
                break
            here = {canonicalize_url(ref.url) for ref in shown.refs}
            held = self.store.find_tracked_urls(self.watcher.id, here)
            listed.extend(shown.refs)
            known |= held
            if number == 1:
                self.sight.rows += len(shown.refs)
                self.sight.total = shown.total
            if number == 1 or started is None:  # by these the source is judged from now on
                self.sight.days += [ref.listed_on for ref in shown.refs if ref.listed_on is not None]
            before_this = len(before)
            before |= here
            ended = shown.total is not None and number * pages.size >= shown.total
            nothing_new = started is not None and here <= held and number >= least
            if ended or len(before) == before_this or nothing_new:
                break
        self._shelved(listed, known)

    def _shelved(self, listed: list[NoticeRef], known: set[str]) -> None:
        refs = remove_repetitions(sanitize_reference(ref) for ref in listed)
        self.sight.newest = max(self.sight.days, default=None)
        started = self.state.first_poll_at
        first_poll_on = to_beijing_day(started) if started is not None else None
        self.sight.unseen.extend(find_new_references(refs, known, first_poll_on=first_poll_on))

    def _page(self, request: Request, *, first: bool) -> IndexPage | None:
        """Ask for a page and read it; None when it is what we believed before, or need not exist yet."""
        name = _name(request)
        held = self.store.find_validators(name) if first else None
        self.sight.asked.append(name)
        due_in_full = held is None or held.not_modified + 1 >= FULL_EVERY
        snapshot = self.ask(request, held if request.conditional and not due_in_full else None)
        if snapshot is None:
            if held is None:
                raise Reshaped(f"{request.url} answered 304 to a question without conditions")
            self.sight.believed[name] = replace(held, not_modified=held.not_modified + 1)
            self.sight.partly_unchanged = True
            return None
        if snapshot.status == 404 and (request.optional or not first):
            return None  # a year that has not begun, or a page beyond the last
        check_response(snapshot)
        if first:
            self.sight.believed[name] = Validators.from_snapshot(snapshot)
        if held is not None and held.sha256 == snapshot.sha256:
            self.sight.partly_unchanged = True
            return None
        shown = parse_index(self.watcher, snapshot)
        self.sight.unchanged = False
        self.sight.faults.extend(shown.faults)
        return shown


def _name(request: Request) -> str:
    """Name a request in the books: POSTs to one address differ by their form."""
    form = "&".join(f"{key}={value}" for key, value in request.form)
    return f"{request.url}#{form}" if form else request.url
