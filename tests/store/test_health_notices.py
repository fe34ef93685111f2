"""Alerts about source health in the store."""

from __future__ import annotations

from dataclasses import replace

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.alerting.health_alerts import HealthAlert
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model import (
    Alert,
)
from controlwatch.core.model.state import (
    HealthNotice,
)
from tests.store.steps import (
    EVERYTHING,
    NOW,
    claim,
)


def test_a_health_alert_reaches_its_subscribers(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    store.subscriptions.subscribe(replace(EVERYTHING, health=False), NOW)
    alert = Alert(kind="health-down", made_at=NOW, title="blind", watcher="w", body="why")
    warned = HealthNotice(times=1, at=NOW, since=NOW, word="blind")
    assert store.polling.load_state("w").health == "new"
    with store.health.transaction() as transaction:
        assert transaction.load_notices() == {}
        deliveries = route_alert(alert, store.subscriptions.list_active(), now=NOW)
        transaction.record(HealthAlert(health_notices={"w": warned}, alert=alert), deliveries)
    with store.health.transaction() as transaction:
        assert transaction.load_notices() == {"w": warned}
        transaction.record(HealthAlert(health_notices={"w": None}), ())
    with store.health.transaction() as transaction:
        assert transaction.load_notices() == {}
    (delivery,) = claim(store, now=NOW, owner="me", lease=60)
    assert delivery.alert == alert
    assert claim(store, now=NOW, owner="me", lease=60) == ()
