"""/healthz tells anybody whether the service needs a person, and nobody anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from controlwatch.bootstrap.app import App, open_app
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.state import PlannedDelivery
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.known import known
from tests.web.test_links import NOW

WEBHOOK = Subscription(channel="webhook", target="https://hooks.example/services/T0/B0/token-of-theirs")
BODY = "<title>ldap01.corp.example</title> says no"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[App, str]]:
    settings = Settings(state_dir=known(tmp_path), watchers_dir=shipped_watchers())
    with (
        open_app(settings) as app,
        serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as web,
    ):
        yield app, web


def refuse_a_delivery(app: App) -> None:
    number = app.store.subscriptions.subscribe(WEBHOOK, NOW)
    alert = Alert(kind="lead", made_at=NOW, title="t", watcher="w")
    app.store.outbox.enqueue_alert(alert, [PlannedDelivery(subscription_id=number, due_at=NOW, why="")])
    (batch,) = app.store.outbox.claim(now=NOW, owner="me", lease=60, most=1)
    app.store.outbox.mark_refused(batch, owner="me", reason=f"500: {BODY}", now=NOW)


def blind_a_source(app: App) -> None:
    watcher = next(one for one in app.watchers if one.enabled and not one.blocked)
    for _ in range(3):
        app.poller.record_crash(watcher, RuntimeError(BODY), now=NOW)


def test_only_counts_are_shown_of_what_needs_a_person(opened: tuple[App, str]) -> None:
    app, web = opened
    assert httpx.get(f"{web}/healthz").json()["ok"] is True
    refuse_a_delivery(app)
    blind_a_source(app)
    answer = httpx.get(f"{web}/healthz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ok": False,
        "needs": {
            "warnings": 0,
            "blind_sources": 1,
            "held_notices": 0,
            "waiting_channels": 0,
            "paused_subscriptions": 0,
            "refused_deliveries": 1,
            "store": 0,
        },
    }
    problems = " ".join(app.queries.list_problems())
    assert WEBHOOK.target in problems  # which an operator is shown
    assert BODY in problems
    for place in ("healthz", "metrics"):
        text = httpx.get(f"{web}/{place}").text
        assert not any(word in text for word in ("hooks.example", "token-of-theirs", "corp.example"))


def test_a_store_that_cannot_be_used_is_said_in_json_and_other_requests_are_told_to_come_back(
    opened: tuple[App, str],
) -> None:
    app, web = opened
    with app.store.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("ALTER TABLE watcher RENAME TO watcher_elsewhere")
        connection.exec_driver_sql("ALTER TABLE subscription RENAME TO subscription_elsewhere")
    answer = httpx.get(f"{web}/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "needs": {"store": 1}})
    metrics = httpx.get(f"{web}/metrics")
    assert metrics.status_code == 503
    assert "try again later" in metrics.text
    assert "sqlite" not in metrics.text.casefold()


def test_a_store_whose_file_is_gone_needs_a_person(opened: tuple[App, str], tmp_path: Path) -> None:
    _, web = opened
    path = tmp_path / "controlwatch.db"
    path.rename(tmp_path / "elsewhere.db")
    answer = httpx.get(f"{web}/healthz")
    assert (answer.status_code, answer.json()["ok"]) == (503, False)
    (tmp_path / "elsewhere.db").rename(path)
    assert httpx.get(f"{web}/healthz").status_code == 200


def test_a_store_that_hangs_is_not_waited_for(
    opened: tuple[App, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, web = opened
    monkeypatch.setattr("controlwatch.web.health.STORE_TIMEOUT", 0.0)
    answer = httpx.get(f"{web}/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "needs": {"store": 1}})
    assert app.queries.list_problems() == ()


def test_monitors_may_ask_by_head(opened: tuple[App, str]) -> None:
    app, web = opened
    for place, status in (("healthz", 200), ("metrics", 200), ("nowhere", 404), ("unsubscribe/x", 404)):
        answer = httpx.head(f"{web}/{place}")
        assert (place, answer.status_code, answer.content) == (place, status, b"")
    assert httpx.head(f"{web}/healthz").headers["content-type"] == "application/json"
    refuse_a_delivery(app)
    assert httpx.head(f"{web}/healthz").status_code == 503
    assert json.loads(httpx.get(f"{web}/healthz").text)["ok"] is False
