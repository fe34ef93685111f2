"""The command line manages people: the first account is made on the machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from controlwatch.cli.root import build_app
from controlwatch.core.model.errors import UsageError
from tests.people import PASSWORD

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CONTROLWATCH_STATE_DIR", str(tmp_path / "state"))

    def run_users(*words: str, typed: str = "", status: int = 0) -> Result:
        result = CliRunner().invoke(build_app(), ["users", *words], input=typed)
        if isinstance(result.exception, UsageError):
            assert status == 2, result.exception
        else:
            assert result.exit_code == status, result.output
        return result

    return run_users


def test_the_first_person_is_created_here_and_the_password_is_read_not_an_argument(run: Run) -> None:
    assert "controlwatch users add NAME --role operator" in run("list").output
    created = run("add", "Li.Wei", "--role", "operator", typed=f"{PASSWORD}\n")
    assert "li.wei can log in as operator" in created.output
    [person] = json.loads(run("list", "--json").output)
    assert (person["name"], person["role"], person["has_password"]) == ("li.wei", "operator", True)
    assert PASSWORD not in run("list").output + run("audit", "--json").output


def test_what_the_command_line_does_is_in_the_log_with_the_user_of_the_machine(run: Run) -> None:
    run("add", "li.wei", "--role", "operator", typed=f"{PASSWORD}\n")
    run("add", "wang", typed=f"{PASSWORD}\n")
    run("role", "wang", "officer")
    run("disable", "wang")
    run("enable", "wang")
    run("password", "wang", typed="a new pass phrase\n")
    found = json.loads(run("audit", "--json").output)
    assert [entry["action"]["what"] for entry in found] == [
        *("password set", "person enabled", "person disabled", "role changed"),
        *("person created", "person created"),
    ]
    assert all(entry["action"]["who"].endswith("(command line)") for entry in found)


def test_a_token_is_printed_once_listed_by_its_name_and_revoked_by_its_number(run: Run) -> None:
    run("add", "li.wei", typed=f"{PASSWORD}\n")
    token = run("token", "li.wei", "nightly report", "--days", "30").output.strip()
    assert token.startswith("cw_")
    listed = run("sessions", "li.wei", "--json")
    [item] = json.loads(listed.output)["tokens"]
    assert (item["name"], item["scopes"]) == ("nightly report", ["read"])
    assert token not in listed.output
    run("revoke", "li.wei", "--token", str(item["id"]))
    assert "has no session and no token" in run("sessions", "li.wei").output
    run("revoke", "li.wei", "--token", str(item["id"]), status=2)


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (("disable", "li.wei"), ""),  # the last operator
        (("role", "li.wei", "reader"), ""),
        (("role", "unknown", "reader"), ""),
        (("token", "li.wei", "erp", "--scope", "root"), ""),
        (("add", "li.wei"), PASSWORD),  # taken
        (("add", "<b>"), PASSWORD),
        (("add", "wang"), "short"),
        (("add", "wang"), ""),
        (("password", "li.wei", "--link"), ""),  # without a public address
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(run: Run, words: tuple[str, ...], typed: str) -> None:
    run("add", "li.wei", "--role", "operator", typed=f"{PASSWORD}\n")
    before = run("list", "--json").output
    run(*words, typed=f"{typed}\n", status=2)
    assert run("list", "--json").output == before


def test_a_link_to_set_a_password_leads_to_the_public_address(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTROLWATCH_PUBLIC_URL", "https://watch.example")
    output = run("add", "li.wei", "--link").output
    assert "https://watch.example/password/1." in output
    [person] = json.loads(run("list", "--json").output)
    assert not person["has_password"]
