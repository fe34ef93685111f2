"""Reading a page, from its HTML to the printed contract, against lxml parsing the same page.

Each figure is the least of several rounds, taken in turn: what the machine can do when it does nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from itertools import count
from pathlib import Path

import lxml.html

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.files.documents import read_document
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.extraction.report.reading_json import to_json
from controlwatch.core.model import Snapshot

CORPUS = Path(__file__).parent.parent / "corpus"
ROUNDS = 12
CALLS = 5
#: The aims, in documents per second on one core.
PAGES = ((4_000, 150), (30_000, 40))


def page(size: int) -> bytes:
    """An announcement as the ministry prints it, of about that many bytes: its list goes on and on."""
    lines = (CORPUS / "i-hafnium-rhenium" / "text.txt").read_text(encoding="utf-8").splitlines()
    more = [line for line in lines if "参考海关商品编号" in line and not line.strip().startswith("注")]
    while len("\n".join(lines).encode()) < size:
        lines[8:8] = more
    body = "".join(f"<p>{escape(line.strip())}</p>" for line in lines[1:] if line.strip())
    return (
        f"<html><head><title>{escape(lines[0])}</title></head><body><h1>{escape(lines[0])}</h1>"
        f'<div class="art-con">{body}</div></body></html>'
    ).encode()


def contract(body: bytes) -> object:
    """Read a page as the pipeline does."""
    url = "https://example.test/notice.html"
    headers = (("content-type", "text/html; charset=utf-8"),)
    snapshot = Snapshot(
        url=url, final_url=url, fetched_at=datetime.now(UTC), status=200, headers=headers, body=body
    )
    return to_json(read_notice(read_document(snapshot), load_lexicon()))


def seconds(work: Callable[[bytes], object], body: bytes) -> float:
    """Seconds of one call, at best. No two calls see the same bytes: nothing is remembered."""
    numbers = count()
    return (
        min(
            timeit.repeat(
                lambda: work(body.replace(b"</body>", f"<p>{next(numbers)}</p></body>".encode())),
                number=CALLS,
                repeat=ROUNDS,
            )
        )
        / CALLS
    )


def started(*command: str) -> float:
    """Seconds that a process of controlwatch takes from start to end, at best."""
    return min(
        timeit.repeat(lambda: subprocess.run(command, capture_output=True, check=True), number=1, repeat=7)
    )


#: The most that a process holds that reads many texts, so that all patterns are compiled. What getrusage says
#: of a process contains the one that started it.
MEMORY = """
from pathlib import Path
from tests.evaluation.cases import load_cases, read_case
cases = list(load_cases(Path("tests/corpus")))[::8]
for case in cases:
    read_case(case, None)
held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(f"{int(held.split()[1]) // 1024} MB after {len(cases)} texts")
"""


def main() -> None:
    """Run and print."""
    for size, aim in PAGES:
        body = page(size)
        ours, floor = seconds(contract, body), seconds(lxml.html.fromstring, body)
        print(
            f"reading a page of {len(body):,} bytes: {ours * 1000:.1f} ms, {1 / ours:.0f} a second "
            f"(aim {aim}), {ours / floor:.0f} times lxml parsing it"
        )
    memory = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, check=True, text=True)
    print(f"memory of a process that reads: {memory.stdout.strip()} (aim below 140 MB)")
    binary = str(Path(sys.executable).parent / "controlwatch")
    bare, helped = started(sys.executable, "-c", "pass"), started(binary, "--help")
    print(f"controlwatch --help: {helped:.2f} s, {helped / bare:.0f} times a bare Python (aim below 0.3 s)")


if __name__ == "__main__":
    main()
