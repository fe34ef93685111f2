"""What killing came to, as a section of a report."""

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
        "A process killed between a mail and its settlement sent it again together with what had come due meanwhile, "
        "under the same Message-ID: a mail program that knows the id drops the second, and the newcomer with it",
        "what may have left is tried again as the message that it was; what is new leaves by itself",
        "store/test_leases.py::test_what_may_have_left_is_tried_again_as_it_was_and_what_is_new_leaves_by_itself",
    ),
    Mended(
        "A page of which our copy was cut short could never be read again where its server says that it has not changed",
        "what we could not use an answer to is not asked: the page is fetched anew, and the copy mended",
        f"{HERE}test_a_copy_cut_short_by_a_loss_of_power_is_named_and_fetched_anew",
    ),
    Mended(
        "An annex in that state lost its text: a false amendment",
        "as for pages",
        f"{HERE}test_an_annex_whose_copy_the_power_took_is_fetched_anew_and_is_no_amendment",
    ),
    Mended(
        "A source whose polls had stopped, or a service that had stood still, looked healthy: its last poll said so",
        "a source is blind once a poll is overdue by its schedule",
        "core/test_health.py::test_a_source_whose_polls_stop_is_blind_whatever_its_last_one_said",
    ),
    Mended(
        "What was told while the clock ran ahead waited for that day after it was set right",
        "what a clock that ran ahead has put off is due at once",
        "services/test_clock_set_back.py::test_what_was_told_while_the_clock_ran_ahead_leaves_once_it_is_right",
    ),
    Mended(
        "A notice put up on the second page of a list, with nothing new on the first, was never seen",
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
    """Kill so often on each store, and return the section on kills with what was mended before."""
    embedded = [campaign(kills, seed=seed) for seed in (1, 2)]
    with database() as url:
        other = campaign(kills // 3, seed=3, database=url)
    lines = (
        *(f"SQLite: {outcome}." for outcome in embedded),
        f"PostgreSQL: {other}.",
        f"Migrations: {starts(kills // 3)}.",
        f"Two processes that do the same at the same time: {together(10)}.",
    )
    found = "\n".join(f"| {one.found} | {one.mended} | `{one.test}` |" for one in MENDED)
    return (
        "## Killed at any moment\n\n"
        "One installation lives through it all: three sources that publish and edit, files handed in, four readers behind a "
        "real mail server. Each process polls, takes in, reminds and delivers, and is killed with SIGKILL, at a step of its "
        "own (a statement, a commit, a file, a connection) or at any moment; the next one starts on what it left. *Lost* is a "
        "notice, or a state of one, that nobody was told of, or a mail that did not come; *told twice* is one told by two "
        "alerts, or under two Message-IDs. The store and the archive are checked as it goes on (`integrity_check`, `verify`). "
        "`make torture` goes on for longer; a full disk, a held database, and copies cut short by a loss of power are in "
        "`tests/services/test_disk.py`, at every few steps of a poll.\n\n"
        + "".join(f"* {line}\n" for line in lines)
        + "\nFound by this, or while it was built, and mended:\n\n| what was found | what is done now | the test that holds it |\n|---|---|---|\n"
        f"{found}\n"
    )
