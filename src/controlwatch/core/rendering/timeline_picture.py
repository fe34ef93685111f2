"""A timeline as a picture: where bars, years and today's line stand, in percent of the width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.timeline import StatePeriod, TimelineRow
from controlwatch.core.model import Day
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.state_text import explain_announced

#: Years before today that are drawn; what is older begins at the edge.
MAX_YEARS_BACK = 8
#: Days drawn after today at least, and after the last known day.
DAYS_AHEAD, DAYS_AFTER_LAST = 365, 120
#: States that are drawn; after the end of a notice nothing is.
DRAWN_STATES = frozenset({LegalState.IN_FORCE, LegalState.PARTLY, LegalState.SUSPENDED, LegalState.NOT_YET})


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineBar:
    """A period of a state."""

    left: float
    width: float
    style: str  #: the state, or announced
    text: str  #: the state and its days in words


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRow:
    """A notice with its bars."""

    key: str
    number: str
    title: str
    bars: tuple[TimelineBar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePicture:
    """Rows of bars on one axis of days."""

    first: Day
    last: Day
    today: float
    years: tuple[tuple[float, int], ...]  #: where each year begins
    rows: tuple[PictureRow, ...]


def draw_timeline(rows: Iterable[TimelineRow], context: CardContext) -> TimelinePicture:
    """Return the picture of some rows; its words are in the reader's language."""
    rows, today = tuple(rows), context.today
    starts = [period.first for row in rows for period in row.periods]
    ends = [period.last for row in rows for period in row.periods if period.last is not None]
    ends += [item.until for row in rows for item in row.announced if item.until is not None]
    oldest = max(min((*starts, today)), today.replace(year=today.year - MAX_YEARS_BACK, day=1))
    first = date(oldest.year, 1, 1)
    latest = max((*starts, *ends, today))
    last = max(today + timedelta(days=DAYS_AHEAD), _add_days(latest, DAYS_AFTER_LAST))
    axis = _Axis(first, last, context)
    return TimelinePicture(
        first=first,
        last=last,
        today=axis.place(today),
        years=tuple((axis.place(date(year, 1, 1)), year) for year in range(first.year, last.year + 1)),
        rows=tuple(
            PictureRow(key=row.key, number=row.number, title=row.title, bars=tuple(axis.draw_bars(row)))
            for row in rows
        ),
    )


def _add_days(day: date, days: int) -> date:
    return date.max if (date.max - day).days <= days else day + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class _Axis:
    """Places days between two."""

    first: date
    last: date
    context: CardContext

    def place(self, day: date) -> float:
        """Return where a day begins, in percent; what is outside stands at the edge."""
        share = (day - self.first).days / max(1, (self.last - self.first).days)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def draw_bars(self, row: TimelineRow) -> list[TimelineBar]:
        """Return the bars of a row, and what was announced beyond its last one."""
        bars = [self._draw_period(period) for period in row.periods if period.state in DRAWN_STATES]
        for item in row.announced:
            if item.until is None:
                continue
            begins = [
                period.last for period in row.periods if period.last is not None and period.last < item.until
            ]
            left = self.place(max((*begins, item.on)))
            text = explain_announced(item, language=self.context.language)
            bars.append(
                TimelineBar(left=left, width=self.place(item.until) - left, style="announced", text=text)
            )
        return [bar for bar in bars if bar.width > 0]

    def _draw_period(self, period: StatePeriod) -> TimelineBar:
        left = self.place(period.first)
        right = self.place(_add_days(period.last, 1)) if period.last is not None else 100.0
        days = self.context.format_date(period.first) + " – "
        days += self.context.format_date(period.last) if period.last is not None else "…"
        return TimelineBar(
            left=left,
            width=round(right - left, 2),
            style=period.state.value,
            text=f"{self.context.find_word(period.state.value)}: {days}",
        )
