"""Run trials in a process of their own, so that one which hangs or dies is counted and not obeyed."""

from __future__ import annotations

import os
import resource
import time
import traceback
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from controlwatch.core.model.errors import SourceError
from tests.processes import server_of_forks

#: Seconds after which a trial hangs: far more than any of them takes, and no statement of speed.
HUNG = 90.0
#: Bytes of address space; what needs more has no bound.
MEMORY = 4_000_000_000
#: Files that may be open beyond those at the start.
OPEN = 40
#: Stands in every secret that the trials are given, and in nothing else.
MARK = "s3cr3t-of-ours"
SECRETS = {
    "CONTROLWATCH_SLACK_BOT_TOKEN": f"xoxb-{MARK}",
    "CONTROLWATCH_SMTP_URL": f"smtp://user:{MARK}@127.0.0.1:1",
    "CONTROLWATCH_SECRET": f"{MARK}-{MARK}-{MARK}",
}
VERDICTS = ("read", "refused", "hung", "crashed", "leaked", "unlike")


class Unlike(AssertionError):
    """What came is not as declared; says how."""


class Leaked(AssertionError):
    """A secret, or a file left open; says which."""


#: A trial makes an input from a generator, gives it to what is tried, and holds the result against its laws.
#: It returns what was said, in which no secret may stand; or raises a `SourceError`, where that is declared.
Trial = Callable[[Random], Iterable[str]]


@dataclass(slots=True)
class Tally:
    """How the trials of one target ended; of each bad end, the number of a trial and its words."""

    ends: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)  #: seconds, and the number of the trial

    @property
    def tried(self) -> int:
        return sum(self.ends.values())

    def count(self, number: int, end: str, words: str, *, took: float = 0.0) -> None:
        self.ends[end] += 1
        self.slowest = max(self.slowest, (took, number))
        if end not in {"read", "refused"}:
            self.bad.append((number, end, words))


def judge(name: str, number: int, trial: Trial) -> tuple[str, str]:
    """Do one trial, and say how it ended."""
    random = Random(f"{name}:{number}")  # the same number, the same input
    try:
        said = list(trial(random))
    except SourceError as refusal:
        return _leaks([str(refusal)]) or ("refused", "")
    except Leaked as leak:
        return "leaked", str(leak)
    except AssertionError as broken:
        return "unlike", f"{broken}\n{_tail()}"
    except BaseException as error:  # noqa: BLE001  (panics of Rust are no Exception)
        return "crashed", f"{type(error).__name__}: {str(error)[:300]}\n{_tail()}"
    return _leaks(said) or ("read", "")


def _tail() -> str:
    return "".join(traceback.format_exc()[-1_500:])


def _leaks(said: Iterable[str]) -> tuple[str, str] | None:
    if any(MARK in words for words in said):
        return "leaked", "a secret stands in what was said"
    return None


def _work(pipe: Connection) -> None:
    """The process that does the trials: bounded in memory, with our secrets around it."""
    from tests.hostile.targets import TARGETS

    os.environ.update(SECRETS)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries talk much about damaged files
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pipe.send(("ready", ""))
    opened = 0
    while True:
        name, number = pipe.recv()
        if not name:
            return
        end = judge(name, number, TARGETS[name])
        count = len(list(Path("/dev/fd").iterdir()))
        opened = opened or count
        pipe.send(("leaked", f"{count} files are open") if count > opened + OPEN else end)


class Worker:
    """The other end of that process; started anew after a trial that it did not outlive."""

    def __init__(self, contained: Container[str] = ()) -> None:
        self._contained = contained  #: targets that production gives a process of their own
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = server_of_forks.Pipe()
        self._process = server_of_forks.Process(target=_work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()

    def __call__(self, name: str, number: int) -> tuple[str, str]:
        try:
            self._pipe.send((name, number))
            if self._pipe.poll(HUNG):
                return self._pipe.recv()  # type: ignore[no-any-return]
            end = "hung", f"no answer within {HUNG:.0f} s"
        except (EOFError, OSError):
            self._process.join(5)
            end = (
                "crashed" if name not in self._contained else "refused",
                f"the process ended with {self._process.exitcode}",
            )
        self.close()
        self._start()
        return end

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def run(
    names: Iterable[str], *, seconds: float, start: int = 0, contained: Container[str] = ()
) -> dict[str, Tally]:
    """Try all targets, each for its share of the time and twice at least.

    Those `contained` may take their process down: production has one around each of them.
    """
    tallies = {name: Tally() for name in names}
    share = seconds / len(tallies)
    worker = Worker(contained)
    try:
        for name, tally in tallies.items():
            ends = time.monotonic() + share
            while tally.tried < 2 or time.monotonic() < ends:
                number, began = start + tally.tried, time.monotonic()
                end, words = worker(name, number)
                tally.count(number, end, words, took=time.monotonic() - began)
    finally:
        worker.close()
    return tallies
