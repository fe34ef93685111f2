"""A question as a command: CPU of the whole process, against one that only loads the libraries of any answer.

The floor is `python -c "import sqlmodel, typer"`. Each takes its turn several times; the least counts, for a
machine that does other work only ever adds to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from controlwatch.bootstrap.app import open_app
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings

ROUNDS = 7
FLOOR = ("-c", "import sqlmodel, typer")
COMMANDS = {
    "--help": ("--help",),
    "latest": ("latest",),
    "status": ("status", "battery"),
    "lookup": ("lookup", "8507.60"),
    "show": ("show", "2025-61"),
}
#: What each may need at most, as a multiple of the floor. 0.6 s of an idle core were 2.5 times when this was set.
AIMS = {"--help": 1.1} | dict.fromkeys(("latest", "status", "lookup", "show"), 2.5)


def measure_cpu(words: tuple[str, ...], env: dict[str, str]) -> float:
    """CPU seconds, user and system, of a Python process with these arguments."""
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, env=env)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state_dir=Path(folder), watchers_dir=shipped_watchers())
        with open_app(settings):
            pass  # the register is in the store now, as after the first start of the service
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env |= {
            "CONTROLWATCH_STATE_DIR": folder,
            "CONTROLWATCH_WATCHERS_DIR": str(settings.watchers_dir),
        }
        work = {"floor": FLOOR} | {name: ("-m", "controlwatch", *words) for name, words in COMMANDS.items()}
        for words in work.values():
            measure_cpu(words, env)  # compiles what is not compiled yet, and fills the cache
        times = {
            name: min(values)
            for name, values in zip(
                work,
                zip(
                    *([measure_cpu(words, env) for words in work.values()] for _ in range(ROUNDS)),
                    strict=True,
                ),
                strict=True,
            )
        }
    floor = times.pop("floor")
    print(
        f"questions as commands, {ROUNDS} rounds, least CPU of the whole process; floor {floor * 1000:.0f} ms:"
    )
    for name, seconds in times.items():
        print(
            f"  {name:8} {seconds * 1000:4.0f} ms, {seconds / floor:.2f} times the floor; aim {AIMS[name]:.1f}"
        )
