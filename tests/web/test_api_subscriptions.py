"""Subscriptions, alerts and webhooks over the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controlwatch.core.model import Subscription
from controlwatch.core.model.account import AUDIT_KINDS, AuditFilter
from controlwatch.core.model.state import SentMessage
from tests.store.steps import NOW
from tests.web.api_client import Api, is_problem, served
from tests.web.people import add_person, add_token, bearer

DESK = {"channel": "email", "target": "desk@reader.example"}
HOOK = "https://hooks.example/services/T0/secret-of-theirs"
LATER = NOW + timedelta(days=400)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    settings = {
        "smtp_url": "smtp://127.0.0.1:9",
        "mail_from": "watch@watch.example",
        "webhook_secret": "x" * 40,
        "slack_bot_token": "xoxb-1",
        "api_requests_per_minute": 100_000,
    }
    with served(tmp_path, **settings) as opened:
        yield opened


def deliver(api: Api, *, refuse: str = "") -> list[str]:
    """Send what is due, or let it be refused; return the keys of the deliveries."""
    outbox, keys = api.app.store.outbox, []
    for batch in outbox.claim(now=LATER, owner="me", lease=60, most=10):
        keys += [delivery.key for delivery in batch]
        if refuse:
            outbox.mark_refused(batch, owner="me", reason=refuse, now=NOW)
        else:
            outbox.mark_sent([SentMessage(deliveries=batch, receipt="200")], owner="me", now=NOW)
    return keys


def own_of(api: Api) -> list[dict[str, Any]]:
    return [item for item in api.get("/subscriptions")["items"] if item["channel"] != "console"]


def test_a_subscription_is_tried_with_a_preview_before_it_is_saved(api: Api) -> None:
    wanted = {**DESK, "categories": ["镓", "battery"], "rate": "daily", "at": "09:15"}
    tried = api.post("/subscriptions?dry_run=true", wanted)
    assert tried.status_code == 200
    assert not tried.json()["saved"]
    assert own_of(api) == []
    saved = api.post("/subscriptions", wanted)
    assert saved.status_code == 201
    body = saved.json()
    assert body["preview"] == tried.json()["preview"]
    assert body["subscription"]["categories"] == ["minor_metals.gallium", "battery"]
    assert (body["saved"], body["must_confirm"]) == (True, False)
    assert api.ask(saved.headers["location"].removeprefix("/api/v1")).json() == body["subscription"]


def test_the_preview_is_what_was_published_and_would_have_been_alerted(api: Api) -> None:
    day = datetime.now(UTC).date()
    key = api.publish(901, published=day - timedelta(days=3))
    preview = api.post("/subscriptions?dry_run=true", {**DESK, "categories": ["rare_earth"]}).json()[
        "preview"
    ]
    assert key in {match["line"]["key"] for match in preview["matches"]}
    other = api.post("/subscriptions?dry_run=true", {**DESK, "categories": ["battery"]}).json()["preview"]
    assert key not in {match["line"]["key"] for match in other["matches"]}


def test_the_same_subscription_is_not_created_twice(api: Api) -> None:
    assert api.post("/subscriptions", DESK).status_code == 201
    is_problem(api.post("/subscriptions", DESK), 409, "already-subscribed")
    assert api.post("/subscriptions", {**DESK, "categories": ["battery"]}).status_code == 201


def test_a_change_leaves_what_is_not_given(api: Api) -> None:
    number = api.post("/subscriptions", {**DESK, "categories": ["battery"], "at": "09:15"}).json()[
        "subscription"
    ]["id"]
    changed = api.ask(
        f"/subscriptions/{number}", method="PATCH", json={"quiet": {"begin": "22:00", "end": "07:00"}}
    ).json()
    assert changed["quiet"] == {"begin": "22:00", "end": "07:00"}
    assert (changed["categories"], changed["at"]) == (["battery"], "09:15")
    emptied = api.ask(
        f"/subscriptions/{number}", method="PATCH", json={"categories": [], "quiet": None}
    ).json()
    assert (emptied["categories"], emptied["quiet"], emptied["at"]) == ([], None, "09:15")


def test_a_subscription_is_paused_muted_resumed_and_ended_once(api: Api) -> None:
    number = api.post("/subscriptions", DESK).json()["subscription"]["id"]
    path = f"/subscriptions/{number}"
    assert api.post(f"{path}/pause").json()["state"] == "paused"
    is_problem(api.post(f"{path}/pause"), 409, "already-paused")
    assert api.post(f"{path}/resume").json()["state"] == "active"
    is_problem(api.post(f"{path}/resume"), 409, "not-paused")
    muted = api.post(f"{path}/mute", {"category": "镓", "days": 14}).json()["muted"]
    assert [(one["category"], one["who"]) for one in muted] == [("minor_metals.gallium", "local")]
    assert api.ask(path, method="DELETE").status_code == 204
    for method in ("DELETE", "GET"):
        is_problem(api.ask(path, method=method), 404, "unknown-subscription")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({**DESK, "target": "nobody"}, 422),
        ({**DESK, "target": "a@b.example\r\nBcc: c@d.example"}, 422),
        ({"channel": "console", "target": "-"}, 422),
        ({"channel": "apprise", "target": "x"}, 422),
        ({"channel": "slack", "target": "#general"}, 422),
        ({"channel": "webhook", "target": "javascript:alert(1)"}, 422),
        ({"channel": "webhook", "target": "https://user:pass@hooks.example/x"}, 422),
        ({**DESK, "categories": ["unobtainium"]}, 422),
        ({**DESK, "categories": ["battery"] * 201}, 422),
        ({**DESK, "hs_prefixes": ["x"]}, 422),
        ({**DESK, "at": "25:00"}, 422),
        ({**DESK, "timezone": "../../etc/passwd"}, 422),
        ({**DESK, "quiet": {"begin": "07:00", "end": "07:00"}}, 422),
        ({**DESK, "quiet": {"begin": "07:00"}}, 422),
        ({**DESK, "escalate_after": -1}, 422),
        ({**DESK, "escalate_after": 10**9}, 422),
        ({**DESK, "weekday": 7}, 422),
        ({**DESK, "rate": "hourly"}, 422),
        ({**DESK, "owner": "mei"}, 422),
        ({**DESK, "confirmed": True}, 422),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_subscription_that_cannot_be_meant_is_refused_and_nothing_is_saved(
    api: Api, body: dict[str, Any], status: int
) -> None:
    is_problem(api.post("/subscriptions", body), status)
    assert own_of(api) == []


def test_an_officer_asks_the_address_of_another_to_confirm_and_chooses_no_webhook(tmp_path: Path) -> None:
    mail = {"smtp_url": "smtp://127.0.0.1:9", "mail_from": "watch@watch.example", "webhook_secret": "x" * 40}
    with served(tmp_path, public_url="https://watch.example", **mail) as api:
        officer = api.with_token("officer", "subscribe")
        asked = officer.post("/subscriptions", DESK)
        assert asked.json()["must_confirm"]
        assert asked.json()["subscription"]["state"] == "unconfirmed"
        own = officer.post("/subscriptions", {**DESK, "target": "officer-subscribe@desk.example"})
        assert own.json()["subscription"]["state"] == "active"
        is_problem(
            officer.post("/subscriptions", {"channel": "webhook", "target": HOOK}), 403, "role-required"
        )
        operator = api.with_token("operator", "subscribe", "operate")
        made = operator.post("/subscriptions", {"channel": "webhook", "target": HOOK})
        assert made.json()["subscription"]["target"] == HOOK
        shown = officer.get("/subscriptions")["items"]
        assert "secret-of-theirs" not in str(shown)
        assert [item["owner"] for item in shown if item["channel"] == "webhook"] == [
            "operator-subscribe-operate"
        ]


def test_subscriptions_are_listed_in_pages(api: Api) -> None:
    for number in range(7):
        api.post("/subscriptions", {**DESK, "target": f"desk{number}@reader.example"})
    found, cursor = [], None
    while True:
        page = api.get("/subscriptions", limit=3, **({"cursor": cursor} if cursor else {}))
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [item.id for item in api.app.store.subscriptions.list_active()]


def test_alerts_are_listed_in_pages_and_acted_on_once_for_all(api: Api) -> None:
    api.post("/subscriptions", DESK)
    for number in range(950, 955):
        api.publish(number)
    deliver(api)
    whole = api.get("/alerts", limit=200, open_only=True)["items"]
    assert len(whole) == 5
    found, cursor = [], None
    while True:
        page = api.get("/alerts", limit=3, open_only=True, **({"cursor": cursor} if cursor else {}))
        found += [item["key"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [item["key"] for item in whole]
    done = api.post(f"/alerts/{found[0]}/actions", {"what": "acknowledged"}).json()["items"]
    assert [(one["what"], one["who"]) for one in done] == [("acknowledged", "local")]
    left = [item["key"] for item in api.get("/alerts", limit=200, open_only=True)["items"]]
    assert found[0] not in left
    assert set(left) < set(found)
    closed = next(item for item in api.get("/alerts", limit=200)["items"] if item["key"] == found[0])
    assert (closed["what"], closed["who"]) == ("acknowledged", "local")


def test_an_alert_is_assigned_and_gets_a_day_with_what_each_needs(api: Api) -> None:
    api.post("/subscriptions", DESK)
    api.publish(960)
    key = deliver(api)[0]
    path = f"/alerts/{key}/actions"
    assert api.post(path, {"what": "assigned", "assignee": "mei"}).json()["items"][-1]["note"] == "mei"
    assert api.post(path, {"what": "due", "due": "2026-12-24"}).json()["items"][-1]["note"] == "2026-12-24"
    line = next(item for item in api.get("/alerts")["items"] if item["key"] == key)
    assert (line["assigned_to"], line["due"]) == ("mei", "2026-12-24")
    for body in (
        {"what": "assigned"}, {"what": "due"}, {"what": "acknowledged", "due": "2026-12-24"}, {"what": "muted"},
        {"what": "due", "due": "soon"}, {"what": "not relevant", "note": "x" * 301}, {},
    ):  # fmt: skip
        is_problem(api.post(path, body), 422, "invalid-request")
    is_problem(api.post("/alerts/unknown/actions", {"what": "acknowledged"}), 404, "unknown-alert")
    is_problem(api.post("/alerts/%2e%2e/actions", {"what": "acknowledged"}), 422, "invalid-request")


def test_the_person_behind_a_token_stands_in_the_log_of_an_alert(api: Api) -> None:
    api.post("/subscriptions", DESK)
    api.publish(961)
    key = deliver(api)[0]
    officer = api.with_token("officer", "act")
    done = officer.post(f"/alerts/{key}/actions", {"what": "not relevant", "note": "not our goods"})
    assert [(one["who"], one["note"]) for one in done.json()["items"]] == [("officer-act", "not our goods")]


def test_what_is_done_by_the_api_stands_in_the_log_of_what_people_did(api: Api) -> None:
    officer = api.with_token("officer", "subscribe", "act")
    number = officer.post("/subscriptions", {**DESK, "target": "officer-subscribe-act@desk.example"}).json()[
        "subscription"
    ]["id"]
    path = f"/subscriptions/{number}"
    officer.ask(path, method="PATCH", json={"at": "09:15"})
    officer.post(f"{path}/pause")
    officer.post(f"{path}/resume")
    officer.post(f"{path}/mute", {"category": "镓"})
    api.publish(962)
    key = deliver(api)[0]
    officer.post(f"/alerts/{key}/actions", {"what": "acknowledged"})
    officer.post(f"/alerts/{key}/actions", {"what": "assigned", "assignee": "mei"})
    officer.ask(path, method="DELETE")
    entries = [entry.action for entry in api.app.store.audit.list_entries(AuditFilter())]
    assert {(action.who, action.address) for action in entries} == {("officer-subscribe-act", "127.0.0.1")}
    assert [action.what for action in reversed(entries)] == [
        "subscribe", "change", "pause", "resume", "mute", "acknowledge", "assign", "end",
    ]  # fmt: skip
    assert {action.what for action in entries} <= set(AUDIT_KINDS)


@pytest.fixture
def hook(api: Api) -> int:
    subscriptions = api.app.store.subscriptions
    for item in subscriptions.list_active():
        subscriptions.unsubscribe(item.id)
    return subscriptions.subscribe(Subscription(channel="webhook", target=HOOK, health=False), NOW)


def test_the_log_of_a_webhook_has_the_state_and_the_reason_of_each_delivery(api: Api, hook: int) -> None:
    for number in range(970, 975):
        api.publish(number)
    deliver(api, refuse="500: <b>no</b>")
    api.publish(975)
    path = f"/webhooks/{hook}/deliveries"
    assert [item["id"] for item in api.get("/webhooks")["items"]] == [hook]
    lines = api.get(path)["items"]
    assert [line["state"] for line in lines] == ["pending"] + ["refused"] * 5
    assert {line["reason"] for line in lines[1:]} == {"500: <b>no</b>"}
    found, cursor = [], None
    while True:
        page = api.get(path, limit=2, **({"cursor": cursor} if cursor else {}))
        found += [item["key"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [line["key"] for line in lines]


@pytest.mark.parametrize("refuse", ["", "500: no"])
def test_a_delivery_is_sent_again_under_the_same_key_and_with_the_same_content(
    api: Api, hook: int, refuse: str
) -> None:
    for number in range(980, 983):
        api.publish(number)
    first = deliver(api, refuse=refuse)
    assert deliver(api) == []
    answer = api.post(f"/webhooks/{hook}/deliveries/{first[0]}/replay")
    assert answer.status_code == 202
    message = {line["key"]: line["message"] for line in api.get(f"/webhooks/{hook}/deliveries")["items"]}
    assert deliver(api) == first  # the whole message
    after = {line["key"]: line["message"] for line in api.get(f"/webhooks/{hook}/deliveries")["items"]}
    assert after == message


def test_what_was_never_to_be_sent_or_is_on_its_way_is_not_sent_again(api: Api, hook: int) -> None:
    api.publish(990)
    path = f"/webhooks/{hook}/deliveries"
    (line,) = api.get(path)["items"]
    is_problem(api.post(f"{path}/{line['key']}/replay"), 409, "not-replayed-under-way")
    is_problem(api.post(f"{path}/unknown/replay"), 404, "not-replayed-unknown")
    (other,) = api.app.store.outbox.claim(now=LATER, owner="me", lease=60, most=1)
    is_problem(api.post(f"{path}/{other[0].key}/replay"), 409, "not-replayed-under-way")
    api.app.store.subscriptions.unsubscribe(hook)
    is_problem(api.post(f"{path}/{line['key']}/replay"), 404, "unknown-subscription")


def test_a_delivery_of_another_subscription_is_not_replayed(api: Api, hook: int) -> None:
    other = api.app.store.subscriptions.subscribe(
        Subscription(channel="webhook", target="https://b.example/x", health=False), NOW
    )
    api.publish(991)
    deliver(api)
    key = api.get(f"/webhooks/{other}/deliveries")["items"][0]["key"]
    is_problem(api.post(f"/webhooks/{hook}/deliveries/{key}/replay"), 404, "not-replayed-unknown")


def test_only_operators_read_the_log_of_webhooks(api: Api, hook: int) -> None:
    person = add_person(api.app, "mei", "officer")
    token = bearer(add_token(api.app, person, "read", "subscribe", "act", "operate"))
    is_problem(api.ask(f"/webhooks/{hook}/deliveries", headers=token), 403)
