"""Webhooks over real HTTP: signed, told apart by their key, and settled by what the receiver answers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlwatch.adapters.channels.webhook import WebhookChannel, build_payload, sign_body
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.message import Message
from controlwatch.testing.sites import Answer, Sites

SECRET = "a secret of the operator's, long enough"
KEY = "0123456789abcdef0123456789abcdef"
CARD = Card(
    tone="tighten",
    badge="TIGHTENS",
    heading="MOFCOM 2026-40 · gallium",
    title="公布对镓相关物项实施出口管制的决定",
)
MESSAGE = Message(subject="TIGHTENS: gallium", cards=(CARD,), thread="MOFCOM 2026-40")


@pytest.fixture
def sites() -> Iterator[Sites]:
    with Sites() as opened:
        yield opened


def hook(sites: Sites, **answer: object) -> str:
    url = f"{sites.origin}/hook"
    sites.put(url, Answer(**answer))  # type: ignore[arg-type]
    return url


def test_a_message_arrives_signed_with_the_key_of_its_delivery(sites: Sites) -> None:
    url = hook(sites, body=b"thanks")
    for _ in range(2):
        assert WebhookChannel(SECRET).send(MESSAGE, target=url, key=KEY) == "200"
    for asked in sites.asked:
        stamp = asked.headers["x-controlwatch-timestamp"]
        assert asked.headers["x-controlwatch-signature"] == sign_body(SECRET.encode(), stamp, asked.body)
        assert asked.headers["idempotency-key"] == KEY
    sent = json.loads(sites.asked[0].body)
    assert (sent["key"], sent["thread"]) == (KEY, "MOFCOM 2026-40")
    assert sent["cards"][0]["title"] == CARD.title


@pytest.mark.parametrize(
    ("status", "permanent", "target"),
    [
        (500, False, False),
        (503, False, False),
        (429, False, False),
        (401, False, False),
        (302, False, False),
        (404, False, False),
        (410, True, True),
        (400, True, False),
        (413, True, False),
    ],
)
def test_what_the_receiver_answers_settles_the_delivery(
    sites: Sites, status: int, permanent: bool, target: bool
) -> None:
    url = hook(sites, status=status, headers={"Location": f"{sites.origin}/elsewhere"})
    with pytest.raises(DeliveryError) as error:
        WebhookChannel(SECRET).send(MESSAGE, target=url, key=KEY)
    assert (error.value.permanent, error.value.target) == (permanent, target)
    assert [asked.path for asked in sites.asked] == ["/hook"]  # no redirect is followed


def test_a_receiver_that_asks_to_wait_is_given_time(sites: Sites) -> None:
    url = hook(sites, status=429, headers={"Retry-After": "42"})
    with pytest.raises(DeliveryError) as error:
        WebhookChannel(SECRET).send(MESSAGE, target=url, key=KEY)
    assert error.value.retry_after == 42.0


def test_a_receiver_that_is_away_is_tried_again() -> None:
    with pytest.raises(DeliveryError) as error:
        WebhookChannel(SECRET, timeout=2).send(MESSAGE, target="http://127.0.0.1:1/hook", key=KEY)
    assert not error.value.permanent


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_only_text_in_the_payload(text: str) -> None:
    made = build_payload(Message(subject=text, cards=(CARD,)), KEY)
    body = json.dumps(made, ensure_ascii=False).encode("utf-8", "replace")
    assert set(json.loads(body)) == {"key", "subject", "thread", "cards"}
