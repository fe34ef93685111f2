"""One line that says whether everything is being watched: so that its absence is noticed."""

from __future__ import annotations

from collections.abc import Iterable

from controlwatch.core.model import Language
from controlwatch.core.model.state import WatcherState
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.wording import pick_language

#: Sources named that are not watched.
MAX_NAMED_SOURCES = 4


def render_health_line(states: Iterable[WatcherState], language: Language) -> str:
    """Return how many sources are watched, which are not, and when one was last seen; "" without any."""
    every = tuple(states)
    if not every:
        return ""
    lost = [state for state in every if state.health in {"blind", "blocked", "new"}]
    seen = max((state.last_success_at for state in every if state.last_success_at), default=None)
    last = f"{seen.astimezone(BEIJING):%Y-%m-%d %H:%M}" if seen else "—"
    if not lost:
        return pick_language(
            f"All {len(every)} sources watched, last seen {last} (Beijing time)",
            f"{len(every)} 个来源均在监测，最近一次 {last}（北京时间）",
            language,
        )
    names = ", ".join(f"{state.id} ({state.health})" for state in lost[:MAX_NAMED_SOURCES])
    more = f" +{len(lost) - MAX_NAMED_SOURCES}" if lost[MAX_NAMED_SOURCES:] else ""
    watched = len(every) - len(lost)
    return pick_language(
        f"{watched} of {len(every)} sources watched, last seen {last} (Beijing time); not: {names}{more}",
        f"{len(every)} 个来源中 {watched} 个在监测，最近一次 {last}（北京时间）；未监测：{names}{more}",
        language,
    )
