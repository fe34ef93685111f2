"""Metrics for a monitoring system: source health, deliveries, open leads and open reviews."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from controlwatch.core.second_opinion.limits import find_month_start
from controlwatch.services.queries import Queries
from controlwatch.services.second_opinions import OpinionRecords
from controlwatch.services.store import StoredNotices

HEALTH_STATES = ("new", "healthy", "quiet", "degraded", "blocked", "blind")


def render_metrics(queries: Queries, notices: StoredNotices, opinions: OpinionRecords | None = None) -> str:
    """Return the current metrics as text; with `opinions`, those of the second reader too."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_StoreCollector(queries, notices))
    if opinions is not None:
        registry.register(_SecondReaderCollector(opinions))
    return generate_latest(registry).decode()


class _StoreCollector:
    """Reads the store at each scrape."""

    def __init__(self, queries: Queries, notices: StoredNotices) -> None:
        self._queries = queries
        self._notices = notices

    def describe(self) -> Iterable[Metric]:
        """Describe no metric: registering must not read the store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        lines = [line for line in self._queries.list_watchers() if line.enabled]
        last_success = GaugeMetricFamily(
            "controlwatch_last_success_timestamp_seconds",
            "Time of the last successful poll of a source.",
            labels=["watcher"],
        )
        health = GaugeMetricFamily(
            "controlwatch_watcher_health",
            "1 for the state that a watcher is in, else 0.",
            labels=["watcher", "health"],
        )
        for line in lines:
            if line.state.last_success_at is not None:
                last_success.add_metric([line.id], line.state.last_success_at.timestamp())
            for state in HEALTH_STATES:
                health.add_metric([line.id, state], float(line.health == state))
        yield last_success
        yield health
        deliveries = GaugeMetricFamily("controlwatch_deliveries", "Deliveries by state.", labels=["state"])
        for state, count in self._notices.count_deliveries().items():
            deliveries.add_metric([state], float(count))
        yield deliveries
        yield GaugeMetricFamily(
            "controlwatch_paused_subscriptions",
            "Subscriptions whose recipient does not exist any more.",
            value=float(len(self._queries.list_paused())),
        )
        leads = len(self._queries.list_leads())
        yield GaugeMetricFamily(
            "controlwatch_open_leads", "Numbers of notices that no source has shown.", value=float(leads)
        )
        reviews = self._queries.reviews.count_open()
        yield GaugeMetricFamily(
            "controlwatch_open_reviews",
            "Documents that need review and were not judged.",
            value=float(reviews.count),
        )
        if reviews.oldest is not None:
            yield GaugeMetricFamily(
                "controlwatch_oldest_review_timestamp_seconds",
                "Time since which the oldest of them has waited.",
                value=reviews.oldest.timestamp(),
            )


class _SecondReaderCollector:
    """Reads what the second reader has done and cost at each scrape."""

    def __init__(self, opinions: OpinionRecords) -> None:
        self._opinions = opinions

    def describe(self) -> Iterable[Metric]:
        """Describe no metric: registering must not read the store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        counts = self._opinions.count_opinions()
        questions = GaugeMetricFamily(
            "controlwatch_second_reader_questions",
            "Questions to the second reader by state.",
            labels=["state"],
        )
        for state, count in counts.by_state.items():
            questions.add_metric([state], float(count))
        yield questions
        spent = self._opinions.count_tokens(find_month_start(datetime.now(UTC)))
        for name, meaning, value in (
            ("doubts", "Doubts that it added.", counts.doubts),
            ("reviews", "Documents that it asked a person to look at.", counts.reviews),
            ("refused_entries", "Entries of its answers that the text does not prove.", counts.refused),
            ("tokens_this_month", "Tokens of its questions and answers in this month (UTC).", spent),
        ):
            yield GaugeMetricFamily(f"controlwatch_second_reader_{name}", meaning, value=float(value))
