"""Processes of tests: services that always stop, and forks from a server that has imported everything."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

COMMAND = (sys.executable, "-m", "controlwatch")

# A start by fork takes a hundredth of one by the interpreter: for tests that kill many.
server_of_forks = multiprocessing.get_context("forkserver")
server_of_forks.set_forkserver_preload(["tests.bench.kills", "tests.torture.warm"])


@dataclass(frozen=True)
class RunningService:
    """A process in a group of its own, and the file that its output goes to."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def output(self) -> str:
        """Everything that it has printed so far, on both streams."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def running(
    log: Path,
    *,
    env: Mapping[str, str],
    command: Sequence[str] = (*COMMAND, "run"),
    cwd: Path | None = None,
    umask: int = -1,
) -> Iterator[RunningService]:
    """Run a service beside the block. At its end nothing of it is left, whatever happened."""
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
        process.wait()
