"""Other chats through the real apprise library, against receivers on loopback."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import controlwatch.adapters.channels.apprise as adapter
from controlwatch.adapters.channels.apprise import AppriseChannel, _Exchange, _find_body_error, _scrub_secrets
from controlwatch.cli.common import today
from controlwatch.core.model.errors import DeclarationError, DeliveryError
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.chat_text import TextLimit, neutralize_signs, render_chat_text
from controlwatch.core.rendering.facts import CardFact
from controlwatch.core.rendering.message import Message
from controlwatch.testing.sites import Answer, Asked, Sites
from tests.cli.test_commands import TEXT, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controlwatch.testing.sites import Reply

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "tok3nthatnobodymaysee"
CARD = Card(
    tone="tighten",
    badge="TIGHTENS 收紧",
    heading="MOFCOM-GACC 2026-40 · gallium",
    title="公布对镓相关物项实施出口管制的决定",
    summary=("Tightens control of gallium.", "收紧对镓的管制。"),
    facts=(CardFact(label="Effective 生效", value="2026-04-01", quote="本公告自2026年4月1日起正式实施"),),
    url="https://www.mofcom.gov.cn/zcfb/a_b.html",
    footer=("published 2026-03-02",),
    labels=("What changed", "Redline", "Doubts", "Source 来源"),
)
MESSAGE = Message(subject=f"{CARD.badge}: {CARD.heading}", cards=(CARD,))


@pytest.fixture
def sites() -> Iterator[Sites]:
    with Sites() as opened:
        yield opened


def host(sites: Sites) -> str:
    return sites.origin.removeprefix("http://")


def put(sites: Sites, path: str, reply: Reply) -> None:
    sites.put(f"{sites.origin}{path}", reply)


def send(address: str, message: Message = MESSAGE, *, whole: float = 10.0) -> str:
    return AppriseChannel({"desk": address}, whole=whole).send(message, target="desk", key=KEY)


def refusal(address: str, *, whole: float = 10.0) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        send(address, whole=whole)
    assert TOKEN not in str(error.value)
    return error.value


def test_a_message_arrives_as_plain_text_with_its_quote_and_address(sites: Sites) -> None:
    put(sites, f"/{TOKEN}", Answer())
    assert send(f"json://{host(sites)}/{TOKEN}") == "JSON 200"
    (asked,) = sites.asked
    sent = json.loads(asked.body)
    assert sent["title"] == "TIGHTENS 收紧: MOFCOM-GACC 2026-40 · gallium"
    assert sent["message"].startswith("公布对镓相关物项实施出口管制的决定")
    assert "「本公告自2026年4月1日起正式实施」" in sent["message"]
    assert "Source 来源: https://www.mofcom.gov.cn/zcfb/a_b.html" in sent["message"]


def mattermost(asked: Asked) -> str:
    return str(json.loads(asked.body)["text"])


@pytest.mark.parametrize(
    ("address", "path", "read"),
    [
        (f"mmost://{{host}}/{TOKEN}", f"/hooks/{TOKEN}", mattermost),
        (f"form://{{host}}/{TOKEN}", f"/{TOKEN}", lambda asked: asked.body.decode()),
        (f"xml://{{host}}/{TOKEN}", f"/{TOKEN}", lambda asked: asked.body.decode()),
    ],
)
def test_chats_of_other_kinds_get_one_message(sites: Sites, address: str, path: str, read: object) -> None:
    put(sites, path, Answer())
    send(address.format(host=host(sites)))
    (asked,) = sites.asked
    assert "gallium" in read(asked)  # type: ignore[operator]


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
        (413, True, False),
    ],
)
def test_what_the_service_answers_settles_the_delivery_and_shows_no_token(
    sites: Sites, status: int, permanent: bool, target: bool
) -> None:
    headers = {"Location": f"{sites.origin}/elsewhere"}
    put(sites, f"/hooks/{TOKEN}", Answer(status=status, body=f"no hook {TOKEN}".encode(), headers=headers))
    error = refusal(f"mmost://{host(sites)}/{TOKEN}?retry=3&optional=yes&redirect=yes&overflow=split")
    assert (error.permanent, error.target) == (permanent, target)
    assert str(error).startswith(f"Mattermost answered {status} no ")
    assert [asked.path for asked in sites.asked] == [f"/hooks/{TOKEN}"]  # once, and nowhere else


def test_a_service_that_asks_to_wait_is_given_time(sites: Sites) -> None:
    put(sites, "/hook", Answer(status=429, headers={"Retry-After": "42"}))
    assert refusal(f"json://{host(sites)}/hook").retry_after == 42.0


def test_a_service_that_is_away_or_silent_is_tried_again() -> None:
    away = refusal(f"json://127.0.0.1:1/{TOKEN}")
    assert not away.permanent
    assert "could not be reached: ConnectionError" in str(away)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        silent = refusal(f"json://127.0.0.1:{deaf.getsockname()[1]}/{TOKEN}", whole=0.5)
    assert not silent.permanent
    assert "could not be reached: ReadTimeout" in str(silent)


@pytest.mark.parametrize(
    ("service", "body", "waits"),
    [
        ("NotifyDingTalk", {"errcode": 310000, "errmsg": "keywords not in content"}, 3600.0),
        ("NotifyDingTalk", {"errcode": 130101, "errmsg": "send too fast"}, None),
        ("NotifyWeComBot", {"errcode": 93000, "errmsg": "invalid webhook url"}, 3600.0),
        ("NotifyFeishu", {"code": 19024, "msg": "Key Words Not Found"}, 3600.0),
        ("NotifyFeishu", {"code": 11232, "msg": "frequency limit"}, None),
    ],
)
def test_a_200_that_says_no_is_no_receipt(service: str, body: dict[str, object], waits: float | None) -> None:
    wrong = _find_body_error(service, [_Exchange(status=200, body=json.dumps(body))])
    assert wrong is not None
    assert wrong.retry_after == waits


@pytest.mark.parametrize(
    "body", ['{"errcode":0,"errmsg":"ok"}', '{"code":0}', "ok", "", "[1]", '{"code":"x"}']
)
def test_a_200_that_says_yes_is_one(body: str) -> None:
    assert _find_body_error("NotifyFeishu", [_Exchange(status=200, body=body)]) is None


@pytest.mark.parametrize(
    ("service", "address", "no"),
    [
        ("Feishu", f"feishu://{TOKEN}", b'{"code":19024,"msg":"Key Words Not Found","data":{}}'),
        ("DingTalk", f"dingtalk://{TOKEN}", b'{"errcode":310000,"errmsg":"keywords not in content"}'),
        ("WeCom Bot", f"wecombot://{TOKEN}", b'{"errcode":93000,"errmsg":"invalid webhook url"}'),
    ],
)
def test_the_bots_of_feishu_dingtalk_and_wecom_answer_200_and_are_read_to_the_end(
    sites: Sites, monkeypatch: pytest.MonkeyPatch, service: str, address: str, no: bytes
) -> None:
    from apprise.manager_plugins import NotificationManager

    channel = AppriseChannel({"desk": address})
    channel.check_destination("desk")
    plugin = channel._opened["desk"]
    assert type(plugin).__name__ in {kind.__name__ for kind in NotificationManager().plugins()}
    for name in ("notify_url", "api_url"):  # the place of the service, moved to loopback
        if hasattr(plugin, name):
            monkeypatch.setattr(plugin, name, f"{sites.origin}/bot")
    put(sites, "/bot", Answer(body=no))
    plugin.request_rate_per_sec = 0
    with pytest.raises(DeliveryError, match=service) as error:
        channel.send(MESSAGE, target="desk", key=KEY)
    assert not error.value.permanent
    put(sites, "/bot", Answer(body=b'{"errcode":0,"code":0}'))
    assert channel.send(MESSAGE, target="desk", key=KEY) == f"{service} 200"


def test_what_apprise_does_not_know_or_leads_to_several_places_is_refused_by_name() -> None:
    for address, says in (
        (f"nosuch://{TOKEN}", "knows no such address"),
        (f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}abc/#a/#b", "2 places"),
    ):
        with pytest.raises(DeclarationError, match="desk") as error:
            AppriseChannel({"desk": address}).check_destination("desk")
        assert says in str(error.value)
        assert TOKEN not in str(error.value)
    assert not refusal(f"nosuch://{TOKEN}").permanent


def test_a_destination_that_is_declared_no_more_pauses_its_subscription() -> None:
    with pytest.raises(DeliveryError, match="there are a, b") as error:
        AppriseChannel({"a": "json://a", "b": "json://b"}).send(MESSAGE, target="desk", key=KEY)
    assert (error.value.permanent, error.value.target) == (True, True)


def test_without_the_package_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "find_spec", lambda _name: None)
    with pytest.raises(DeclarationError, match=r"pip install 'controlwatch\[apprise\]'"):
        AppriseChannel({"a": "json://a"})


def test_nothing_that_stands_in_an_address_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    address = "json://user:p%40ss%2Fword@host.example:8080/path/s3cr?+X-Key=v4lue"
    for piece in ("user", "p@ss/word", "p%40ss%2Fword", "host.example", "s3cr", "v4lue", "A" * 40):
        assert piece not in _scrub_secrets(f"no {piece} here", address)
    with pytest.raises(DeliveryError):
        send(f"json://{TOKEN}:{TOKEN}@127.0.0.1:1/{TOKEN}")
    assert TOKEN not in "".join(capfd.readouterr())


def test_an_alert_goes_from_the_pipeline_to_the_chat_and_a_chat_that_is_gone_is_paused(
    sites: Sites, tmp_path: Path
) -> None:
    put(sites, f"/hooks/{TOKEN}", Answer())
    terminal = Terminal(tmp_path)
    terminal.env["CONTROLWATCH_APPRISE"] = f"desk = mmost://{host(sites)}/{TOKEN}"
    terminal.types("subscribe", "apprise", "desk", "--language", "en")
    said = ""
    for n in (940, 941):
        page = TEXT.replace("第40号", f"第{n}号").replace("2026年3月2日", f"{today():%Y年%m月%d日}")
        said += terminal.types("intake", terminal.file(f"{n}.txt", page))
        put(sites, f"/hooks/{TOKEN}", Answer(status=410))
    first, second = sites.asked
    assert "MOFCOM–GACC 2026-940" in mattermost(first)
    assert "MOFCOM–GACC 2026-941" in mattermost(second)
    said += terminal.types("subscriptions")
    assert "1 is paused: Mattermost answered 410" in said
    assert TOKEN not in said


ATTACKS = (
    "@all", "@everyone", "@channel", "@所有人", '<at user_id="all">all</at>', "<!channel>", "<@U123>",
    "<users/all>", "[mofcom.gov.cn](https://evil.example)", "<https://evil.example|mofcom.gov.cn>",
    "![x](https://evil.example/p.png)", "~~not~~", "||hidden||", "`code`", "**bold**", "_so_", "\\", "# so",
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_of_a_notice_calls_people_hides_a_link_or_changes_its_looks(
    sites: Sites, attack: str
) -> None:
    card = replace(CARD, heading=attack, title=attack, summary=(attack,), doubts=(attack,), footer=(attack,))
    put(sites, f"/hooks/{TOKEN}", Answer())
    send(f"mmost://{host(sites)}/{TOKEN}", Message(subject=attack, cards=(card,) * 2))
    sent = mattermost(sites.asked[0])
    assert f"\n{attack}" not in f"\n{sent}"
    assert not set("@<>[]*`~|\\") & set(sent)
    assert "https://www.mofcom.gov.cn/zcfb/a_b.html" in sent


def test_an_address_with_signs_that_act_leads_to_the_same_place_without_them() -> None:
    card = replace(CARD, url="https://a.example/@x/[y]?q=<z>")
    drawn = render_chat_text(Message(subject="s", cards=(card,)), TextLimit(max_size=4000))
    assert "https://a.example/%40x/%5By%5D?q=%3Cz%3E" in drawn


@pytest.mark.parametrize("in_bytes", [False, True])
def test_what_has_no_room_is_cut_and_it_is_said_where_the_whole_stands(in_bytes: bool) -> None:
    long = replace(CARD, summary=("收紧对镓的管制。" * 300,), url="https://a.example/1")
    drawn = render_chat_text(Message(subject="s", cards=(long,)), TextLimit(max_size=1000, in_bytes=in_bytes))
    assert drawn.endswith("\n… the whole 全文: https://a.example/1")
    assert drawn.startswith("TIGHTENS 收紧: MOFCOM-GACC 2026-40")
    assert len(drawn.encode() if in_bytes else drawn) <= 1000


def test_every_alert_of_a_digest_has_its_headline_and_its_address() -> None:
    cards = tuple(
        replace(
            CARD, heading=f"MOFCOM 2026-{n}", summary=("many words " * 200,), url=f"https://a.example/{n}"
        )
        for n in range(1, 6)
    )
    drawn = render_chat_text(Message(subject="5 alerts", cards=cards), TextLimit(max_size=1000))
    assert len(drawn) <= 1000
    for n in range(1, 6):
        assert f"MOFCOM 2026-{n}" in drawn
        assert f"https://a.example/{n}" in drawn


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=300),
    st.integers(1, 5),
    st.integers(20, 3000),
    st.booleans(),
    st.integers(0, 8),
    st.booleans(),
)
def test_any_text_fits_any_room(
    text: str, cards: int, most: int, in_bytes: bool, lines: int, has_url: bool
) -> None:
    card = replace(
        CARD, heading=text, title=text * 5, summary=(text,), url=f"https://a/{text}" if has_url else None
    )
    room = TextLimit(max_size=most, in_bytes=in_bytes, max_lines=lines)
    drawn = render_chat_text(Message(subject=text, cards=(card,) * cards), room)
    assert room.has_room_for(drawn)
    assert drawn


@given(st.text(max_size=300))
def test_nothing_acts_twice(text: str) -> None:
    assert neutralize_signs(neutralize_signs(text)) == neutralize_signs(text)
