"""The first run: what a person or a script answers becomes an installation that has been tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controlwatch.cli.complete import app
from controlwatch.core.model.errors import ControlwatchError
from controlwatch.testing.sites import Sites
from controlwatch.testing.slack import SlackStandIn
from controlwatch.testing.smtp import Mailbox


class Operator:
    """A person who installs controlwatch in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "etc" / "controlwatch.env"
        self.env = {"COLUMNS": "200", "NO_COLOR": "1"}

    def run(self, *words: str, status: int = 0, keys: str = "", **env: str) -> str:
        """Return what a command prints, after these lines were typed."""
        done = CliRunner().invoke(app, list(words), input=keys, env=self.env | env)
        if isinstance(done.exception, ControlwatchError):
            assert status == 2, done.output
            return str(done.exception)
        assert done.exit_code == status, (done.output, done.exception)
        return done.output

    def setup(self, *words: str, status: int = 0, keys: str = "", **env: str) -> str:
        given = ("--settings-file", str(self.file), "--state-dir", str(self.folder / "state"), "--no-sources")
        return self.run("setup", *given, *words, status=status, keys=keys, **env)

    def subscriptions(self) -> list[dict[str, object]]:
        printed = self.run("subscriptions", "--json", CONTROLWATCH_SETTINGS=str(self.file))
        return json.loads(printed)  # type: ignore[no-any-return]


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


def test_a_script_sets_up_mail_and_the_address_gets_a_test_mail(operator: Operator) -> None:
    with Mailbox() as box:
        said = operator.setup(
            *("--yes", "--channel", "email", "--target", "desk@reader.example", "--language", "en"),
            *("--mail-from", "alerts@controlwatch.example", "--category", "battery", "--rate", "daily"),
            CONTROLWATCH_SMTP_URL=box.url,
        )
        assert [mail["to"] for mail in box.mails] == ["desk@reader.example"]
    assert "a test mail was sent to desk@reader.example" in said
    (found,) = operator.subscriptions()
    assert (found["channel"], found["target"], found["rate"]) == ("email", "desk@reader.example", "daily")
    assert found["categories"] == ["battery"]


def test_a_person_sets_up_slack_by_answering_questions(operator: Operator) -> None:
    slack = SlackStandIn()
    channel = min(slack.channels)
    with Sites() as sites:
        keys = "\n".join(
            (
                "xoxb-mistyped",
                "y",
                slack.token,
                "not a channel",
                channel,
                "nonsense-word",
                "锂离子电池",
                "y",
                "zh",
                "weekly",
                "",
            )
        )
        said = operator.setup(
            "--channel", "slack", keys=f"{keys}\n", CONTROLWATCH_SLACK_API_URL=slack.put_up(sites)
        )
    assert slack.token not in said
    assert "test message" in said
    (found,) = operator.subscriptions()
    assert (found["target"], found["language"], found["rate"]) == (channel, "zh", "weekly")
    assert all(str(item).startswith("battery") for item in found["categories"])  # type: ignore[attr-defined]


def test_the_settings_are_private_and_no_secret_is_printed(operator: Operator) -> None:
    with Mailbox() as box:
        url = box.url.replace("smtp://", "smtp://user:hunter2@")
        said = operator.setup(
            *("--yes", "--channel", "email", "--target", "desk@reader.example", "--mail-from", "a@b.example"),
            CONTROLWATCH_SMTP_URL=url,
            status=1,  # this server offers no login
        )
    assert "hunter2" not in said
    assert f"CONTROLWATCH_SMTP_URL={url}" in operator.file.read_text(encoding="utf-8").splitlines()
    assert operator.file.stat().st_mode & 0o077 == 0


def test_a_second_run_keeps_settings_subscription_and_unit(operator: Operator) -> None:
    unit = operator.folder / "controlwatch.service"
    with Mailbox() as box:
        words = ("--yes", "--channel", "email", "--target", "desk@reader.example", "--unit", str(unit))
        operator.setup(
            *words, "--mail-from", "a@b.example", "--category", "battery", CONTROLWATCH_SMTP_URL=box.url
        )
        before = operator.file.read_text(encoding="utf-8"), operator.subscriptions()
        unit.write_text("mine", encoding="utf-8")
        said = operator.setup(*words, "--category", "rare_earth")
    assert "CONTROLWATCH_SMTP_URL is kept" in said
    assert "Subscription 1 exists already and is kept as it is" in " ".join(said.split())
    assert (operator.file.read_text(encoding="utf-8"), operator.subscriptions()) == before
    assert unit.read_text(encoding="utf-8") == "mine"


