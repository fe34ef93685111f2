"""What a monitoring system may scrape: when each source was last seen, and what waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

if TYPE_CHECKING:
    from controlwatch.bootstrap import App

HEALTH_STATES = ("new", "healthy", "quiet", "degraded", "blocked", "blind")


def render_metrics(app: App) -> str:
    """Return the metrics of this moment as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_StoreCollector(app))
    return generate_latest(registry).decode()


class _StoreCollector:
    """Reads the books whenever it is asked."""

    def __init__(self, app: App) -> None:
        self._app = app

    def describe(self) -> Iterable[Metric]:
        """Say nothing beforehand: registering must not read the store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        lines = [line for line in self._app.queries.list_watchers() if line.enabled]
        seen = GaugeMetricFamily(
            "controlwatch_last_success_timestamp_seconds",
            "When a source was last seen with success.",
            labels=["watcher"],
        )
        health = GaugeMetricFamily(
            "controlwatch_watcher_health", "One for the state a watcher is in.", labels=["watcher", "health"]
        )
        for line in lines:
            if line.state.last_success_at is not None:
                seen.add_metric([line.id], line.state.last_success_at.timestamp())
            for state in HEALTH_STATES:
                health.add_metric([line.id, state], float(line.health == state))
        yield seen
        yield health
        deliveries = GaugeMetricFamily("controlwatch_deliveries", "Deliveries by state.", labels=["state"])
        for state, count in self._app.store.queries.count_deliveries().items():
            deliveries.add_metric([state], float(count))
        yield deliveries
        leads = len(self._app.queries.list_leads())
        yield GaugeMetricFamily(
            "controlwatch_open_leads", "Numbers that nobody has seen.", value=float(leads)
        )
