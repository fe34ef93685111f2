"""The sources: their health over 90 days, when each was last read, what is missed, how each is declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from fastapi import APIRouter, Request, Response

from controlwatch.bootstrap.app import App
from controlwatch.core.law.answers import WatcherLine
from controlwatch.core.model.errors import UnclearName
from controlwatch.core.model.state import PollDay
from controlwatch.core.model.timezones import BEIJING, to_beijing_day
from controlwatch.core.rendering.replies import describe_source_problem
from controlwatch.web.page_frame import PageFrame

STRIP_DAYS = 90
#: Style of a day → what it means.
DAY_STYLES = {
    "good": "read without a failure",
    "found": "something new was found",
    "partly": "some polls failed",
    "bad": "not read all day",
    "none": "not watched",
}
HEALTH_TONES = {"healthy": "green", "quiet": "green", "degraded": "amber", "blocked": "amber", "blind": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StripRun:
    """Days of one style in the strip of a source."""

    first: date
    last: date
    style: str
    place: int  #: of the first day, from the left
    length: int

    @property
    def text(self) -> str:
        """What the style means."""
        return DAY_STYLES[self.style]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source in the table."""

    line: WatcherLine
    tone: str
    missed: str
    runs: tuple[StripRun, ...]
    strip_text: str


def build_source_routes(frame: PageFrame, app: App) -> APIRouter:
    """Return the routes of the sources."""
    router, queries = APIRouter(), app.queries

    @router.get("/sources")
    def list_sources(request: Request) -> Response:
        """Show every source with its health."""
        now = frame.clock()
        since = now - timedelta(days=STRIP_DAYS)
        polled = {(item.watcher, item.day): item for item in app.store.polling.count_poll_days(since=since)}
        gaps = {source.watcher: source.gap for source in queries.law.find_coverage().sources}
        lines = queries.list_watchers()
        return frame.render(
            request,
            "sources.html",
            rows=[_build_row(frame, request, line, polled, gaps.get(line.id, ""), now) for line in lines],
            summary=summarize_health(frame, request, lines),
            styles=DAY_STYLES,
        )

    @router.get("/sources/{watcher_id}")
    def show_source(request: Request, watcher_id: str) -> Response:
        """Show how a source is declared."""
        watcher = next((item for item in app.watchers if item.id == watcher_id), None)
        if watcher is None:
            raise UnclearName(f"no source {watcher_id[:60]!r} is declared here")
        line = next(item for item in queries.list_watchers() if item.id == watcher.id)
        path = app.settings.find_watchers_folder() / f"{watcher.id}.toml"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        return frame.render(request, "source.html", watcher=watcher, line=line, declaration=text)

    return router


def summarize_health(frame: PageFrame, request: Request, lines: tuple[WatcherLine, ...]) -> str:
    """Return the health of all enabled sources in one line."""
    enabled = [line for line in lines if line.enabled]
    healthy = sum(line.health in {"healthy", "quiet"} for line in enabled)
    return frame.translate(
        request, "{healthy} of {all} sources can be read.", healthy=healthy, all=len(enabled)
    )


def _build_row(
    frame: PageFrame,
    request: Request,
    line: WatcherLine,
    polled: dict[tuple[str, date], PollDay],
    gap: str,
    now: datetime,
) -> SourceRow:
    runs = tuple(_list_runs(line, polled, to_beijing_day(now)))
    unread = (
        frame.translate(request, "{count} listed pages could not be read yet", count=line.state.unread)
        if line.state.unread
        else ""
    )
    never = frame.translate(request, "never read") if line.state.last_success_at is None else ""
    is_failing = line.health not in {"healthy", "quiet"}
    problem = describe_source_problem(line, frame.choose_language(request)) if is_failing else ""
    counts: Counter[str] = Counter()
    for run in runs:
        counts[run.text] += run.length
    return SourceRow(
        line=line,
        tone=HEALTH_TONES.get(line.health, "") if line.enabled else "",
        missed="; ".join(filter(None, (problem, gap or never, unread))),
        runs=runs,
        strip_text="; ".join(f"{frame.translate(request, text)}: {count}" for text, count in counts.items()),
    )


def _list_runs(line: WatcherLine, polled: dict[tuple[str, date], PollDay], today: date) -> Iterator[StripRun]:
    """Yield the strip of a source, days of one style joined."""
    days = [today - timedelta(days=back) for back in range(STRIP_DAYS, -1, -1)]
    place = 0
    for style, group in groupby(days, lambda day: _choose_style(line, polled.get((line.id, day)), day)):
        own = list(group)
        yield StripRun(first=own[0], last=own[-1], style=style, place=place, length=len(own))
        place += len(own)


def _choose_style(line: WatcherLine, found: PollDay | None, day: date) -> str:
    """Return the style of a day: days without a row in the log were quiet ones, or not watched."""
    state = line.state
    began, since = state.first_poll_at, state.failing_since
    is_after_success = state.last_success_at is not None and day > to_beijing_day(state.last_success_at)
    if since is not None and since <= datetime(day.year, day.month, day.day, tzinfo=BEIJING):
        return "bad"
    if found is not None and found.failed:
        return "partly"
    if began is None or day < to_beijing_day(began) or (is_after_success and found is None):
        return "none"
    return "found" if found is not None and found.found else "good"
