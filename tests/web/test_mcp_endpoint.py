"""The MCP server on the HTTP side: the same tools, one request at a time, on this machine only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from controlwatch.bootstrap.app import App, open_app
from controlwatch.demo.stage import shipped_watchers
from controlwatch.mcp_server.server import MAX_REQUEST_BYTES
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.known import known
from tests.web.people import YESTERDAY, add_person, add_token, bearer

HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[App, str]]:
    settings = Settings(state_dir=known(tmp_path), watchers_dir=shipped_watchers(), listen="127.0.0.1:0")
    with (
        open_app(settings) as app,
        serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as web,
    ):
        yield app, f"{web}/mcp"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_several_assistants_ask_at_the_same_time(opened: tuple[App, str], mode: str) -> None:
    _, address = opened

    async def ask() -> list[Any]:
        async with Client(address, mode=mode) as client:
            tools = (await client.list_tools()).tools
            found = await client.call_tool("status", {"subject": "2025-61", "on": "2026-11-28"})
            return [len(tools), found.structured_content["answer"]["state"]]  # type: ignore[index]

    async def ask_together() -> list[list[Any]]:
        return await asyncio.gather(*(ask() for _ in range(6)))

    answers = asyncio.run(ask_together())
    assert answers == [answers[0]] * 6
    assert answers[0][0] == 7


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_it_holds_no_stream_open(opened: tuple[App, str], method: str) -> None:
    _, address = opened
    assert httpx.request(method, address, headers=HEADERS).status_code == 405


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "watch.example"}, 403),
        ({"Host": "127.0.0.1.attacker.example"}, 403),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-Forwarded-For": "192.0.2.7"}, 403),
        ({"Content-Type": "text/plain"}, 400),
    ],
    ids=str,
)
def test_another_machine_and_a_page_of_another_site_cannot_ask(
    opened: tuple[App, str], headers: dict[str, str], status: int
) -> None:
    _, address = opened
    answer = httpx.post(address, json=LIST_TOOLS, headers=HEADERS | headers)
    assert answer.status_code == status
    assert "tools" not in answer.text


def test_once_an_account_exists_a_token_is_needed_that_may_read(opened: tuple[App, str]) -> None:
    app, address = opened
    person = add_person(app, "mei", "reader")
    good, other = add_token(app, person, "read"), add_token(app, person, "subscribe", "act")
    ended = add_token(app, person, "read", ended_at=YESTERDAY)
    expired = add_token(app, person, "read", expires_at=YESTERDAY)
    for token, status in (
        (good, 200),
        (other, 403),
        (ended, 401),
        (expired, 401),
        ("x" * 43, 401),
    ):
        answer = httpx.post(address, json=LIST_TOOLS, headers=HEADERS | bearer(token))
        assert answer.status_code == status
        assert status == 200 or answer.headers["content-type"] == "application/problem+json"
    assert (
        httpx.post(address, json=LIST_TOOLS, headers=HEADERS).headers["www-authenticate"].startswith("Bearer")
    )

    async def ask() -> int:
        async with (
            httpx2.AsyncClient(headers=bearer(good)) as sender,
            Client(streamable_http_client(address, http_client=sender)) as client,
        ):
            return len((await client.list_tools()).tools)

    assert asyncio.run(ask()) == 7


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"[" * 50_000, b'"x"', b'{"jsonrpc": "2.0", "id": 1, "method": "x"}', b"\xff\x00"],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_a_request_is_refused_without_a_word_of_ours(
    opened: tuple[App, str], body: bytes
) -> None:
    _, address = opened
    answer = httpx.post(address, content=body, headers=HEADERS)
    assert answer.status_code < 500
    assert "Traceback" not in answer.text
    assert httpx.post(address, json=LIST_TOOLS, headers=HEADERS).status_code == 200


def test_a_body_that_is_too_large_is_not_read(opened: tuple[App, str]) -> None:
    _, address = opened
    answer = httpx.post(address, content=b" " * (MAX_REQUEST_BYTES + 1), headers=HEADERS)
    assert answer.status_code == 413


def test_a_store_that_cannot_be_used_is_an_error_without_details(opened: tuple[App, str]) -> None:
    app, address = opened
    with app.store.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("ALTER TABLE notice RENAME TO notice_elsewhere")
    call = {**LIST_TOOLS, "method": "tools/call", "params": {"name": "latest", "arguments": {}}}
    result = httpx.post(address, json=call, headers=HEADERS).json()["result"]
    assert result["isError"]
    assert "try again later" in result["content"][0]["text"]
    assert "SELECT" not in result["content"][0]["text"]


def test_the_log_of_the_process_is_not_configured_by_the_server(opened: tuple[App, str]) -> None:
    app, _ = opened
    before = logging.getLogger().handlers[:], logging.getLogger().level
    build_web_app(app, None)
    assert (logging.getLogger().handlers, logging.getLogger().level) == before
