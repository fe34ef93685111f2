"""The results of killing the service, as a section of the report."""

from __future__ import annotations

import tempfile
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url, text

from tests.hostile.mended import Mended
from tests.store.postgres import server
from tests.torture.campaign import campaign, together
from tests.torture.migrating import starts

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "services/test_disk.py::"
MENDED = (
    Mended(
        "A process killed between a mail and its settlement sent it again together with what had become due meanwhile, under the same Message-ID: a mail program that knows the id drops the second, and the new alert with it",
        "what may have been sent is retried as the same message; new alerts are sent separately",
        "store/test_leases.py::test_what_may_have_left_is_tried_again_as_it_was_and_what_is_new_leaves_by_itself",
    ),
    Mended(
        "A page whose copy was cut short could never be read again when its server answered that it had not changed",
        "validators of an unusable copy are dropped: the page is fetched again, and the copy repaired",
        f"{HERE}test_a_copy_cut_short_by_a_loss_of_power_is_named_and_fetched_anew",
    ),
    Mended(
        "An annex in that state lost its text: a false amendment",
        "as for pages",
        f"{HERE}test_an_annex_whose_copy_the_power_took_is_fetched_anew_and_is_no_amendment",
    ),
    Mended(
        "A source whose polls had stopped, or a service that had stood still, looked healthy according to its last poll",
        "a source is blind once a poll is overdue by its schedule",
        "core/test_health.py::test_a_source_whose_polls_stop_is_blind_whatever_its_last_one_said",
    ),
    Mended(
        "Alerts made while the clock ran ahead waited for that day after it was corrected",
        "what a clock that ran ahead has postponed is due at once",
        "services/test_clock_set_back.py::test_what_was_told_while_the_clock_ran_ahead_leaves_once_it_is_right",
    ),
    Mended(
        "A notice inserted on the second page of a list, with nothing new on the first, was never seen",
        "the pages behind the first are read once a day, and after each outage",
        "scenarios/test_stories.py",
    ),
)


@contextmanager
def database() -> Iterator[str]:
    """Yield the address of an empty PostgreSQL database."""
    with tempfile.TemporaryDirectory(prefix="controlwatch-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server runs as another user
        with server(folder / "pg") as url:
            yield empty(url)


def empty(server_url: str) -> str:
    """Make an empty database on a server, and return its address."""
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(make_url(server_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def section(*, kills: int = 150) -> str:
    """Kill the service on each database, and return the section with the results and the defects fixed before."""
    embedded = [campaign(kills, seed=seed) for seed in (1, 2)]
    with database() as url:
        other = campaign(kills // 3, seed=3, database=url)
    lines = (
        *(f"SQLite: {outcome}." for outcome in embedded),
        f"PostgreSQL: {other}.",
        f"Migrations: {starts(kills // 3)}.",
        f"Two processes at the same time: {together(10)}.",
    )
    found = "\n".join(f"| {one.found} | {one.mended} | `{one.test}` |" for one in MENDED)
    return (
        "## Killed at any moment\n\n"
        "One installation goes through all of it: three sources that publish and edit, files handed in, four subscribers "
        "behind a real mail server. Each process polls, ingests, reminds and delivers, and is killed with SIGKILL at a "
        "chosen step (a statement, a commit, a file, a connection) or at any moment; the next process continues from what "
        "it left. *Lost* is a notice, or a version of one, without an alert, or a mail that did not arrive; *told twice* is "
        "one with two alerts, or under two Message-IDs. The database and the archive are checked throughout "
        "(`integrity_check`, `verify`). `make torture` runs for longer; a full disk, a locked database, and copies cut "
        "short by a power failure are in `tests/services/test_disk.py`, at every few steps of a poll.\n\n"
        + "".join(f"* {line}\n" for line in lines)
        + "\nDefects found by this, or while it was built, and fixed:\n\n| defect | fix | test |\n|---|---|---|\n"
        f"{found}\n"
    )
