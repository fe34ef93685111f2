"""What follows where nobody acts on an alert, decided with plain values."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from controlwatch.core.alerting.follow_up import DeliveredAlert, plan_due_reminder
from controlwatch.core.model import Alert, Subscription

SENT = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "rings"),
    [
        ("Asia/Shanghai", datetime(2026, 10, 4, 16, 0, tzinfo=UTC), False),  # midnight
        ("Asia/Shanghai", datetime(2026, 10, 4, 23, 59, tzinfo=UTC), False),
        ("Asia/Shanghai", datetime(2026, 10, 5, 0, 0, tzinfo=UTC), True),  # eight in the morning
        ("America/New_York", datetime(2026, 10, 5, 8, 0, tzinfo=UTC), False),
        ("America/New_York", datetime(2026, 10, 5, 12, 0, tzinfo=UTC), True),
    ],
)
def test_on_its_day_an_alert_is_reminded_of_in_the_morning_where_its_reader_is(
    zone: str, now: datetime, *, rings: bool
) -> None:
    told = DeliveredAlert(
        delivery_id=1,
        alert=Alert(kind="new", made_at=SENT, title="t", watcher="w"),
        subscription=Subscription(id=1, channel="slack", target="C0CONTROLS", timezone=zone),
        sent_at=SENT,
        wanted_by=date(2026, 10, 5),
    )
    assert (plan_due_reminder(told, now=now) is not None) is rings
