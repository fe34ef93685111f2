"""Metrics for a monitoring system: source health, deliveries, open leads and open reviews."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from controlwatch.bootstrap.cluster import ClusterFigures
from controlwatch.core.second_opinion.limits import find_month_start
from controlwatch.services.deliver import CHANNEL_NAMES
from controlwatch.services.queries import Queries
from controlwatch.services.second_opinions import OpinionRecords
from controlwatch.services.store import Backlog, StoredNotices

HEALTH_STATES = ("new", "healthy", "quiet", "degraded", "blocked", "blind")


def render_metrics(
    queries: Queries,
    notices: StoredNotices,
    backlog: Backlog,
    *,
    opinions: OpinionRecords | None = None,
    measure_cluster: Callable[[], ClusterFigures] | None = None,
) -> str:
    """Return the current metrics as text.

    With `opinions`, those of the second reader too; in a cluster, also how its workers work together.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_StoreCollector(queries, notices))
    registry.register(_BacklogCollector(backlog, measure_cluster))
    if opinions is not None:
        registry.register(_SecondReaderCollector(opinions))
    return generate_latest(registry).decode()


class _BacklogCollector:
    """Measures what is due and not done."""

    def __init__(self, backlog: Backlog, measure_cluster: Callable[[], ClusterFigures] | None) -> None:
        self._backlog = backlog
        self._measure_cluster = measure_cluster

    def describe(self) -> Iterable[Metric]:
        """Describe no metric: registering must not read the store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        found = self._backlog.measure_deliveries(now=datetime.now(UTC))
        oldest = GaugeMetricFamily(
            "controlwatch_oldest_due_delivery_seconds",
            "Seconds for which the oldest delivery of a channel is due and waits.",
            labels=["channel"],
        )
        for channel in CHANNEL_NAMES:
            oldest.add_metric([channel], found.oldest.get(channel, 0.0))
        yield oldest
        yield GaugeMetricFamily(
            "controlwatch_expired_leases",
            "Deliveries that a process took, and neither sent nor gave back in time.",
            value=float(found.expired_leases),
        )
        if self._measure_cluster is not None:
            yield from _describe_cluster(self._measure_cluster())


def _describe_cluster(figures: ClusterFigures) -> Iterator[Metric]:
    schedule = figures.schedule
    for name, words, value in (
        ("poll_lag_seconds", "Seconds for which the longest waiting source is due.", schedule.lag),
        ("polls_due", "Sources that are due and polled by no worker yet.", schedule.due),
        ("polls_running", "Sources that are being polled.", schedule.running),
        ("orphaned_polls", "Sources taken by workers that give no sign of life.", schedule.orphaned),
        ("scheduled_sources", "Sources in the schedule.", schedule.sources),
    ):
        yield GaugeMetricFamily(f"controlwatch_{name}", words, value=float(value))
    workers = GaugeMetricFamily("controlwatch_workers", "Workers that live, by version.", labels=["version"])
    for version, count in figures.workers.items():
        workers.add_metric([version], float(count))
    yield workers
    waiting = GaugeMetricFamily(
        "controlwatch_waiting_jobs", "Jobs that no worker has begun.", labels=["queue"]
    )
    for queue, count in figures.waiting.items():
        waiting.add_metric([queue], float(count))
    yield waiting


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
