"""What we write is for our own account alone, stays where it belongs, and has names that are ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from controlwatch.adapters.files.inbox import load_snapshot, move_processed_file
from controlwatch.services.intake import submit
from controlwatch.testing.sites import Answer, Sites
from tests.cli.test_service import environment
from tests.processes import RunningService, typed
from tests.services.world import world
from tests.waiting import PATIENCE, wait_for

__all__ = ["environment"]

NOTICE = (
    "海关总署公告2026年第77号\n决定自2026年5月1日起，对下列物项实施出口管制：金属锗。\n海关总署\n2026年3月2日"
)


#: Several commands, typed one after another in one process.
TYPED = "import json, sys\nfrom tests.processes import type_commands\ntype_commands(*json.loads(sys.argv[1]))"
#: Where everybody may read what is made.
OPEN = 0o022


def open_to_others(*folders: Path) -> list[str]:
    files = [path for folder in folders for path in folder.rglob("*")]
    assert files
    return [str(path) for path in files if path.lstat().st_mode & 0o077]


@pytest.mark.slow
def test_every_file_and_folder_that_we_make_is_for_us_alone(
    environment: tuple[dict[str, str], Sites], tmp_path: Path, start_service: Callable[..., RunningService]
) -> None:
    env, sites = environment
    env |= {"CONTROLWATCH_PUBLIC_URL": "https://alerts.example", "CONTROLWATCH_LISTEN": "127.0.0.1:0"}
    state, desk, inbox = tmp_path / "state", tmp_path / "desk", tmp_path / "state" / "inbox"
    for folder in (state, desk, inbox):
        folder.mkdir(mode=0o700)
    (inbox / "notice.txt").write_text(NOTICE, encoding="utf-8")
    (inbox / "notice.txt").chmod(0o600)
    service = start_service(env, cwd=desk, umask=OPEN)
    wait_for((inbox / "done" / "notice.txt").exists)
    wait_for((state / "heartbeat").exists)
    wait_for(lambda: any(asked.path == "/1.html" for asked in sites.asked))
    expected = {"controlwatch.db", "controlwatch.db-wal", "controlwatch.lock", "secret", "snapshots"}
    assert expected <= {path.name for path in state.iterdir()}
    assert open_to_others(state) == []
    service.stop()
    made = (
        ("backup", "copy.tar"),
        ("evidence", "GACC 2026-77"),
        ("warc", "all.warc.gz"),
        ("watchers", "probe", "sample"),
    )
    done = typed(*made, env=env, cwd=desk, umask=OPEN)
    assert done.returncode == 0, done.stderr
    again = {"CONTROLWATCH_STATE_DIR": str(tmp_path / "again")}
    assert typed(("restore", "copy.tar"), env=env | again, cwd=desk, umask=OPEN).returncode == 0
    assert {path.name for path in desk.iterdir()} == {"copy.tar", "evidence-GACC-2026-77.zip", "all.warc.gz"}
    assert open_to_others(state, desk, tmp_path / "again") == []


@pytest.mark.parametrize(
    "name",
    [
        b"\xff\xfe.txt",
        "\u202etxt.exe".encode(),
        b"$(touch x);.txt",
        b"-rf.txt",
        b"a\nb.txt",
        "稀".encode() * 80 + b".txt",
    ],
)
def test_whatever_a_file_is_called_it_is_taken_in_and_its_name_leads_nowhere(
    tmp_path: Path, name: bytes
) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    file = desk / os.fsdecode(name)
    file.write_text(NOTICE, encoding="utf-8")
    with world(tmp_path) as w:
        decision = submit(
            load_snapshot(file, url=None, now=w.now), w.ingester, w.fetch, [], title=file.stem, now=w.now
        )
        assert decision.alert is not None
        assert [line.number for line in w.store.queries.list_notices()] == ["GACC 2026-77"]
    assert move_processed_file(file, "done").parent == desk / "done"
    assert {path.name for path in desk.iterdir()} == {"done"}


def test_the_evidence_of_a_notice_is_a_file_here_whatever_its_title_says(
    environment: tuple[dict[str, str], Sites], tmp_path: Path
) -> None:
    env, sites = environment
    title = "../../etc/" + "𠮷" * 100 + "\x1b[2J"
    body = f'<meta charset="utf-8"><h1>{title}</h1><div class="body">有关出口管制的说明，详见附件，请各有关单位遵照执行，特此通知。</div>'
    sites.put(
        "https://sample.example/index.html",
        Answer(body='<meta charset="utf-8"><ul><li><a href="/1.html">样例</a></li></ul>'.encode()),
    )
    sites.put("https://sample.example/1.html", Answer(body=body.encode()))
    assert typed(("poll",), env=env, cwd=tmp_path, umask=OPEN).returncode == 0
    desk = tmp_path / "desk"
    desk.mkdir()
    done = typed(("evidence", "https://sample.example/1.html"), env=env, cwd=desk, umask=OPEN)
    assert done.returncode == 0, done.stderr
    (made,) = desk.iterdir()
    assert made.name.startswith("evidence-etc-")
    assert made.suffix == ".zip"


# --------------------------------------------------------------------------- nothing but the state is written


def everything(*folders: Path) -> dict[str, tuple[int, int]]:
    """Every file below some folders, with its size and the moment of its last change.

    What Python compiles is left out: the tests beside this one do so.
    """
    return {
        str(path): (0, 0) if path.is_dir() else (found.st_size, found.st_mtime_ns)
        for folder in folders
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts and (found := path.lstat())
    }


@pytest.mark.slow
def test_a_whole_round_writes_nothing_but_the_state_and_leaves_no_temporary_file(
    environment: tuple[dict[str, str], Sites], tmp_path: Path
) -> None:
    from tests.sources.files import pdf_of, put

    env, sites = environment
    places = {name: tmp_path / name for name in ("home", "here", "temporary")}
    for place in places.values():
        place.mkdir(mode=0o700)
    env |= {"HOME": str(places["home"]), "TMPDIR": str(places["temporary"]), "PYTHONDONTWRITEBYTECODE": "1"}
    env |= {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "CONTROLWATCH_PUBLIC_URL": "https://alerts.example",
    }
    page = '<meta charset="utf-8"><h1>商务部公告2026年第1号</h1><div class="body">决定对镓实施出口管制，自2026年4月1日起实施。<a href="/a.pdf">附件</a></div>'
    sites.put("https://sample.example/1.html", Answer(body=page.encode()))
    sites.put(
        "https://sample.example/a.pdf",
        Answer(body=pdf_of(put("8112929010", 50, 700)), content_type="application/pdf"),
    )
    import controlwatch

    ours = Path(controlwatch.__file__).parent
    for place in places.values():
        place.chmod(0o500 if place != places["temporary"] else 0o700)
    before = everything(ours, *places.values())
    round_ = (("poll",), ("latest",), ("reread",), ("remind",), ("deliver",), ("verify",), ("watchers",))
    done = subprocess.run(  # not forked: an import must write nothing, either
        [sys.executable, "-c", TYPED, json.dumps(round_)],
        env=env,
        cwd=places["here"],
        umask=OPEN,
        capture_output=True,
        text=True,
        check=False,
        timeout=5 * PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert everything(ours, *places.values()) == before
    assert (tmp_path / "state" / "controlwatch.db").exists()
