"""Time stamps, as an operator meets them: the command, verify, the dossier, doctor, copies, the service."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from controlwatch.adapters.archive import timestamp_authority as adapter
from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.app import open_app
from controlwatch.bootstrap.archive_addresses import open_timestamps
from controlwatch.bootstrap.stamps import build_timestamp_authority
from controlwatch.service import Service
from controlwatch.settings import Settings
from tests.authority import NAME, Authority, answer, authority, refusal
from tests.cli.test_commands import TEXT, Terminal, terminal

__all__ = ["terminal"]


@pytest.fixture
def served() -> Iterator[Authority]:
    with authority() as opened:
        yield opened


@pytest.fixture
def stamping(terminal: Terminal, served: Authority) -> Terminal:
    """A terminal whose state holds a notice, with an authority and its root set."""
    root = terminal.folder / "root.pem"
    root.write_bytes(served.keys.pem)
    terminal.env |= {"CONTROLWATCH_TSA_URL": served.url, "CONTROLWATCH_TSA_CERTIFICATES": str(root)}
    terminal.types("intake", terminal.file("n.txt", TEXT))
    return terminal


def another(terminal: Terminal) -> None:
    terminal.types("intake", terminal.file("m.txt", TEXT.replace("第40号", "第41号")))


def test_stamp_and_verify_say_until_where_by_whom_and_when(stamping: Terminal) -> None:
    entries = json.loads(stamping.types("verify", "--json"))["entries"]
    said = f"entry {entries} by {NAME} at 2026-11-22 06:30:00 UTC"
    assert f"stamped: {said}\n" in stamping.types("stamp")
    assert "stamped already" in stamping.types("stamp")
    another(stamping)
    assert f"stamped up to {said}\n" in stamping.types("verify")
    (one,) = json.loads(stamping.types("verify", "--json"))["stamps"]
    assert one["head"]["seq"] == entries
    assert (one["by"], one["at"], one["rooted"]) == (NAME, "2026-11-22T06:30:00+00:00", True)


def test_without_a_root_verify_says_that_none_was_checked(stamping: Terminal) -> None:
    del stamping.env["CONTROLWATCH_TSA_CERTIFICATES"]
    assert "(not checked against a root)" in stamping.types("stamp")
    assert "(not checked against a root)" in stamping.types("verify")


def test_an_authority_that_refuses_is_a_sentence_and_exit_status_1(
    stamping: Terminal, served: Authority
) -> None:
    served.does = lambda _: answer(refusal())
    assert "127.0.0.1 gave no time stamp: it was refused with status 2: closed on Sundays" in stamping.fails(
        "stamp"
    )
    assert not (stamping.folder / "state" / "stamps").exists()


def test_a_stamp_of_a_head_that_is_not_in_the_chain_is_a_fault(stamping: Terminal, served: Authority) -> None:
    stamping.types("stamp")
    (path,) = (stamping.folder / "state" / "stamps").iterdir()
    path.rename(path.with_name(f"1-{path.stem.partition('-')[2]}.tsr"))
    assert "entry 1: stamped head not found: it was stamped by" in stamping.fails("verify")


def test_stamp_without_an_authority_says_what_to_set(terminal: Terminal) -> None:
    assert "CONTROLWATCH_TSA_URL" in terminal.fails("stamp")


@pytest.mark.parametrize("url", ["ftp://a.example", "a.example", "https://"])
def test_an_address_that_is_none_is_refused_at_the_start(terminal: Terminal, url: str) -> None:
    assert "CONTROLWATCH_TSA_URL" in terminal.fails("verify", CONTROLWATCH_TSA_URL=url)


@pytest.mark.parametrize("held", [None, b"no certificates", b""])
def test_roots_that_are_none_are_refused_by_name(stamping: Terminal, held: bytes | None) -> None:
    path = stamping.folder / "other.pem"
    if held is not None:
        path.write_bytes(held)
    for command in ("verify", "stamp"):
        said = stamping.fails(command, CONTROLWATCH_TSA_CERTIFICATES=str(path))
        assert "CONTROLWATCH_TSA_CERTIFICATES" in said
        assert "other.pem" in said


def test_without_the_extra_stamp_is_refused_and_verify_says_what_it_left_out(
    stamping: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamping.types("stamp")
    monkeypatch.setattr(adapter, "is_installed", lambda: False)
    assert "pip install 'controlwatch[stamps]'" in stamping.fails("stamp")
    assert "1 time stamps are not checked" in stamping.types("verify")
    assert json.loads(stamping.types("verify", "--json"))["stamps_unchecked"] == 1


# ------------------------------------------------------------------- the dossier


def unpacked(terminal: Terminal, *, name: str = "out") -> Path:
    path = terminal.folder / f"{name}.zip"
    terminal.types("evidence", "2026-40", "--to", str(path), "--force")
    with zipfile.ZipFile(path) as box:
        box.extractall(terminal.folder / name)
    return terminal.folder / name


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(folder / "check.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_dossier_holds_the_first_stamp_after_its_entries_and_a_stranger_can_check_it(
    stamping: Terminal, served: Authority
) -> None:
    entries = json.loads(stamping.types("verify", "--json"))["entries"]
    stamping.types("stamp")
    another(stamping)
    stamping.types("stamp")
    folder = unpacked(stamping)
    (path,) = (folder / "stamps").iterdir()
    assert path.name.startswith(f"{entries}-")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"Entry {entries} has a time stamp in stamps/" in page
    assert path.name in (folder / "MANIFEST.txt").read_text()
    done = checked(folder)
    assert done.returncode == 0, done.stdout
    assert f"entry {entries} has a time stamp" in done.stdout
    # and the hash that the stranger computes from the chain is the one that was stamped
    assert path.stem.partition("-")[2] == served.asked[0].digest.hex()


def test_a_stranger_sees_a_stamp_that_is_of_no_entry(stamping: Terminal) -> None:
    stamping.types("stamp")
    folder = unpacked(stamping)
    (path,) = (folder / "stamps").iterdir()
    path.write_bytes(b"x")
    assert f"stamps/{path.name} stamps no entry of this chain" in checked(folder).stdout


def test_a_stamp_that_is_not_good_is_left_out_of_a_dossier_which_says_so(stamping: Terminal) -> None:
    stamping.types("stamp")
    (path,) = (stamping.folder / "state" / "stamps").iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    out = stamping.folder / "out.zip"
    assert "stamp not good" in stamping.fails("evidence", "2026-40", "--to", str(out))
    with zipfile.ZipFile(out) as box:
        assert [name for name in box.namelist() if name.startswith("stamps/")] == []
        assert "stamp not good" in box.read("report.html").decode()


# ------------------------------------------------------------------- care


def test_a_copy_put_back_holds_the_stamps(stamping: Terminal, tmp_path: Path) -> None:
    stamping.types("stamp")
    stamping.types("backup", str(tmp_path / "copy.tar"))
    new = str(tmp_path / "new")
    stamping.types("restore", str(tmp_path / "copy.tar"), CONTROLWATCH_STATE_DIR=new)
    assert "stamped up to" in stamping.types("verify", CONTROLWATCH_STATE_DIR=new)


def aged(terminal: Terminal) -> None:
    """Let everything have been entered long ago."""
    store = SqlStore.open(f"sqlite:///{terminal.folder / 'state' / 'controlwatch.db'}")
    with store.engine.begin() as connection:
        connection.execute(text("""UPDATE custody SET line = replace(line, '"at":"20', '"at":"19')"""))
    store.close()


def test_an_authority_that_has_been_gone_for_days_needs_a_person(stamping: Terminal) -> None:
    assert "needs a person: entries" not in stamping.types("watchers")
    stamping.types("stamp")
    another(stamping)
    aged(stamping)
    env = {"CONTROLWATCH_CONNECT_TO": "http://127.0.0.1:1", "COLUMNS": "300"}
    words = "have waited for a time stamp since"
    assert words in stamping.fails("watchers")
    assert words in stamping.fails("doctor", **env)
    del stamping.env["CONTROLWATCH_TSA_URL"]
    assert words not in stamping.types("watchers")


def test_the_doctor_says_until_which_entry_the_chain_is_stamped(stamping: Terminal) -> None:
    env = {"CONTROLWATCH_CONNECT_TO": "http://127.0.0.1:1", "COLUMNS": "300"}
    assert "no time stamp was requested yet" in stamping.fails("doctor", **env)
    stamping.types("stamp")
    assert "the chain is time-stamped up to entry" in stamping.fails("doctor", **env)
    assert "no-such.pem cannot be read" in stamping.fails(
        "doctor", **env | {"CONTROLWATCH_TSA_CERTIFICATES": "no-such.pem"}
    )


# ------------------------------------------------------------------- the service


def test_the_service_has_the_chain_stamped_and_lives_on_where_it_is_not(
    stamping: Terminal, served: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in stamping.env.items():
        monkeypatch.setenv(key, value)
    settings = Settings.load()
    asked = build_timestamp_authority(settings)
    assert asked is not None
    with open_app(settings) as app:
        served.does = lambda _: answer(b"garbage")
        service = Service(app)
        service.jobs.stamp_chain(asked)
        assert open_timestamps(settings, app.store).find_newest() is None
        served.does = served.duty
        service.jobs.stamp_chain(asked)
        service.jobs.stamp_chain(asked)
        newest = open_timestamps(settings, app.store).find_newest()
        assert newest is not None
        assert newest[0] == app.store.custody.load_head()
        assert len(served.asked) == 2


def test_a_service_that_cannot_check_stamps_does_not_start(
    stamping: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "is_installed", lambda: False)
    assert "CONTROLWATCH_TSA_URL: needs the extra" in stamping.fails("run")
