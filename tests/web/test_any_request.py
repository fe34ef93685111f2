"""Whatever is asked of the HTTP side, it answers by what it offers, says nothing of itself, and changes nothing."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error

from controlwatch.bootstrap.app import App, open_app
from controlwatch.core.alerting.signed_links import sign_token
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.slack.bolt_app import open_bolt_app
from controlwatch.testing.sites import Sites
from controlwatch.testing.slack import SlackStandIn
from controlwatch.web.message_page import SECURITY_HEADERS
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.hostile.mutate import TOKENS
from tests.waiting import PATIENCE
from tests.web.test_links import NOW, READER

SECRET = "a-secret-of-at-least-thirty-two-characters"
SIGNING = "another-secret-that-slack-signs-with"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X")
UNSIGNED = ("unsubscribe", "resubscribe", "confirm", "acknowledge", "alert")
ROUTES = (
    "GET /healthz", "GET /metrics", "GET /alert/{token}", "GET /alert/{token}/copy",
    *(f"{method} /{purpose}/{{token}}" for purpose in UNSIGNED[:4] for method in ("GET", "POST")),
)  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, str]]:
    """The whole HTTP side on loopback, Slack's commands included, and somebody who is subscribed."""
    slack = SlackStandIn()
    with Sites() as sites:
        chosen = Settings(
            state_dir=tmp_path_factory.mktemp("state"),
            watchers_dir=shipped_watchers(),
            public_url="https://watch.example",
            secret=SECRET,
            slack_bot_token=slack.token,
            slack_signing_secret=SIGNING,
            slack_api_url=slack.put_up(sites),
        )
        with (
            open_app(chosen) as app,
            open_bolt_app(app) as bolt,
            serve_in_thread(build_web_app(app, bolt), host="127.0.0.1", port=0) as web,
        ):
            app.store.subscriptions.subscribe(READER, NOW)
            yield app, web


def says_nothing_of_itself(answer: httpx.Response | schemathesis.Response, text: str) -> None:
    assert answer.status_code < 500 or (answer.status_code == 503 and '"needs"' in text), text
    assert not re.search(r"Traceback|\.py\b|site-packages|Error\b|uvicorn|fastapi", text)
    assert SECRET not in text
    assert SIGNING not in text


def is_guarded(headers: dict[str, str]) -> None:
    assert set(map(str.lower, SECURITY_HEADERS)) <= set(headers)
    assert "server" not in headers


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_answers_whatever_fits_its_schema_or_does_not(
    opened: tuple[App, str], route: str
) -> None:
    app, web = opened
    schema = schemathesis.openapi.from_dict(build_web_app(app, None).openapi())
    routes = {one.ok().label: one.ok() for one in schema.get_all_operations()}

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(*(routes[route].as_strategy(generation_mode=mode) for mode in GenerationMode)))
    def answers(case: schemathesis.Case) -> None:
        answer = case.call(base_url=web)
        if answer.status_code != 503:  # by which /healthz says that somebody must look
            case.validate_response(answer, checks=[not_a_server_error])
        says_nothing_of_itself(answer, answer.text)
        is_guarded({name.lower(): values[0] for name, values in answer.headers.items()})
        if "{token}" in route:
            assert answer.status_code in {404, 405, 422}  # nobody guesses a signature

    answers()


def test_no_route_is_left_out(opened: tuple[App, str]) -> None:
    app, _ = opened
    schema = schemathesis.openapi.from_dict(build_web_app(app, None).openapi())
    assert {one.ok().label for one in schema.get_all_operations()} == set(ROUTES)


