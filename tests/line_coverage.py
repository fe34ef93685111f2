"""Which lines of the package the tests execute: a plugin of pytest that `make test` loads.

Measured in the test processes alone, not in the services and forks that tests start. SlipCover removes its
probes from lines that it has seen, so that measuring costs a few percent; a tracer such as coverage.py's
costs more than half of the time on Python 3.11, which has no `sys.monitoring`.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import slipcover

PACKAGE = Path(__file__).parents[1] / "src" / "controlwatch"
#: Percent of the lines of core/ that the whole suite must execute.
CORE_FLOOR = 98
#: Loaded by Alembic from their paths, past the import system.
UNMEASURED = ("migrations/versions/", "data/")

Lines = dict[str, dict[str, list[int]]]

_measuring = slipcover.Slipcover()
_importing = slipcover.ImportManager(_measuring, slipcover.FileMatcher(sources=[str(PACKAGE)]))
_importing.__enter__()  # for the whole process, and before the package is imported
_executed: dict[str, set[int]] = defaultdict(set)
_existing: dict[str, set[int]] = defaultdict(set)


def measured() -> Lines:
    """Return the lines of this process, by file."""
    files = _measuring.get_coverage()["files"]
    return {
        str(Path(file).resolve()): {key: lines[key] for key in ("executed_lines", "missing_lines")}
        for file, lines in files.items()
    }


def add(found: Lines) -> None:
    """Add the lines of a process to those of the others."""
    for file, lines in found.items():
        _executed[file].update(lines["executed_lines"])
        _existing[file].update(lines["executed_lines"], lines["missing_lines"])


def add_unimported() -> None:
    """Count the files that no test has imported: all of their lines are missed."""
    for path in PACKAGE.rglob("*.py"):
        if str(path) not in _existing and path.stat().st_size:
            code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
            _existing[str(path)].update(line for _, _, line in code.co_lines() if line)


def percent_by_package() -> dict[str, tuple[float, int]]:
    """Return for each package, and for core/ and the whole, the percent executed and the number of lines."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for file, lines in _existing.items():
        name = Path(file).relative_to(PACKAGE).as_posix()
        if name.startswith(UNMEASURED):
            continue
        folders = name.split("/")[:-1]
        depth = 2 if folders[:1] in (["core"], ["adapters"]) else 1
        groups = {"total", "/".join(folders[:depth]) or "(modules)", "/".join(folders[:1]) or "(modules)"}
        for group in groups:
            counts[group][0] += len(_executed[file] & lines)
            counts[group][1] += len(lines)
    ordered = sorted(counts.items(), key=lambda item: (item[0] == "total", item[0]))
    return {group: (100 * hit / max(every, 1), every) for group, (hit, every) in ordered}


def is_whole_suite(config: pytest.Config) -> bool:
    """Return whether all tests were chosen: of some of them no floor can be asked."""
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not (
        config.option.keyword or config.option.markexpr or getattr(config.option, "lf", False)
    )


def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of xdist has measured."""
    add(getattr(node, "workeroutput", {}).get("lines", {}))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the lines of a worker over; in the main process, hold core/ against its floor."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["lines"] = measured()
        return
    add(measured())
    add_unimported()
    core = percent_by_package()["core"][0]
    if is_whole_suite(session.config) and core < CORE_FLOOR and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table."""
    found = percent_by_package()
    terminalreporter.section("lines executed by the tests")
    for group, (percent, lines) in found.items():
        terminalreporter.write_line(f"{group:24} {percent:5.1f} %  of {lines:6,} lines")
    if is_whole_suite(config):
        verdict = "holds" if found["core"][0] >= CORE_FLOOR else "IS BELOW"
        terminalreporter.write_line(f"core/ {verdict} its floor of {CORE_FLOOR} %")
