"""A start that is killed while it brings an old store up to date: the next one finds all that it held.

Each start is killed at a step of its own, on a fresh copy of a store of the first revision that has been at work.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.bootstrap.app import open_app
from controlwatch.services.verify import verify_chain
from tests.processes import server_of_forks
from tests.store.test_migrations import at_work
from tests.torture.life import Home, open_only

#: What the old store does not have, and never had: the bytes that its one version was read from.
ITS_FAULTS = {"bytes missing": 1}


@dataclass(slots=True)
class Outcome:
    """What became of the killed starts."""

    steps: int = 0  #: that a whole start has
    kills: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills at as many of the {self.steps} steps of a start that brings a store of the first "
            f"revision up to date: faults {len(self.faults)}"
        )


def starts(kills: int) -> Outcome:
    """Kill `kills` starts, at steps spread over the whole."""
    out = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        old = _home(Path(folder) / "old")
        at_work(old.settings.database)
        whole = _copy(old, "whole")
        _start(whole, None)
        out.steps = int((whole.folder / "steps").read_text(encoding="ascii"))
        for number in range(min(kills, out.steps)):
            step = 1 + number * out.steps // min(kills, out.steps)
            home = _copy(old, "killed")
            out.kills += _start(home, step) == -9
            out.faults += [f"killed at step {step}: {fault}" for fault in _what_is_wrong(home)]
            shutil.rmtree(home.folder)
    return out


def _home(folder: Path) -> Home:
    watchers = folder / "watchers"
    (folder / "state").mkdir(parents=True)
    shutil.copytree(Path("watchers"), watchers)
    return Home(folder=folder, origin="http://127.0.0.1:9", smtp="smtp://127.0.0.1:9")


def _copy(home: Home, name: str) -> Home:
    folder = home.folder.with_name(name)
    shutil.copytree(home.folder, folder)
    return replace(home, folder=folder)


def _start(home: Home, fuse: int | None) -> int | None:
    process = server_of_forks.Process(target=open_only, args=(home, fuse))
    process.start()
    process.join()
    return process.exitcode


def _what_is_wrong(home: Home) -> list[str]:
    """Start once more, and hold what is there against what should be."""
    with open_app(home.settings) as app:
        found: list[str] = []
        if app.store.queries.count_deliveries() != {"sent": 1}:
            found.append(f"deliveries are {app.store.queries.count_deliveries()}")
        if len(app.store.subscriptions.list_active()) != 1:
            found.append(f"{len(app.store.subscriptions.list_active())} subscriptions")
        if len(app.store.register.list_entries()) < 140:
            found.append(f"the register holds {len(app.store.register.list_entries())}")
        verdict = verify_chain(app.store.custody, FolderArchive(home.settings.state_dir / "snapshots"))
        if verdict.counts != ITS_FAULTS:
            found.append(f"verify says {verdict.counts}")
    return found