PARTS = st.one_of(
    st.sampled_from([quote(token[:300]) for token in TOKENS]),
    st.sampled_from(
        ["..", "%2e%2e", "%00", "%ff", "a" * 4_000, "1.AAAA", "-1.x", "9" * 40, "openapi.json", "docs", ""]
    ),
    st.text(max_size=12).map(lambda word: quote(word.encode("utf-8", "replace"))),
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    method=st.sampled_from(METHODS),
    where=st.sampled_from([*UNSIGNED, "healthz", "metrics", "slack/events", "", "static", "login", "people", "password"]),
    parts=st.lists(PARTS, max_size=3),
    body=st.sampled_from([b"", b"{}", b"\x00" * 1_000, b"payload=%7B", b"[" * 5_000, *TOKENS[:8]]),
    headers=st.dictionaries(
        st.sampled_from(["Content-Type", "X-Slack-Signature", "X-Slack-Request-Timestamp", "Host", "Cookie", "X-Forwarded-For"]),
        st.sampled_from(["", "x" * 2_000, "application/json", "multipart/form-data", "v0=00", "1", "-1e9", "١"]),
        max_size=3,
    ),
)  # fmt: skip
def test_no_address_method_or_body_makes_an_error_of_ours_or_changes_anything(
    opened: tuple[App, str], method: str, where: str, parts: list[str], body: bytes, headers: dict[str, str]
) -> None:
    app, web = opened
    path = "/".join(["", where, *parts])
    sent = {name: value.encode() for name, value in headers.items()}
    answer = httpx.request(method, web + path, content=body, headers=sent)
    says_nothing_of_itself(answer, answer.text)
    is_guarded({name.lower(): value for name, value in answer.headers.items()})
    if where in UNSIGNED or method not in {"GET", "HEAD"}:
        assert answer.status_code >= 400
    assert subscribed(app) == [(READER.target, True)]


def subscribed(app: App) -> list[tuple[str, bool]]:
    return [
        (one.target, one.confirmed)
        for one in app.store.subscriptions.list_active()
        if one.channel == READER.channel
    ]


@pytest.mark.parametrize("purpose", UNSIGNED)
@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_link_of_ours_about_what_cannot_be_is_answered(
    opened: tuple[App, str], purpose: str, number: int
) -> None:
    _, web = opened
    answer = httpx.get(f"{web}/{purpose}/{sign_token(SECRET.encode(), purpose, number)}")  # type: ignore[arg-type]
    assert answer.status_code in {200, 404}


@pytest.mark.parametrize("place", ["openapi.json", "docs", "redoc", "static/x", "healthz/", "slack/install"])
def test_what_is_not_offered_is_not_there(opened: tuple[App, str], place: str) -> None:
    _, web = opened
    assert httpx.get(f"{web}/{place}").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        *(
            {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": sent_at}
            for sent_at in ("1", "", "soon", "-5", "9" * 5_000, "1e9")
        ),
    ],
    ids=["nothing", "old", "empty", "a word", "negative", "endless", "a float"],
)
def test_what_slack_did_not_sign_is_refused(opened: tuple[App, str], headers: dict[str, str]) -> None:
    _, web = opened
    answer = httpx.post(
        f"{web}/slack/events", content=b"command=/controlwatch&text=subscribe", headers=headers
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("body", [b"x", b"{", b"[" * 100_000, b"payload=%7B", b'{"a": ' * 5_000])
def test_a_body_that_slack_would_not_send_is_refused(opened: tuple[App, str], body: bytes) -> None:
    _, web = opened
    kind = "application/x-www-form-urlencoded" if body.startswith(b"payload") else "application/json"
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": "1"}
    answer = httpx.post(f"{web}/slack/events", content=body, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzzz\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /unsubscribe/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" + b"a" * 1_100_000,
    ],
    ids=["a version that is none", "TLS", "a length below nothing", "two lengths", "a long address", "no UTF-8", "a large body"],
)  # fmt: skip
def test_bytes_that_are_no_request_get_an_answer_or_none_and_the_next_one_is_served(
    opened: tuple[App, str], sent: bytes
) -> None:
    _, web = opened
    parts = urlsplit(web)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=PATIENCE) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        said = b""
        try:
            while piece := line.recv(65_536):
                said += piece
        except ConnectionError:
            pass  # hung up on
    assert not re.match(rb"HTTP/1\.\d 5", said)
    assert b"Traceback" not in said
    assert httpx.get(f"{web}/metrics").status_code == 200


def test_the_state_of_the_service_holds_no_secret(opened: tuple[App, str]) -> None:
    _, web = opened
    for place in ("healthz", "metrics"):
        text = httpx.get(f"{web}/{place}").text
        assert not any(secret in text for secret in (SECRET, SIGNING, READER.target, "xoxb"))
