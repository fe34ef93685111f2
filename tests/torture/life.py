"""A life: everything that one process of the service does in a round, until it is done or killed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from controlwatch.adapters.files.inbox import list_inbox_files, load_snapshot, move_processed_file
from controlwatch.bootstrap.app import open_app
from controlwatch.core.model.errors import UsageError
from controlwatch.services.intake import submit
from controlwatch.settings import Settings
from tests.bench.delivery import SENDER, deliver

if TYPE_CHECKING:
    from controlwatch.bootstrap.app import App

#: What a process can be killed at, by the letter that it leaves behind.
STAGES = {
    "o": "opening",
    "p": "polling",
    "r": "recording",
    "i": "hand intake",
    "m": "reminding",
    "d": "delivering",
}
#: What the interpreter tells of before it is done.
TOUCHES = frozenset({"os.rename", "os.remove", "os.mkdir", "socket.connect", "sqlite3.connect"})
#: Statements after which a process is recording a notice, and after which it is not any more.
RECORDS = ("INSERT INTO snapshot", "INSERT INTO notice", "INSERT INTO version")
CONCLUDES = ("INSERT INTO watcher", "INSERT INTO resource")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """An installation: a folder with `watchers/` and `state/`, the sites it watches, its mail server."""

    folder: Path
    origin: str
    smtp: str
    database: str | None = None  #: None: the embedded one

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return Settings(
            state_dir=self.folder / "state",
            watchers_dir=self.folder / "watchers",
            connect_to=self.origin,
            smtp_url=self.smtp,
            mail_from=SENDER,
            database_url=self.database,
        )

    @property
    def stage(self) -> str:
        """Where the last process was when it ended."""
        return (self.folder / "stage").read_text(encoding="ascii")


class Fuse:
    """Counts the steps by which a process touches its disk, its database and the net, and kills it at one."""

    def __init__(self, home: Home, at: int | None) -> None:
        self._left = at or 0
        self.burnt = 0
        self._stage = os.open(home.folder / "stage", os.O_CREAT | os.O_WRONLY, 0o600)

    def lit(self) -> None:
        """Count from here on."""
        sys.addaudithook(self._touched)
        event.listen(Engine, "before_cursor_execute", self._asked)
        event.listen(Engine, "commit", self._step)

    def at(self, stage: str) -> None:
        """Note where the process is; what is written outlives its kill."""
        os.pwrite(self._stage, stage.encode("ascii"), 0)

    def _touched(self, name: str, args: tuple[Any, ...]) -> None:
        writes = name == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or name in TOUCHES:
            self._step()

    def _asked(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(RECORDS):
            self.at("r")
        elif statement.startswith(CONCLUDES):
            self.at("p")
        self._step()

    def _step(self, *_: object) -> None:
        self.burnt += 1
        if self.burnt == self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def live(home: Home, now: datetime, fuse_at: int | None) -> None:
    """Poll, take in what was handed in, remind, deliver; with a fuse, be killed at that step."""
    fuse = Fuse(home, fuse_at)
    fuse.at("o")
    fuse.lit()
    with open_app(home.settings) as app:
        fuse.at("p")
        for watcher in app.watchers:
            app.poller.poll(watcher, now=now)
        fuse.at("i")
        take_in_inbox(app, now)
        fuse.at("m")
        app.reminder.run_round(now=now)
        fuse.at("d")
        deliver(app, now)
    _note_steps(home, fuse)


def _note_steps(home: Home, fuse: Fuse) -> None:
    part = home.folder / "steps.part"
    part.write_text(str(fuse.burnt), encoding="ascii")
    part.replace(home.folder / "steps")  # whole, or as it was: this moment is as good as any to be killed


def take_in_inbox(app: App, now: datetime) -> None:
    """Take in what lies in the inbox, as the service does."""
    for path in list_inbox_files(app.settings.state_dir / "inbox"):
        with contextlib.suppress(UsageError):  # another process was quicker
            submit(
                load_snapshot(path, url=None, now=now),
                app.ingester,
                app.fetch,
                app.watchers,
                title=path.stem,
                now=now,
            )
            move_processed_file(path, "done")


def open_only(home: Home, fuse_at: int | None) -> None:
    """Open the installation, its migrations and the register included; with a fuse, be killed at that step."""
    fuse = Fuse(home, fuse_at)
    fuse.at("o")
    fuse.lit()
    with open_app(home.settings):
        pass
    _note_steps(home, fuse)