def test_without_an_answer_the_console_is_subscribed_to_what_was_named(operator: Operator) -> None:
    operator.setup("--yes", "--category", "镓")
    (found,) = operator.subscriptions()
    assert found["channel"] == "console"
    assert "minor_metals.gallium" in found["categories"]  # type: ignore[operator]


def test_the_unit_names_the_settings_and_the_state(operator: Operator) -> None:
    unit = operator.folder / "controlwatch.service"
    operator.setup("--yes", "--unit", str(unit))
    text = unit.read_text(encoding="utf-8")
    assert f'Environment="CONTROLWATCH_SETTINGS={operator.file}"' in text
    assert f'ReadWritePaths="{operator.folder / "state"}"' in text


def test_a_mail_server_that_does_not_answer_is_said_with_advice(operator: Operator) -> None:
    said = operator.setup(
        *("--yes", "--channel", "email", "--target", "desk@reader.example", "--mail-from", "a@b.example"),
        CONTROLWATCH_SMTP_URL="smtp://127.0.0.1:1",
        status=1,
    )
    assert "✗ the SMTP server 127.0.0.1:1 cannot be used" in said
    assert "→" in said


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--channel", "pigeon"), "none of slack, email, console"),
        (("--channel", "slack"), "CONTROLWATCH_SLACK_BOT_TOKEN must be set"),
        (("--category", "unobtainium"), "no category and no item is called 'unobtainium'"),
        (("--rate", "hourly"), "none of immediate, daily, weekly"),
    ],
)
def test_a_script_is_told_what_is_missing(operator: Operator, words: tuple[str, ...], reason: str) -> None:
    assert reason in operator.setup("--yes", *words, status=2)


def test_where_no_site_can_be_reached_it_says_so(operator: Operator) -> None:
    given = ("--settings-file", str(operator.file), "--state-dir", str(operator.folder / "state"))
    said = operator.run("setup", "--yes", *given, status=1, CONTROLWATCH_CONNECT_TO="http://127.0.0.1:1")
    assert "sources answered: this machine has no route to them, or a proxy is needed" in said


def test_settings_of_the_environment_count_more_than_those_of_the_file(operator: Operator) -> None:
    operator.setup("--yes", "--category", "battery")
    other = str(operator.folder / "other")
    printed = operator.run(
        "--verbose", "subscriptions", CONTROLWATCH_SETTINGS=str(operator.file), CONTROLWATCH_STATE_DIR=other
    )
    assert other in printed


@pytest.mark.parametrize("line", ["STATE_DIR=x", "CONTROLWATCH_STATE_DIR", "export CONTROLWATCH_STATE_DIR=x"])
def test_a_line_that_is_no_setting_is_refused_by_its_number(operator: Operator, line: str) -> None:
    file = operator.folder / "broken.env"
    file.write_text(f"# a comment\n\n{line}\n", encoding="utf-8")
    assert "line 3" in operator.run("latest", CONTROLWATCH_SETTINGS=str(file), status=2)


def test_the_doctor_finds_settings_that_other_users_can_read(operator: Operator) -> None:
    operator.setup("--yes")
    operator.file.chmod(0o644)
    given = {"CONTROLWATCH_SETTINGS": str(operator.file), "CONTROLWATCH_CONNECT_TO": "http://127.0.0.1:1"}
    assert f"{operator.file} is readable by other users" in operator.run("doctor", status=1, **given)


def test_after_a_setup_that_was_broken_off_the_next_one_asks_for_the_items(operator: Operator) -> None:
    broken = CliRunner().invoke(
        app,
        [
            "setup",
            "--settings-file",
            str(operator.file),
            "--state-dir",
            str(operator.folder / "state"),
            "--no-sources",
        ],
        input="console\n",
        env=operator.env,
    )
    assert broken.exit_code != 0
    (automatic,) = operator.subscriptions()
    assert automatic["categories"] == []
    operator.setup(keys="\nconsole\n镓\ny\nzh\n\n\n")
    (found,) = operator.subscriptions()
    assert (found["categories"], found["language"]) == (["minor_metals.gallium"], "zh")


def test_a_console_that_was_subscribed_by_itself_gives_way_to_what_is_named(operator: Operator) -> None:
    operator.setup("--yes")
    operator.setup("--yes", "--category", "镓")
    (found,) = operator.subscriptions()
    assert found["categories"] == ["minor_metals.gallium"]


def test_a_unit_has_the_name_of_one(operator: Operator) -> None:
    refused = operator.setup("--yes", "--unit", str(operator.folder / "镓"), status=2)
    assert "it ends in .service" in refused
    assert not (operator.folder / "镓").exists()
