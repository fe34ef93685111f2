"""What tests let other processes do. The server of forks imports it, so that not every fork has to."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from controlwatch import cli, service
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.system.backup import restore_backup, write_backup
from controlwatch.adapters.system.signing_secret import load_or_create_secret

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

__all__ = ["back_up", "cli", "count_up", "make_secret", "restore", "service"]

TOUCHES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "sqlite3.connect"})


def burn(at: int) -> None:
    """Kill this process at a step at which it touches the disk."""
    left = at

    def count(name: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        writes = name == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or name in TOUCHES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def back_up(state: Path, target: Path, at: int) -> None:
    os.umask(0o077)
    burn(at)
    write_backup(state, target)


def restore(copy: Path, folder: Path, at: int) -> None:
    burn(at)
    restore_backup(copy, folder)


def count_up(path: str, times: int) -> None:
    store = SqlStore.open(f"sqlite:///{path}")
    for _ in range(times):
        with store.engine.begin() as connection:
            value = connection.execute(text("SELECT not_modified FROM resource WHERE url = 'n'")).scalar_one()
            connection.execute(
                text("UPDATE resource SET not_modified = :v WHERE url = 'n'"), {"v": value + 1}
            )
    store.close()


def make_secret(folder: str, made: Queue[bytes]) -> None:
    made.put(load_or_create_secret(Path(folder)))
