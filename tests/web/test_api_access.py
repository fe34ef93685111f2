"""Who may ask the API, how often, and how it refuses: always as problem details."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from controlwatch.core.model.account import SCOPES
from controlwatch.web.access import PROXY_HEADERS
from controlwatch.web.api.api_app import build_api_app
from controlwatch.web.body_limit import MAX_BODY_BYTES
from tests.web.api_client import Api, is_problem, path_of, served
from tests.web.people import YESTERDAY, add_person, add_token, bearer

#: A request that each scope is for, and that changes nothing where it is let pass.
FOR_SCOPE = {
    "read": ("GET", "/notices?limit=1", None),
    "subscribe": ("GET", "/subscriptions", None),
    "act": ("POST", "/alerts/none/actions", {"what": "acknowledged"}),
    "operate": ("GET", "/webhooks", None),
}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with served(tmp_path) as opened:
        yield opened


def send(api: Api, scope: str) -> httpx.Response:
    method, path, body = FOR_SCOPE[scope]
    return api.ask(path, method=method, json=body)


@pytest.mark.parametrize("scope", list(SCOPES))
def test_a_token_may_do_what_its_scope_and_the_role_of_its_person_allow(api: Api, scope: str) -> None:
    for role in ("reader", "officer", "operator"):
        with_scope = send(api.with_token(role, scope), scope)
        order = ("reader", "officer", "operator")
        if order.index(role) >= order.index(SCOPES[scope]):  # type: ignore[index]
            assert with_scope.status_code in {200, 404}  # the alert does not exist
        else:
            is_problem(with_scope, 403)
        others = [one for one in SCOPES if one != scope]
        without = send(api.with_token(role, *others), scope)
        is_problem(without, 403, "scope-required")
        assert f'scope="{scope}"' in without.headers["www-authenticate"]


def test_every_operation_needs_a_token_once_an_account_exists(api: Api) -> None:
    add_person(api.app, "mei", "operator")
    guard_free = build_api_app(api.app, _guard_of(api)).openapi()
    count = 0
    for path, operations in guard_free["paths"].items():
        for method in operations:
            filled = path.replace("{key}", "x").replace("{number}", "1")
            answer = api.ask(filled, method=method.upper())
            is_problem(answer, 401, "token-required")
            assert answer.headers["www-authenticate"].startswith("Bearer")
            count += 1
    assert count > 20
    is_problem(api.ask("/openapi.json"), 401, "token-required")


def _guard_of(api: Api):  # type: ignore[no-untyped-def]
    from controlwatch.web.api.api_access import ApiGuard
    from controlwatch.web.api.rate_limits import RateLimits
    from controlwatch.web.pages.page_routes import build_access_guard

    return ApiGuard(guard=build_access_guard(api.app), rates=RateLimits(100))


def test_wrong_ended_and_expired_tokens_and_those_of_disabled_people_are_refused(api: Api) -> None:
    person = add_person(api.app, "mei", "reader")
    gone = add_person(api.app, "old", "operator", disabled_at=YESTERDAY)
    tokens = [
        add_token(api.app, person, "read", ended_at=YESTERDAY),
        add_token(api.app, person, "read", expires_at=YESTERDAY),
        add_token(api.app, gone, "read"),
        "x" * 43,
        "x" * 4_000,
    ]
    for token in tokens:
        is_problem(api.ask("/notices", headers=bearer(token)), 401, "token-required")
    is_problem(api.ask("/notices", headers={"Authorization": "Basic bWVpOm1laQ=="}), 401, "token-required")


@pytest.mark.parametrize("header", PROXY_HEADERS)
def test_without_an_account_only_the_machine_itself_may_ask(api: Api, header: str) -> None:
    assert api.ask("/notices?limit=1").status_code == 200
    is_problem(api.ask("/notices", headers={header: "192.0.2.7"}), 403, "not-local")
    is_problem(api.ask("/notices", headers={"Host": "rebound.example"}), 403, "not-local")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://attacker.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
def test_a_page_of_another_site_changes_nothing(api: Api, headers: dict[str, str]) -> None:
    for path in ("/subscriptions/1/pause", "/subscriptions", "/entities/screening"):
        is_problem(api.ask(path, method="POST", json={}, headers=headers), 403, "foreign-origin")
    assert not api.get("/subscriptions")["items"][0]["paused"]
    token = api.with_token("officer", "subscribe")  # which no browser sends by itself
    assert token.ask("/subscriptions/1/pause", method="POST", headers=headers).status_code == 200


def test_requests_are_limited_by_token_and_the_answer_says_when_to_come_back(tmp_path: Path) -> None:
    with served(tmp_path, api_requests_per_minute=5) as api:
        person = add_person(api.app, "mei", "reader")
        one, other = (add_token(api.app, person, "read") for _ in range(2))
        answers = [api.ask("/sources", headers=bearer(one)) for _ in range(9)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[:5] == [200] * 5
        assert 429 in statuses
        assert answers[0].headers["ratelimit"].startswith('"requests";r=4;t=')
        refused = answers[statuses.index(429)]
        is_problem(refused, 429, "rate-limited")
        assert 0 < int(refused.headers["retry-after"]) <= 120
        assert refused.headers["ratelimit-policy"] == '"requests";q=5;w=60'
        assert api.ask("/sources", headers=bearer(other)).status_code == 200


def test_guesses_of_a_token_are_limited_by_address(api: Api) -> None:
    token = add_token(api.app, add_person(api.app, "mei", "reader"), "read")
    statuses = [api.ask("/notices", headers=bearer(f"{n:043}")).status_code for n in range(31)]
    assert statuses == [401] * 30 + [429]
    is_problem(api.ask("/notices", headers=bearer(token)), 429, "rate-limited")


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/nowhere", 404, "unknown-path"),
        ("GET", "/notices/", 404, ""),
        ("GET", "/", 404, "unknown-path"),
        ("GET", "/notices/a/b", 404, "unknown-path"),
        ("DELETE", "/notices", 405, "method-not-allowed"),
        ("PUT", "/subscriptions/1", 405, "method-not-allowed"),
        ("OPTIONS", "/notices", 405, "method-not-allowed"),
        ("GET", "/subscriptions/x", 422, "invalid-request"),
        ("GET", "/subscriptions/0", 422, "invalid-request"),
        ("GET", f"/subscriptions/{10**30}", 422, "invalid-request"),
        ("GET", "/subscriptions/999", 404, "unknown-subscription"),
        ("GET", "/webhooks/1/deliveries", 404, "unknown-webhook"),
    ],
)
def test_every_refusal_is_problem_details(api: Api, method: str, path: str, status: int, name: str) -> None:
    answer = api.ask(path, method=method)
    is_problem(answer, status, name)
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 422),
        (b"{", "application/json", 422),
        (b"[" * 100_000, "application/json", 400),
        (b'{"names": ["\xff"]}', "application/json", 400),
        (b'{"names": ["a"]}', "text/plain", 422),
        (b"names=a", "application/x-www-form-urlencoded", 422),
        (b" " * (MAX_BODY_BYTES * 20 + 1), "application/json", 413),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_body_that_is_none_is_refused_as_problem_details(
    api: Api, body: bytes, kind: str, status: int
) -> None:
    answer = api.ask("/entities/screening", method="POST", content=body, headers={"Content-Type": kind})
    is_problem(answer, status)
    assert "Traceback" not in answer.text


def test_a_large_body_is_refused_where_no_upload_is_taken(api: Api) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    answer = api.ask(
        "/subscriptions", method="POST", content=body, headers={"Content-Type": "application/json"}
    )
    is_problem(answer, 413, "too-large")


@pytest.mark.parametrize("table", ["notice", "account"])
def test_a_store_that_cannot_be_used_is_said_without_its_details(api: Api, table: str) -> None:
    with api.app.store.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_elsewhere")
    answer = api.ask("/notices")
    is_problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "sqlite" not in answer.text.casefold()


def test_monitors_may_ask_by_head(api: Api) -> None:
    answer = api.ask("/notices?limit=1", method="HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"]
    missing = api.ask(path_of("MOFCOM 2999-1"), method="HEAD")
    assert (missing.status_code, missing.content) == (404, b"")
