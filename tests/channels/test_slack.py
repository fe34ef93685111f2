"""Slack through the real SDK and a stand-in that refuses what Slack refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlwatch.adapters.channels.slack import SlackChannel
from controlwatch.core.model import RedlineSegment
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.facts import CardFact
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.slack_blocks import (
    ALERT_BLOCK,
    render_fallback_text,
    render_message_blocks,
)
from controlwatch.testing.sites import Sites
from controlwatch.testing.slack import SlackStandIn
from controlwatch.testing.slack_limits import refused_message, texts
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "0123456789abcdef0123456789abcdef"
CARD = Card(
    tone="tighten",
    badge="TIGHTENS 收紧",
    heading="MOFCOM-GACC 2026-40 · gallium",
    title="公布对镓相关物项实施出口管制的决定",
    summary=("Tightens control of gallium.", "收紧对镓的管制。"),
    facts=(CardFact(label="Effective 生效", value="2026-04-01", quote="本公告自2026年4月1日起正式实施"),),
    url="https://www.mofcom.gov.cn/a.html",
    footer=("published 2026-03-02",),
    labels=("What changed", "Redline", "Doubts", "Source"),
)
MESSAGE = Message(subject="TIGHTENS: gallium", cards=(CARD,))


@pytest.fixture
def slack() -> Iterator[tuple[SlackStandIn, SlackChannel]]:
    stand_in = SlackStandIn()
    with Sites() as sites:
        url = stand_in.put_up(sites)
        yield stand_in, SlackChannel(stand_in.token, api_url=url, timeout=PATIENCE)


Both = tuple[SlackStandIn, SlackChannel]


def test_a_message_arrives_with_its_blocks_and_gives_a_receipt(slack: Both) -> None:
    stand_in, channel = slack
    receipt = channel.send(MESSAGE, target="C0CONTROLS", key=KEY)
    (posted,) = stand_in.posted
    assert posted.ts == receipt
    assert posted.blocks[0]["text"]["text"] == "🔴 TIGHTENS 收紧: MOFCOM-GACC 2026-40 · gallium"
    assert "本公告自2026年4月1日起正式实施" in " ".join(texts(posted.blocks))


def test_a_second_try_of_the_same_delivery_is_known_by_its_id(slack: Both) -> None:
    stand_in, channel = slack
    first = channel.send(MESSAGE, target="C0CONTROLS", key=KEY)
    assert channel.send(MESSAGE, target="C0CONTROLS", key=KEY) == first
    assert len(stand_in.posted) == 1


def test_a_rate_limit_tells_how_long_to_wait(slack: Both) -> None:
    stand_in, channel = slack
    stand_in.limited, stand_in.retry_after = 1, 42
    with pytest.raises(DeliveryError) as error:
        channel.send(MESSAGE, target="C0CONTROLS", key=KEY)
    assert (error.value.permanent, error.value.retry_after) == (False, 42.0)


def test_a_broken_slack_is_tried_again(slack: Both) -> None:
    stand_in, channel = slack
    stand_in.broken = 1
    with pytest.raises(DeliveryError) as error:
        channel.send(MESSAGE, target="C0CONTROLS", key=KEY)
    assert not error.value.permanent


def test_a_channel_that_is_not_there_is_refused_for_good(slack: Both) -> None:
    with pytest.raises(DeliveryError, match="channel_not_found") as error:
        slack[1].send(MESSAGE, target="C0NOWHERE", key=KEY)
    assert error.value.permanent
    assert error.value.target


@pytest.mark.parametrize(
    "error", ["restricted_action_thread_locked", "cannot_reply_to_message", "thread_not_found"]
)
def test_what_follows_on_an_alert_whose_thread_is_closed_stands_in_the_channel(
    slack: Both, error: str
) -> None:
    stand_in, channel = slack
    first = channel.send(MESSAGE, target="C0CONTROLS", key=KEY)
    stand_in.closed = {first: error}
    channel.send(replace(MESSAGE, reply_to=first), target="C0CONTROLS", key="f" * 32)
    assert [posted.thread_ts for posted in stand_in.posted] == ["", ""]


def test_a_wrong_token_waits_until_somebody_mends_it(slack: Both) -> None:
    stand_in, channel = slack
    stand_in.token = "xoxb-another"
    with pytest.raises(DeliveryError, match="invalid_auth") as error:
        channel.send(MESSAGE, target="C0CONTROLS", key=KEY)
    assert (error.value.permanent, error.value.us, error.value.needs_repair) == (False, True, True)


def test_a_slack_that_cannot_be_reached_is_tried_again() -> None:
    with pytest.raises(DeliveryError) as error:
        SlackChannel("xoxb-1", api_url="http://127.0.0.1:1/api/", timeout=2).send(
            MESSAGE, target="C1", key=KEY
        )
    assert not error.value.permanent


def test_what_must_not_be_overlooked_arrives_with_its_words(slack: Both) -> None:
    stand_in, channel = slack
    caveats = tuple(
        CardFact(label="Do not overlook 注意", value=f"exemption {n}", quote=f"第{n}条除外") for n in range(4)
    )
    card = replace(CARD, caveats=caveats)
    channel.send(Message(subject="one", cards=(card,)), target="C0CONTROLS", key=KEY)
    (posted,) = stand_in.posted
    said = " ".join(texts(posted.blocks))
    assert said.count("Do not overlook") == 1
    assert [n for n in range(4) if f"第{n}条除外" in said] == [0, 1, 2, 3]


def within_limits(message: Message) -> bool:
    return refused_message(render_message_blocks(message), render_fallback_text(message)) is None


def test_a_digest_of_a_hundred_alerts_stays_within_slacks_limits() -> None:
    assert within_limits(Message(subject="digest", cards=(CARD,) * 100))


def test_every_alert_of_a_digest_that_slack_has_room_for_is_drawn() -> None:
    long = replace(CARD, summary=("many words " * 200,) * 2, moved=("effective: a → b",) * 20)
    made = render_message_blocks(Message(subject="digest", cards=(long,) * 5))
    assert sum(CARD.heading in " ".join(texts([block])) for block in made) == 5
    assert within_limits(Message(subject="digest", cards=(long,) * 5))


def test_twenty_alerts_are_one_digest_the_first_in_full_each_with_its_link_and_its_button() -> None:
    cards = tuple(replace(CARD, heading=f"matter {n:02}", url=f"https://a.example/{n}") for n in range(20))
    keys = tuple(f"{n:032x}" for n in range(20))
    message = Message(subject="digest", cards=cards, action_keys=keys, health_line="All sources monitored")
    made = render_message_blocks(message)
    assert within_limits(message)
    drawn = json.dumps(made)
    for n in range(20):
        assert f"matter {n:02}" in drawn
        assert f"https://a.example/{n}" in drawn
        assert f"{ALERT_BLOCK}{n:032x}" in drawn
    assert CARD.summary[0] in " ".join(texts(made))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.integers(min_value=1, max_value=40))
def test_any_text_stays_within_slacks_limits(text: str, times: int) -> None:
    long = text * times
    hostile = replace(
        CARD,
        heading=long,
        title=long,
        summary=(long, long),
        facts=(CardFact(label="x", value=long, quote=long),) * times,
        caveats=(CardFact(label="x", value=long, quote=long),) * 4,
        moved=(long,) * times,
        redline=(RedlineSegment(op="inserted", text=long),) * 5,
        doubts=(long,),
        footer=(long,),
    )
    message = Message(subject=long, cards=(hostile,))
    assert within_limits(message)
    assert render_message_blocks(message)[0]["type"] == "header"


@pytest.mark.parametrize(
    "attack", ["<!channel>", "<!here>", "<@U123>", "<https://evil.example|click>", "*bold*", "`code`"]
)
def test_no_text_of_a_notice_can_mention_or_link(attack: str) -> None:
    caveats = (CardFact(label="x", value=attack, quote=attack),)
    card = replace(
        CARD,
        heading=attack,
        title=attack,
        summary=(attack,),
        caveats=caveats,
        doubts=(attack,),
        footer=(attack,),
    )
    made = render_message_blocks(Message(subject=attack, cards=(card,)))
    assert not any('"mrkdwn"' in str(block).replace("'", '"') for block in made)
    assert "<" not in render_fallback_text(Message(subject=attack, cards=(card,)))


def test_what_slack_shows_to_a_blind_reader_is_the_headline() -> None:
    assert render_fallback_text(MESSAGE) == "TIGHTENS: gallium"
