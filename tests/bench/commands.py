"""500 signed Slack commands from 20 clients at once: how soon each is acknowledged, and whether all are answered.

The floor is the same server acknowledging `/healthz`-sized nothing: a bare route of the same framework.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from fastapi import FastAPI

from controlwatch.bootstrap.app import open_app
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.slack.bolt_app import open_bolt_app
from controlwatch.testing.sites import Sites
from controlwatch.testing.slack import SlackStandIn
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app

COMMANDS, CLIENTS = 500, 20
QUESTIONS = ("status 2025-61", "lookup 8507.60", "upcoming 400", "status battery", "entity Shield AI")


def main() -> None:
    """Run and print."""
    slack = SlackStandIn()
    with tempfile.TemporaryDirectory() as folder, Sites() as sites, ThreadPoolExecutor(CLIENTS) as clients:
        asker = slack.commands(sites)
        settings = Settings(
            state_dir=Path(folder),
            watchers_dir=shipped_watchers(),
            slack_bot_token=slack.token,
            slack_api_url=slack.put_up(sites),
            slack_signing_secret=asker.secret,
        )
        with (
            open_app(settings) as app,
            open_bolt_app(app) as bolt,
            serve_in_thread(build_web_app(app, bolt), host="127.0.0.1", port=0) as web,
        ):

            def ask(number: int) -> float:
                before = time.perf_counter()
                asker.command(web, QUESTIONS[number % len(QUESTIONS)]).raise_for_status()
                return (time.perf_counter() - before) * 1000

            times = sorted(clients.map(ask, range(COMMANDS)))
            answers = [asker.answer(wait=60) for _ in range(COMMANDS)]
        with serve_in_thread(_bare(), host="127.0.0.1", port=0) as web:

            def bare(_: int) -> float:
                before = time.perf_counter()
                httpx.post(f"{web}/", content=b"x" * 300).raise_for_status()
                return (time.perf_counter() - before) * 1000

            floor = sorted(clients.map(bare, range(COMMANDS)))
    wrong = sum("error" in answer for answer in answers)
    print(
        f"{COMMANDS} commands from {CLIENTS} clients: acknowledged after p50 {times[COMMANDS // 2]:.0f} ms, "
        f"p99 {times[int(COMMANDS * 0.99) - 1]:.0f} ms, worst {times[-1]:.0f} ms "
        f"({times[COMMANDS // 2] / floor[COMMANDS // 2]:.1f} times a bare route); {len(answers)} answered, {wrong} wrongly"
    )


def _bare() -> FastAPI:
    web = FastAPI()

    @web.post("/")
    def nothing() -> dict[str, bool]:
        return {"ok": True}

    return web
