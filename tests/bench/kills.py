"""A fan-out to 500 mail subscribers, killed with SIGKILL fifty times: nothing lost, and what leaves twice is counted.

Each of the fifty runs is a real process that delivers to a real mail server in another one. It is killed once,
at a moment of its own between the first mail and the last, and started again until nothing is due. The process
that follows lives later than the lease by its clock, so that nobody has to wait for it.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from controlwatch.bootstrap.app import open_app
from controlwatch.services.delivery_lane import GROUP_SIZE, LEASE_SECONDS
from tests.bench.delivery import NOW, deliver, settings_for, subscribe, tell
from tests.bench.mailserver import MailServer, Taken
from tests.processes import server_of_forks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.process import BaseProcess

READERS, KILLS = 500, 50
#: By how much the clock of each process is ahead of the one before: its lease has run out then.
LATER = timedelta(seconds=LEASE_SECONDS + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one fan-out."""

    at: int  #: mails that had left when the process was killed
    lost: int  #: readers who got nothing
    twice: int  #: mails that came again under their Message-ID
    doubled: int  #: readers who got the notice under two Message-IDs
    early: int  #: mails that came again although their lease had not run out


def work(folder: str, url: str, generation: int) -> None:
    """Deliver what is due, as a process of that generation."""
    with open_app(settings_for(Path(folder), url)) as app:
        deliver(app, NOW + timedelta(seconds=1) + generation * LATER)


def prepare(folder: str, url: str, readers: int) -> None:
    """Let `readers` people wait for one notice."""
    with open_app(settings_for(Path(folder), url)) as app:
        subscribe(app, readers)
        tell(app, NOW)


def killed(server: MailServer, *, readers: int, after: int) -> Outcome:
    """Kill a fan-out once `after` mails have left, start it again, and count."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder, server.url, readers)
        server.emptied()
        process = _started(folder, server, 0)
        while server.count() < after and process.is_alive():
            time.sleep(0.001)
        process.kill()
        process.join()
        before = server.emptied()
        same_lease = _finished(folder, server, 0)  # what was leased is not touched before its time
        later = _finished(folder, server, 1)
    return _counted(before, same_lease, later, readers=readers)


def _started(folder: str, server: MailServer, generation: int) -> BaseProcess:
    process = server_of_forks.Process(target=work, args=(folder, server.url, generation))
    process.start()
    return process


def _finished(folder: str, server: MailServer, generation: int) -> list[Taken]:
    process = _started(folder, server, generation)
    process.join()
    assert process.exitcode == 0
    return server.emptied()


def _counted(before: list[Taken], same_lease: list[Taken], later: list[Taken], *, readers: int) -> Outcome:
    mails = [*before, *same_lease, *later]
    ids = Counter(mail.message_id for mail in mails)
    known = {mail.message_id for mail in before}
    return Outcome(
        at=len(before),
        lost=readers - len({mail.to for mail in mails}),
        twice=sum(count - 1 for count in ids.values()),
        doubled=len({(mail.to, mail.message_id) for mail in mails}) - len({mail.to for mail in mails}),
        early=sum(mail.message_id in known for mail in same_lease),
    )


def outcomes(*, readers: int, kills: int, seed: int = 7) -> Iterator[Outcome]:
    """Yield what became of `kills` fan-outs, killed at moments spread over the whole."""
    moments = random.Random(seed)
    width = readers / kills
    with MailServer() as server:
        for number in range(kills):
            yield killed(server, readers=readers, after=int(number * width + moments.random() * width))


def main() -> None:
    """Run and print."""
    found = list(outcomes(readers=READERS, kills=KILLS))
    twice = [outcome.twice for outcome in found]
    print(
        f"{KILLS} kills in fan-outs to {READERS} mail subscribers, after {found[0].at} to {found[-1].at} mails: "
        f"lost {sum(o.lost for o in found)}; under two Message-IDs {sum(o.doubled for o in found)}; again under the "
        f"same {sum(twice)} (at most {max(twice)} a kill, {GROUP_SIZE} allowed), within their lease "
        f"{sum(o.early for o in found)}"
    )


if __name__ == "__main__":
    main()
