"""Count how far one new notice walks through the package, from poll to commit.

Prints the files whose functions ran and the calls that crossed from one file to another. A call through a
library counts for the file that called the library. The test kit and the demo are left out.

usage: python tools/trace_notice.py [--files | --calls]
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.services.world import Page, World, tightening, world  # noqa: E402

PACKAGE = f"{ROOT / 'src' / 'controlwatch'}/"
SKIPPED = ("testing/", "demo/")

Call = tuple[str, str, str, str]  #: calling file and function, called file and function


class CallTracer:
    """Counts calls while it is set as the profile function."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.calls: Counter[Call] = Counter()

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Record a call of a function of the package, and its nearest caller in the package."""
        called = name_file(frame)
        if event != "call" or called is None:
            return
        self.files.add(called)
        caller = frame.f_back
        while caller is not None and name_file(caller) is None:
            caller = caller.f_back
        if caller is not None and (calling := name_file(caller)) not in {None, called}:
            self.calls[str(calling), caller.f_code.co_name, called, frame.f_code.co_name] += 1


def name_file(frame: FrameType) -> str | None:
    """Return the file of the package that a frame runs in, relative to the package."""
    path = frame.f_code.co_filename
    name = path.removeprefix(PACKAGE)
    return None if name == path or name.startswith(SKIPPED) else name


def trace_new_notice() -> CallTracer:
    """Poll a site once, publish one more notice, and trace the poll that finds it."""
    tracer = CallTracer()
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as small:
        publish(small, 1, day="2025-06-01")  # long ago: it is not due for a second look
        small.poll()
        publish(small, 2, day="2026-03-02")
        now = small.now + timedelta(minutes=1)
        sys.setprofile(tracer)
        try:
            report = small.poller.poll(small.watcher, now=now)
        finally:
            sys.setprofile(None)
    if len(report.alerts) != 1:
        raise RuntimeError(f"expected one alert, got {report}")
    return tracer


def publish(small: World, number: int, *, day: str) -> None:
    """Put a notice on the site."""
    title = f"商务部公告2026年第{number}号 公布对镓相关物项实施出口管制的决定"
    small.ministry.publish(Page(f"/notices/{number}.html", title, tightening(number), day=day))


def main() -> None:
    """Trace, and print what was asked for."""
    tracer = trace_new_notice()
    if "--files" in sys.argv:
        for name in sorted(tracer.files):
            entered = sum(count for call, count in tracer.calls.items() if call[2] == name)
            left = sum(count for call, count in tracer.calls.items() if call[0] == name)
            print(f"{entered:4} in {left:4} out  {name}")
    if "--calls" in sys.argv:
        for (calling, caller, called, function), count in tracer.calls.most_common():
            print(f"{count:4}  {calling}:{caller} -> {called}:{function}")
    print(f"{len(tracer.files)} files, {sum(tracer.calls.values())} calls that cross files")


if __name__ == "__main__":
    main()
