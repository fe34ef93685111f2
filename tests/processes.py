"""Processes of tests: services that always stop, and forks from a server that has imported everything."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

COMMAND = (sys.executable, "-m", "controlwatch")

# A start by fork takes a hundredth of one by the interpreter: for tests that kill many.
server_of_forks = multiprocessing.get_context("forkserver")
server_of_forks.set_forkserver_preload(["tests.forked", "tests.bench.kills", "tests.torture.warm"])


class Started(Protocol):
    """A process that was started, as `subprocess` has it."""

    @property
    def pid(self) -> int:
        """Its number, which is that of its group too."""

    def send_signal(self, sig: int, /) -> None:
        """Send it a signal."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait this many seconds at most for its end, and return its exit status."""


class Fork:
    """A process in a session of its own that has our package imported and whatever surroundings it is given."""

    def __init__(
        self,
        work: Callable[..., None],
        *given: object,
        env: Mapping[str, str],
        out: Path,
        err: Path | None = None,
        cwd: Path | None = None,
        umask: int = -1,
    ) -> None:
        surroundings = dict(env), str(out), str(err or out), str(cwd or Path.cwd()), umask
        self._process = server_of_forks.Process(target=_settle, args=(surroundings, work, given))
        self._process.start()
        self.pid = int(self._process.pid or 0)

    def send_signal(self, sig: int, /) -> None:
        """Send it a signal, unless it has ended."""
        if self._process.exitcode is None:
            os.kill(self.pid, sig)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its exit status; raises `TimeoutExpired`."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a fork", timeout or 0)
        return self._process.exitcode


def _settle(
    surroundings: tuple[dict[str, str], str, str, str, int],
    work: Callable[..., None],
    given: Sequence[object],
) -> None:
    env, out, err, cwd, umask = surroundings
    os.setsid()
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for number, path in ((1, out), (2, err)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    faulthandler.enable(2)
    tempfile.tempdir = None  # so that TMPDIR counts
    if umask >= 0:
        os.umask(umask)
    work(*given)


def type_commands(*commands: Sequence[str]) -> None:
    """Type commands, one after another; the last one ends this process, and so does one that cannot be done."""
    from controlwatch.cli import main

    for number, words in enumerate(commands, start=1):
        sys.argv = ["controlwatch", *words]
        try:
            main()
        except SystemExit as end:
            if end.code not in {0, 1, None} or number == len(commands):
                raise


def typed(
    *commands: Sequence[str], env: Mapping[str, str], cwd: Path | None = None, umask: int = -1
) -> subprocess.CompletedProcess[str]:
    """Type commands in a process of their own, and return what they printed once it has ended."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        fork = Fork(type_commands, *commands, env=env, out=out, err=err, cwd=cwd, umask=umask)
        try:
            status = fork.wait(5 * PATIENCE)
        finally:
            fork.send_signal(signal.SIGKILL)  # where it did not come to its end
        said = (path.read_text(encoding="utf-8") if path.exists() else "" for path in (out, err))
        return subprocess.CompletedProcess(commands, status, *said)


@dataclass(frozen=True)
class RunningService:
    """A process in a group of its own, and the file that its output goes to."""

    process: Started
    log: Path

    @property
    def output(self) -> str:
        """Everything that it has printed so far, on both streams."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and return its exit status; where it does not, show what it said and was doing."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # its threads are printed, see `running`
            self.process.wait(timeout=PATIENCE)
            raise AssertionError(f"it did not stop: {self.output[-5000:]}") from None


@contextmanager
def running(
    log: Path,
    *,
    env: Mapping[str, str],
    command: Sequence[str] | None = None,
    cwd: Path | None = None,
    umask: int = -1,
) -> Iterator[RunningService]:
    """Run a service beside the block, forked, or by a command. At its end nothing of it is left, whatever happened."""
    log.touch()
    env = {**env, "PYTHONFAULTHANDLER": "1"}
    process: Started
    if command is None:
        process = Fork(type_commands, ("run",), env=env, out=log, cwd=cwd, umask=umask)
    else:
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, env=env, cwd=cwd, umask=umask, stdout=out, stderr=out, start_new_session=True
            )
    service = RunningService(process, log)
    try:
        yield service
        service.stop()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it started is in its group
        process.send_signal(signal.SIGKILL)
        process.wait()
