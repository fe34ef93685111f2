"""Trouble with the database is one sentence and an exit status for whoever types a command, never a traceback."""

from __future__ import annotations

import socket
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from controlwatch.cli import main
from tests.known import known

Spoil = Callable[[Path], None]


def type_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str, **env: str
) -> tuple[int, str]:
    """Run the command line as `controlwatch …`; return its exit status and everything it printed."""
    monkeypatch.setattr(sys, "argv", ["controlwatch", *words])
    for name, value in env.items():
        monkeypatch.setenv(f"CONTROLWATCH_{name}", value)
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out + printed.err


def is_one_sentence(printed: str) -> bool:
    plain = " ".join(printed.split())
    return plain.startswith("controlwatch: ") and "Traceback" not in plain and len(plain) < 250


def write_garbage(path: Path) -> None:
    path.write_bytes(b"this is not a database" * 500)


def damage(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[4096:] = b"\xff" * (len(body) - 4096)
    path.write_bytes(body)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def claim_newer_revision(path: Path) -> None:
    with closing(sqlite3.connect(path)) as line, line:
        line.execute("UPDATE alembic_version SET version_num = '9999'")


def drop_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as line, line:
        line.execute("PRAGMA foreign_keys=OFF")
        line.execute("DROP TABLE subscription")


@pytest.mark.parametrize("words", [("subscriptions",), ("subscribe", "console"), ("latest",), ("deliver",)])
@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (write_garbage, "damaged"),
        (damage, "damaged"),
        (make_folder, "cannot be opened|no store exists"),
        (claim_newer_revision, "newer version"),
        (drop_table, ""),
    ],
)
def test_a_database_file_that_cannot_be_used_is_one_sentence(
    spoil: Spoil,
    expected: str,
    words: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = known(tmp_path / "state") / "controlwatch.db"
    spoil(path)
    status, printed = type_command(capsys, monkeypatch, *words, STATE_DIR=str(tmp_path / "state"))
    if spoil is drop_table and words == ("latest",):
        return  # which does not need it
    assert is_one_sentence(printed), printed
    assert any(word in " ".join(printed.split()) for word in expected.split("|")), printed
    assert status == 2


def test_a_state_that_is_a_file_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("")
    status, printed = type_command(
        capsys, monkeypatch, "subscribe", "console", STATE_DIR=str(tmp_path / "state")
    )
    assert is_one_sentence(printed), printed
    assert status == 2


def test_a_server_that_does_not_answer_is_one_sentence_without_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        addresses = {
            f"127.0.0.1:{port}/x?connect_timeout=2": "does not answer (timed out)",
            "127.0.0.1:1/x": "does not answer (connection refused)",
            "no-such-host.invalid/x": "does not answer (its name is not known)",
        }
        for address, expected in addresses.items():
            for command in ("watchers", "latest"):
                status, printed = type_command(
                    capsys,
                    monkeypatch,
                    command,
                    STATE_DIR=str(tmp_path),
                    DATABASE_URL=f"postgresql://u:secret@{address}",
                )
                assert is_one_sentence(printed), printed
                assert expected in " ".join(printed.split())
                assert "secret" not in printed
                assert status == 2
