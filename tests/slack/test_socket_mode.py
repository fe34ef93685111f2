"""Questions over a real websocket, as Slack asks them in Socket Mode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from websockets.exceptions import ConnectionClosed

from controlwatch.bootstrap.app import open_app
from controlwatch.core.model.errors import UsageError
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.slack.bolt_app import open_bolt_app
from controlwatch.slack.socket_mode import run_socket_mode, use_proxies
from controlwatch.testing.sites import Answer, Sites
from controlwatch.testing.slack import SlackAsker, SlackStandIn
from controlwatch.testing.slack_limits import texts
from tests.known import known
from tests.slack.socket_standin import DeafSocket, SocketStandIn
from tests.waiting import PATIENCE, wait_for


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[SocketStandIn, SlackAsker]]:
    slack = SlackStandIn()
    with Sites() as sites, SocketStandIn() as socket:
        settings = Settings(
            state_dir=known(tmp_path),
            watchers_dir=shipped_watchers(),
            slack_bot_token=slack.token,
            slack_api_url=slack.put_up(sites),
        )
        socket.put_up(sites)
        with open_app(settings) as app, open_bolt_app(app) as bolt:
            assert bolt is not None
            with run_socket_mode(bolt, socket.token):
                yield socket, slack.commands(sites)


def question(asker: SlackAsker, text: str) -> str:
    payload = {
        "command": "/controlwatch",
        "text": text,
        "user_id": "U0ASKER",
        "channel_id": "C0CONTROLS",
        "team_id": "T0DEMO",
        "response_url": asker._response_url(),
        "trigger_id": "1.2.3",
    }
    return json.dumps(
        {
            "type": "slash_commands",
            "envelope_id": "e1",
            "payload": payload,
            "accepts_response_payload": True,
        }
    )


def ask_until_answered(socket: SocketStandIn, asker: SlackAsker, text: str) -> dict[str, Any]:
    """Ask over every session that opens: on a loaded machine a sound one may be closed as deaf, too."""

    def answered() -> bool:
        if not socket.opened.empty():
            with suppress(ConnectionClosed):
                socket.session().send(question(asker, text))
        return not asker.answered.empty()

    wait_for(answered)
    return asker.answer()


def heard(socket: SocketStandIn) -> dict[str, Any]:
    return socket.heard.get(timeout=PATIENCE)


def test_a_question_over_the_socket_is_acknowledged_and_answered(
    asked: tuple[SocketStandIn, SlackAsker],
) -> None:
    socket, asker = asked
    socket.session().send(question(asker, "status 2025-61 2026-06-30"))
    assert heard(socket)["envelope_id"] == "e1"
    answer = asker.answer()
    assert "suspended until 10 Nov 2026" in "\n".join(texts(answer["blocks"]))


def test_a_session_that_slack_drops_is_opened_anew(asked: tuple[SocketStandIn, SlackAsker]) -> None:
    socket, asker = asked
    socket.session().send(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))
    socket.session().send(question(asker, "help"))
    assert "What you can ask" in "\n".join(texts(asker.answer()["blocks"]))


def test_a_wrong_token_is_refused_with_what_it_must_be(tmp_path: Path) -> None:
    slack = SlackStandIn()
    with Sites() as sites, SocketStandIn() as socket:
        socket.put_up(sites)
        settings = Settings(
            state_dir=known(tmp_path),
            watchers_dir=shipped_watchers(),
            slack_bot_token=slack.token,
            slack_api_url=slack.put_up(sites),
        )
        with open_app(settings) as app, open_bolt_app(app) as bolt:
            assert bolt is not None
            with pytest.raises(UsageError, match="connections:write"), run_socket_mode(bolt, "xapp-another"):
                pass


def test_a_slack_that_cannot_be_reached_holds_nothing_up_and_is_tried_again(tmp_path: Path) -> None:
    slack = SlackStandIn()
    with Sites() as sites, SocketStandIn() as socket:
        settings = Settings(
            state_dir=known(tmp_path),
            watchers_dir=shipped_watchers(),
            slack_bot_token=slack.token,
            slack_api_url=slack.put_up(sites),
        )
        host = sites.origin.removeprefix("http://")
        gone = b'{"ok":true,"url":"ws://127.0.0.1:1/"}'
        sites.put(
            f"http://{host}/api/apps.connections.open", Answer(body=gone, content_type="application/json")
        )
        with open_app(settings) as app, open_bolt_app(app) as bolt:
            assert bolt is not None
            with run_socket_mode(bolt, socket.token, try_again=0.2, ping=0.5):
                socket.put_up(sites)
                assert socket.session()


def test_a_session_that_looks_open_and_hears_nothing_is_opened_anew(tmp_path: Path) -> None:
    slack, deaf = SlackStandIn(), DeafSocket()
    with Sites() as sites, SocketStandIn() as socket:
        settings = Settings(
            state_dir=known(tmp_path),
            watchers_dir=shipped_watchers(),
            slack_bot_token=slack.token,
            slack_api_url=slack.put_up(sites),
        )
        socket.put_up(sites)
        socket.lead_to(deaf.port)
        with open_app(settings) as app, open_bolt_app(app) as bolt:
            assert bolt is not None
            with run_socket_mode(bolt, socket.token, ping=0.5):
                assert deaf.sessions.get(timeout=PATIENCE)
                answer = ask_until_answered(socket, slack.commands(sites), "help")
                assert "What you can ask" in "\n".join(texts(answer["blocks"]))
    deaf.close()


def test_a_session_that_is_gone_while_it_is_closed_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise AttributeError("'NoneType' object has no attribute 'close'")

    with Sites() as sites, SocketStandIn() as socket:
        slack = SlackStandIn()
        settings = Settings(
            state_dir=known(tmp_path / "another"),
            watchers_dir=shipped_watchers(),
            slack_bot_token=slack.token,
            slack_api_url=slack.put_up(sites),
        )
        socket.put_up(sites)
        with open_app(settings) as app, open_bolt_app(app) as bolt:
            assert bolt is not None
            with run_socket_mode(bolt, socket.token):
                monkeypatch.setattr("slack_sdk.socket_mode.builtin.client.SocketModeClient.close", fail)


@pytest.mark.parametrize(
    ("variable", "proxy", "exempt", "chosen"),
    [
        ("HTTP_PROXY", "http://proxy.example:3128", "", "http://proxy.example:3128"),
        ("HTTP_PROXY", "http://proxy.example:3128", "127.0.0.1", None),
        ("HTTPS_PROXY", "http://proxy.example:3128", "", None),  # of another scheme
        ("ALL_PROXY", "socks5://proxy.example:1080", "", None),  # which the library cannot use
    ],
)
def test_a_socket_is_opened_through_the_proxy_for_its_address(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str, exempt: str, chosen: str | None
) -> None:
    with Sites() as sites, SocketStandIn() as socket:
        socket.put_up(sites)
        web = WebClient(base_url=f"{sites.origin}/api/")
        client = SocketModeClient(app_token=socket.token, web_client=web)
        monkeypatch.setattr(web, "proxy", None)
        monkeypatch.setenv(variable, proxy)
        monkeypatch.setenv("NO_PROXY", exempt)
        use_proxies(client)
        assert client.issue_new_wss_url().startswith("ws://127.0.0.1:")
        assert client.proxy == chosen
        client.close()
