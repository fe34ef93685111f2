"""Alerts that no page causes: source health, upcoming dates, alerts to follow up, numbers not seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from controlwatch.core.alerting.follow_up import DeliveredAlert, plan_due_reminder, plan_escalation
from controlwatch.core.alerting.gap_alerts import build_gap_alert
from controlwatch.core.alerting.judgements import REVIEW_SOURCE, plan_review_reminder
from controlwatch.core.alerting.reminders import (
    PlannedAlert,
    ReminderContext,
    ReminderRound,
    decide_reminders,
)
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.law.answers import OpenReviews, ReviewLine
from controlwatch.core.law.number_gaps import Lead, ObservedNumber, find_gaps
from controlwatch.core.model import Subscription
from controlwatch.services.ports import Health, Polling, Subscriptions
from controlwatch.services.source_checker import SourceChecker

#: How long sessions and tokens are kept after their end.
ENDED_ACCESS_AGE = timedelta(days=30)


class ReminderTransaction(Protocol):
    """One transaction over scheduled reminders."""

    def load_context(self, *, now: datetime) -> ReminderContext:
        """Return everything in the store that bears on a round of reminders."""

    def record(self, decided: ReminderRound) -> None:
        """Write a round."""


class FollowUpTransaction(Protocol):
    """One transaction over alerts that people must act on."""

    def list_delivered(self, *, now: datetime) -> tuple[DeliveredAlert, ...]:
        """Return alerts of the last days that are still open, or whose due day has come."""

    def record(self, delivered: DeliveredAlert, planned: PlannedAlert, *, now: datetime) -> None:
        """Write an alert that repeats another, and that it does."""


class LeadTransaction(Protocol):
    """One transaction over leads."""

    def filter_new(self, leads: Iterable[Lead]) -> tuple[Lead, ...]:
        """Return the leads that were not raised before and whose number has not turned up anywhere."""

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return every active subscription."""

    def record(self, leads: Iterable[Lead], planned: PlannedAlert, *, now: datetime) -> None:
        """Write leads and the alert about them."""


class Reminders(Protocol):
    """Scheduled reminders in the store."""

    def transaction(self) -> AbstractContextManager[ReminderTransaction]:
        """Open a transaction; rounds of several processes take turns."""


class FollowUps(Protocol):
    """Delivered alerts in the store."""

    def transaction(self) -> AbstractContextManager[FollowUpTransaction]:
        """Open a transaction; rounds of several processes take turns."""


class Leads(Protocol):
    """Leads in the store."""

    def transaction(self) -> AbstractContextManager[LeadTransaction]:
        """Open a transaction; rounds of several processes take turns."""

    def list_observed_numbers(self, series: str, watcher_id: str) -> tuple[ObservedNumber, ...]:
        """Return the numbers of a series that a watcher has shown."""

    def close_found(self, *, now: datetime) -> tuple[str, ...]:
        """Close every lead whose number has turned up; return their subjects."""


class OpenReviewSource(Protocol):
    """Documents that need review, in the store."""

    def count_open(self) -> OpenReviews:
        """Return how many wait that caused an alert."""

    def list_reviews(self) -> tuple[ReviewLine, ...]:
        """Return the open ones, oldest first."""


class Maintenance(Protocol):
    """Upkeep of the store."""

    def repair_clock_skew(self, *, now: datetime) -> int:
        """Make due now what a clock that ran ahead has put off; return the number of rows changed."""

    def purge_logs(self, before: datetime) -> int:
        """Drop the log of polls and the failed logins before an instant; return the number of entries."""

    def purge_accesses(self, before: datetime) -> int:
        """Drop sessions and tokens that ended or expired before an instant; return their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Makes the alerts that no page causes."""

    checker: SourceChecker
    polling: Polling
    subscriptions: Subscriptions
    health: Health
    reminders: Reminders
    follow_ups: FollowUps
    leads: Leads
    reviews: OpenReviewSource
    maintenance: Maintenance
    log_age: timedelta  #: how far the log of polls and the failed logins go back

    def run_round(self, *, now: datetime) -> tuple[str, ...]:
        """Check the sources, maintain the store, remind; return the kinds and titles of the alerts made."""
        health_titles = self.checker.check_sources(now=now)
        self.maintain(now=now)
        return (*health_titles, *self.remind(now=now))

    def remind(self, *, now: datetime) -> tuple[str, ...]:
        """Make the reminders, escalations and leads that are due; return their kinds and titles."""
        return (
            *self._remind_of_dates(now),
            *self._follow_up(now),
            *self._raise_leads(now),
            *self._remind_of_reviews(now),
        )

    def maintain(self, *, now: datetime) -> None:
        """Repair what a clock that ran ahead has put off, and drop what is old and proves nothing."""
        self.maintenance.repair_clock_skew(now=now)
        self.maintenance.purge_logs(now - self.log_age)
        self.maintenance.purge_accesses(now - ENDED_ACCESS_AGE)

    def _remind_of_dates(self, now: datetime) -> list[str]:
        with self.reminders.transaction() as transaction:
            decided = decide_reminders(transaction.load_context(now=now), now=now)
            transaction.record(decided)
        return [f"{planned.alert.kind}: {planned.alert.title}" for planned in decided.alerts]

    def _follow_up(self, now: datetime) -> list[str]:
        """Repeat alerts on which nothing was done in time, and those whose due day has come."""
        titles: list[str] = []
        with self.follow_ups.transaction() as transaction:
            for delivered in transaction.list_delivered(now=now):
                for plan in (plan_escalation, plan_due_reminder):
                    planned = plan(delivered, now=now)
                    if planned is not None:
                        transaction.record(delivered, planned, now=now)
                        titles.append(f"{planned.alert.kind}: {planned.alert.title}")
        return titles

    def _raise_leads(self, now: datetime) -> list[str]:
        """Close leads whose number has turned up, and raise one alert for all that are new."""
        self.leads.close_found(now=now)
        gaps = list(self._find_gaps(now))
        with self.leads.transaction() as transaction:
            leads = transaction.filter_new(gaps)
            if not leads:
                return []
            alert = build_gap_alert(leads, now=now)
            deliveries = route_alert(alert, transaction.list_subscriptions(), now=now)
            transaction.record(leads, PlannedAlert(alert=alert, deliveries=deliveries), now=now)
        return [f"lead: {alert.title}"]

    def _remind_of_reviews(self, now: datetime) -> list[str]:
        """Remind the operators, once a day, of documents that wait for a person."""
        with self.health.transaction() as transaction:
            last = transaction.load_notices().get(REVIEW_SOURCE)
            planned = plan_review_reminder(
                self.reviews.count_open(), last, self.reviews.list_reviews, now=now
            )
            if planned is None:
                return []
            alert = planned.alert
            subscriptions = self.subscriptions.list_active() if alert is not None else ()
            deliveries = route_alert(alert, subscriptions, now=now) if alert is not None else ()
            transaction.record(planned, deliveries)
        return [f"{alert.kind}: {alert.title}"] if alert is not None else []

    def _find_gaps(self, now: datetime) -> Iterator[Lead]:
        watchers = [watcher for watcher in self.checker.sources.watchers if watcher.expect.series]
        states = self.polling.load_states(watcher.id for watcher in watchers)
        for watcher, state in zip(watchers, states, strict=True):
            since = state.first_poll_at
            for series in watcher.expect.series if since is not None else ():
                yield from find_gaps(
                    series,
                    self.leads.list_observed_numbers(series, watcher.id),
                    since=since or now,
                    patience=timedelta(days=watcher.expect.gap_days),
                    now=now,
                )
