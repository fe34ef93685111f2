"""The first poll of every source after a start: whether any of them was reached."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from controlwatch.core.alerting.reachability import CommonFailure, SourceFailure, explain_common_failure
from controlwatch.core.model.state import PollReport


class FirstRound:
    """Collects the first report of each source; polls run at the same time."""

    def __init__(self, watcher_ids: Iterable[str], *, has_proxy: bool) -> None:
        self._waiting = set(watcher_ids)
        self._asked = len(self._waiting)
        self._failures: list[SourceFailure] = []
        self._has_proxy = has_proxy
        self._guard = threading.Lock()

    def add_report(self, report: PollReport) -> CommonFailure | None:
        """Note the report of a poll; with the last first one, return why no source was reached, if so."""
        with self._guard:
            if report.watcher not in self._waiting:
                return None
            self._waiting.remove(report.watcher)
            if report.outcome == "failed":
                self._failures.append(SourceFailure(kind=report.kind or "", reason=report.reason))
            if self._waiting:
                return None
        return explain_common_failure(self._failures, asked=self._asked, has_proxy=self._has_proxy)
