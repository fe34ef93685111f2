"""The demo: runs the chapters on the stage, then keeps polling until it is stopped."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from datetime import timedelta
from time import sleep
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from controlwatch.demo.chapters import CHAPTERS
from controlwatch.demo.epilogue import epilogue
from controlwatch.demo.stage import Stage, staged
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app

if TYPE_CHECKING:
    from types import FrameType

    from rich.console import Console

INTRODUCTION = (
    "Sample regulators run on this machine, in the true formats of the sites, and the shipped "
    "watchers poll them through the unchanged pipeline: no account, no network, nothing kept. "
    "The documents are written for this demo; their facts are real. Notices of 2023 to 2026 are "
    "replayed as if they appeared now, and the clock is moved on between two polls. Parties "
    "called 样例 or Sample are made up."
)
#: Seconds between two rounds of polls after the story.
ROUND = 10.0


def tell(console: Console, *, once: bool) -> int:
    """Tell the story; return 0 if it went as expected, 1 if an alert was missing or another came."""
    console.print(Padding(Text(INTRODUCTION, style="italic"), (1, 2, 0, 2)))
    stopped = _stop_on_signals()
    status = 1
    try:
        with staged(console) as stage:
            for chapter in CHAPTERS:
                chapter(stage)
            epilogue(stage, once=once)
            status = _judged(stage)
            if not once:
                _keep_running(stage, stopped)
    except KeyboardInterrupt:
        console.print("Stopped; the temporary state is gone.")
    return status


def _stop_on_signals() -> threading.Event:
    """Let SIGTERM end the demo as Ctrl-C does, so that the temporary state is removed.

    SIGINT is set too: a shell starts background jobs with it ignored. The event tells of a signal that came
    inside a destructor, where Python drops the exception.
    """
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopped.set()
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
    return stopped


def _judged(stage: Stage) -> int:
    if not stage.astray:
        return 0
    stage.console.print(Text("The story did not go as expected:", style="bold red"))
    for sentence in stage.astray:
        stage.console.print(Text(f"  • {sentence}", style="red"))
    return 1


def _keep_running(stage: Stage, stopped: threading.Event) -> None:
    """Serve the pages, and poll all sources repeatedly, until interrupted."""
    settings = stage.app.settings.model_copy(update={"listen": "127.0.0.1:0", "public_url": None})
    web = build_web_app(replace(stage.app, settings=settings), None)
    with serve_in_thread(web, host="127.0.0.1", port=0) as address:
        stage.console.print(Text(f"The same in a browser: {address}/", style="bold"))
        while not stopped.is_set():
            sleep(ROUND)
            stage.now += timedelta(seconds=ROUND)
            for watcher in stage.watchers.values():
                stage.poller.poll(watcher, now=stage.now)
                if stopped.is_set():
                    break
            stage.deliverer.deliver(now=stage.now)
    raise KeyboardInterrupt
