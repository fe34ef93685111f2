"""The address that people reach us at, and the secret that its links are signed with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from controlwatch.adapters.system.signing_secret import load_or_create_secret
from controlwatch.bootstrap.connections import build_signed_links
from controlwatch.core.model.errors import DeclarationError
from controlwatch.settings import Settings
from tests.forked import make_secret
from tests.processes import server_of_forks

if TYPE_CHECKING:
    from multiprocessing.queues import Queue


def load(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"CONTROLWATCH_{name.upper()}", value)
    return Settings.load()


@pytest.mark.parametrize(
    "url",
    [
        "alerts.example.com",
        "ftp://alerts.example.com",
        "https://",
        "https://a.example/?x=1",
        "https://a.example/#x",
        "https://a.example/\r\nBcc: x@y.example",
        "https://a.example/<script>",
        "https://用户.example",
        "https://a.example/" + "x" * 300,
    ],
)
def test_an_address_that_a_header_cannot_hold_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeclarationError, match="CONTROLWATCH_PUBLIC_URL"):
        load(monkeypatch, public_url=url)


def test_the_address_is_kept_without_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        load(monkeypatch, public_url="https://a.example:8443/cw/").public_url == "https://a.example:8443/cw"
    )


def test_a_short_secret_is_refused_and_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeclarationError, match="at least 32 characters") as error:
        load(monkeypatch, secret="hunter2")
    assert "hunter2" not in str(error.value)


def test_a_secret_that_was_set_signs_the_links(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    found = load(monkeypatch, secret="s" * 32, public_url="https://a.example", state_dir=state)
    assert build_signed_links(found).secret == b"s" * 32
    assert not Path(state).exists()


def test_without_an_address_no_secret_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (
        build_signed_links(load(monkeypatch, state_dir=str(tmp_path / "state"))).build_unsubscribe_url(1)
        == ""
    )
    assert not (tmp_path / "state").exists()


def test_a_secret_of_our_own_is_made_once_and_read_by_us_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = load(monkeypatch, public_url="https://a.example", state_dir=str(tmp_path / "state"))
    secret = build_signed_links(found).secret
    assert len(secret) >= 32
    assert build_signed_links(found).secret == secret
    assert (tmp_path / "state" / "secret").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_was_emptied_is_not_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(DeclarationError, match="holds no secret"):
        load_or_create_secret(tmp_path)


@pytest.mark.slow
def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    made: Queue[bytes] = server_of_forks.Queue()
    workers = [
        server_of_forks.Process(target=make_secret, args=(str(tmp_path / "state"), made)) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    secrets = {made.get(timeout=60) for _ in workers}
    for worker in workers:
        worker.join()
    assert len(secrets) == 1
