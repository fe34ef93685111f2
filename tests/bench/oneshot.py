"""`controlwatch poll` as a command of its own, as cron would run it: 50 and 1,000 sources, all quiet.

CPU is user plus system time of the command, imports included. The floor is a script that asks the same pages with
httpx over one client and nothing else. Sources and pages are served by another process. Then the memory of the
service with the same fifty sources, once it has polled each several times.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.bench.sources import ROWS, SHORT_ROWS, SOURCES, serve

COUNTS = (50, 1_000)
ROUNDS = 5
#: Seconds for which the service runs before its memory is measured; what it may be, in MB.
SERVICE_SECONDS, MAX_SERVICE_MB = 180, 110

_DECLARATION = """
id = "source-{n}"
name = "Source {n}"
issuer = "MOFCOM"
role = "official"
language = "zh"
maintainers = ["controlwatch maintainers"]
confidence = "A"

[schedule]
cron = ["* * * * *"]
timezone = "Asia/Shanghai"

[index]
kind = "links"
url = "{origin}/{page}/{list}.html?source={n}"
rows = "ul.list > li"
link = "a[href]"
date = "span"

[detail]
body = ["div.body"]
follow = false

[http]
hosts = ["{host}"]
pause = 0.0

[expect]
rows = 3
"""

#: The command as installed; only here it may ask this machine.
_COMMAND = """
import sys
from controlwatch.adapters.fetch.http import HttpFetcher
HttpFetcher.__init__.__kwdefaults__["private"] = True
sys.argv = ["controlwatch", *sys.argv[1:]]
from controlwatch.cli import main
main()
"""

#: The same pages, without anything else.
_BARE = """
import sys, httpx
with httpx.Client() as client:
    for n in range(int(sys.argv[2])):
        client.get(f"{sys.argv[1]}/{n % int(sys.argv[3])}/{sys.argv[4]}.html?source={n}").content
"""


def main() -> None:
    """Run and print."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    origin = str(ours.recv())
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), origin, count)
    ours.send("stop")
    server.join()


def measure(folder: Path, origin: str, count: int) -> None:
    """Declare the sources, look at them a first time, and then several times more."""
    shown = "index" if count <= SOURCES else "short"  # the notices of a thousand first looks take minutes
    (folder / "watchers").mkdir()
    for n in range(count):
        declared = _DECLARATION.format(
            n=n, origin=origin, page=n % SOURCES, list=shown, host=origin.removeprefix("http://")
        )
        (folder / "watchers" / f"source-{n}.toml").write_text(declared, encoding="utf-8")
    command = [sys.executable, "-c", _COMMAND, "poll"]
    environment = os.environ | {
        "PYTHONDONTWRITEBYTECODE": "",
        "CONTROLWATCH_STATE_DIR": str(folder / "state"),
        "CONTROLWATCH_WATCHERS_DIR": str(folder / "watchers"),
    }
    first = cpu_of(command, environment)
    quiet = [cpu_of(command, environment) for _ in range(ROUNDS)]
    bare = [
        cpu_of([sys.executable, "-c", _BARE, origin, str(count), str(SOURCES), shown], environment)
        for _ in range(ROUNDS)
    ]
    notices = count * (ROWS if shown == "index" else SHORT_ROWS)
    print(
        f"one-shot poll of {count:,} quiet sources: {statistics.median(quiet):.2f} s CPU; a bare loop of httpx "
        f"{statistics.median(bare):.2f} s; ratio {statistics.median(quiet) / statistics.median(bare):.1f}; first look "
        f"{first:.1f} s, {first / notices * 1000:.1f} ms a notice"
    )

    if count == COUNTS[0]:
        measure_service([*command[:-1], "run"], environment)


def measure_service(command: list[str], environment: Mapping[str, str]) -> None:
    """Let the service run for some minutes, and print its memory."""
    service = subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(SERVICE_SECONDS)
        status = Path(f"/proc/{service.pid}/status").read_text(encoding="ascii")
    finally:
        service.terminate()
        service.wait()
    kilobytes = {
        line.split()[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith("Vm")
    }
    print(
        f"the service with {COUNTS[0]} sources after {SERVICE_SECONDS} s: {kilobytes['VmRSS:'] / 1000:.0f} MB, at most "
        f"{kilobytes['VmHWM:'] / 1000:.0f} MB (demanded {MAX_SERVICE_MB} MB)"
    )


def cpu_of(command: list[str], environment: Mapping[str, str]) -> float:
    """Return the CPU seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
