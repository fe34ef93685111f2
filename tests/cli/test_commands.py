"""The commands, as a person types them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.cli.common import today
from controlwatch.cli.complete import app
from controlwatch.core.model.errors import ControlwatchError
from controlwatch.testing.regulators import Regulators
from controlwatch.testing.sites import Sites
from tests.known import known

TEXT = """商务部 海关总署公告2026年第40号 公布对镓相关物项实施出口管制的决定
根据有关法律规定，经批准，决定对下列物项实施出口管制：
金属镓（参考海关商品编号：8112929010）。
本公告自2026年4月1日起正式实施。
商务部 海关总署
2026年3月2日
"""


class Terminal:
    """A person at a terminal, with a state of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"CONTROLWATCH_STATE_DIR": str(folder / "state"), "COLUMNS": "200", "NO_COLOR": "1"}

    def types(self, *words: str, **env: str) -> str:
        """Return what a command prints; it must succeed."""
        done = CliRunner().invoke(app, list(words), env=self.env | env)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    def fails(self, *words: str, **env: str) -> str:
        """Return the sentence with which a command refuses."""
        done = CliRunner().invoke(app, list(words), env=self.env | env)
        if isinstance(done.exception, ControlwatchError):
            return str(done.exception)
        assert done.exit_code != 0, done.output
        return done.output + done.stderr

    def ends(self, *words: str) -> int:
        """Return the exit status of a command."""
        return CliRunner().invoke(app, list(words), env=self.env).exit_code

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    known(tmp_path / "state")
    return Terminal(tmp_path)


def test_help_names_every_command_and_what_it_is_for(terminal: Terminal) -> None:
    output = terminal.types("--help")
    for command in (
        "run", "poll", "deliver", "intake", "reread", "health", "demo",
        "latest", "show", "upcoming", "history", "read", "subscribe", "unsubscribe", "subscriptions", "watchers", "held",
    ):  # fmt: skip
        assert f" {command} " in output
        assert terminal.types(command, "--help")


def test_read_prints_the_contract(terminal: Terminal) -> None:
    printed = json.loads(terminal.types("read", terminal.file("n.txt", TEXT), "--json", "--no-register"))
    assert printed["document"]["number"] == "MOFCOM-GACC 2026-40"
    assert printed["effective"][0]["start"] == "2026-04-01"
    assert [code["code"] for code in printed["hs_codes"]] == ["8112929010"]


def test_read_takes_many_documents_one_a_line(terminal: Terminal) -> None:
    paths = [terminal.file(f"{n}.txt", TEXT) for n in range(3)]
    lines = terminal.types("read", *paths, "--jsonl", "--no-register").splitlines()
    assert [json.loads(line)["path"] for line in lines] == paths


def test_read_of_a_challenge_or_an_empty_file_says_so(terminal: Terminal) -> None:
    challenge = terminal.file(
        "c.html", "<html><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script><body></body></html>"
    )
    assert (
        json.loads(terminal.types("read", challenge, "--json", "--no-register"))["document"]["kind"]
        == "challenge"
    )
    assert (
        json.loads(terminal.types("read", terminal.file("e.txt", ""), "--json", "--no-register"))["document"][
            "kind"
        ]
        == "empty"
    )


def test_what_was_handed_in_can_be_asked_for_in_any_spelling(terminal: Terminal) -> None:
    assert "alert:" in terminal.types("intake", terminal.file("n.txt", TEXT))
    for spelling in ("MOFCOM-GACC 2026-40", "mofcom 2026-40", "商务部公告2026年第40号", "2026-40"):
        assert "镓" in terminal.types("show", spelling)
    assert "2026-40" in terminal.types("latest", "--search", "金属镓")
    assert "2026-40" in terminal.types("latest", "--category", "minor_metals", "--changes")
    assert "1 Apr 2026" in terminal.types("upcoming", "--on", "2026-03-15")
    assert "takes effect" in terminal.types("history", "minor_metals.gallium")
    assert (
        json.loads(terminal.types("show", "2026-40", "--json"))["notice"]["document"]["number"]
        == "MOFCOM-GACC 2026-40"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "MOFCOM 2031-1"], "no notice 'MOFCOM 2031-1' is known here"),
        (["latest", "--category", "batery"], "did you mean battery"),
        (["latest", "--issuer", "MOFCON"], "did you mean MOFCOM"),
        (["history", "rare_erth"], "did you mean rare_earth"),
        (["upcoming", "--on", "sometime"], "use YYYY-MM-DD"),
        (["poll", "mofcom-polcy"], "did you mean mofcom-policy"),
        (["subscribe", "fax"], "use one of console, slack, email"),
        (["subscribe", "email", "not an address"], "is not an e-mail address"),
        (["subscribe", "email", "a@b.example\nBcc: x@y.example"], "is not an e-mail address"),
        (["subscribe", "slack", "#general"], "is not a Slack id"),
        (["subscribe", "apprise", "desk"], "set CONTROLWATCH_APPRISE"),
        (["subscribe", "console", "--category", "graphitte"], "did you mean graphite"),
        (["subscribe", "console", "--direction", "up"], "use one of tighten, relax"),
        (["subscribe", "console", "--destination", "Atlantis"], "no destination"),
        (["subscribe", "console", "--rate", "hourly"], "use one of immediate, daily, weekly"),
        (["subscribe", "console", "--at", "noon"], "use HH:MM"),
        (["subscribe", "console", "--timezone", "Mars/Olympus"], "is not a time zone"),
        (["subscribe", "console", "--quiet", "22:00"], "'22:00' is not a time range; use 22:00-07:00"),
        (["subscribe", "console", "--hs", "85O7"], "is not an HS code"),
        (["unsubscribe", "99"], "no active subscription 99"),
        (["intake", "/no/such/file"], "cannot be read"),
        (["read", "a.txt", "b.txt"], "add --jsonl"),
        (["watchers", "new", "Bad Id", "https://a.example/"], "Bad Id"),
    ],
)
def test_a_mistake_is_refused_with_what_is_allowed(terminal: Terminal, words: list[str], says: str) -> None:
    assert says in terminal.fails(*words)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("CONTROLWATCH_LOG_LEVEL", "LOUD", "CONTROLWATCH_LOG_LEVEL"),
        ("CONTROLWATCH_DATABASE_URL", "mysql://x", "must be sqlite:// or postgresql://"),
        ("CONTROLWATCH_DATABASE_URL", "nonsense", "is not a database address"),
        ("CONTROLWATCH_SMTP_URL", "http://mail", "must look like smtp://"),
        ("CONTROLWATCH_SMTP_URL", "smtp://mail.example", "CONTROLWATCH_MAIL_FROM"),
        ("CONTROLWATCH_WATCHERS_DIR", "/no/such", "is not a directory"),
        ("CONTROLWATCH_APPRISE", "feishu://sesame", "line 1 must look like"),
        ("CONTROLWATCH_APPRISE", "a = json://x\na = json://y", "line 2 declares a twice"),
        ("CONTROLWATCH_APPRISE", "# nothing", "declares no destination"),
        ("CONTROLWATCH_SLACK_TOKEN", "x", "unknown setting; the settings are"),
        ("CONTROLWATCH_SMTP_URL_FILE", "/no/such", "cannot be read"),
    ],
)
def test_nonsense_in_the_environment_is_refused_with_the_name_of_the_key(
    terminal: Terminal, key: str, value: str, says: str
) -> None:
    said = terminal.fails("latest", **{key: value})
    assert says in said
    assert "sesame" not in said


def test_a_secret_may_stand_in_a_file_and_is_never_shown(terminal: Terminal) -> None:
    secret = terminal.file("db", f"sqlite:///{terminal.folder / 'other.db'}\n")
    terminal.types("deliver", CONTROLWATCH_DATABASE_URL_FILE=secret)
    assert (terminal.folder / "other.db").exists()


def test_subscribing_showing_and_ending(terminal: Terminal) -> None:
    said = terminal.types(
        "subscribe", "email", "desk@b.example", "--category", "battery", "--rate", "daily", "--at", "09:00",
        "--timezone", "Europe/Berlin", "--hs", "8507.60", "--language", "en",
    )  # fmt: skip
    assert "battery and HS 850760 → email desk@b.example" in said
    assert "not configured here yet" in said
    assert "Europe/Berlin" in terminal.types("subscriptions")
    number = next(
        item["id"]
        for item in json.loads(terminal.types("subscriptions", "--json"))
        if item["channel"] == "email"
    )
    assert "has ended" in terminal.types("unsubscribe", str(number))


def test_a_chat_is_subscribed_by_the_name_of_its_destination_and_its_address_is_never_shown(
    terminal: Terminal,
) -> None:
    chats = terminal.file("chats", "# chats\nops = json://127.0.0.1:1/sesame?x=y\nodd = nosuch://sesame\n")
    env = {"CONTROLWATCH_APPRISE_FILE": chats}
    said = terminal.types("subscribe", "apprise", "ops", "--category", "battery", **env)
    assert "battery → apprise ops" in said
    said += terminal.types("subscriptions", **env) + terminal.types("subscriptions", "--json", **env)
    said += terminal.fails("subscribe", "apprise", "desk", **env)
    assert "no destination 'desk'; CONTROLWATCH_APPRISE declares odd, ops" in said
    said += terminal.fails("subscribe", "apprise", "odd", **env)
    assert "odd: apprise knows no such address" in said
    assert "sesame" not in said


def test_the_service_does_not_start_while_a_subscription_leads_nowhere(terminal: Terminal) -> None:
    terminal.types("subscribe", "apprise", "ops", CONTROLWATCH_APPRISE="ops = json://127.0.0.1:1/a")
    said = terminal.fails("run", CONTROLWATCH_APPRISE="desk = json://127.0.0.1:1/a")
    assert "subscription 1: no destination 'ops'; CONTROLWATCH_APPRISE declares desk" in said
    assert "knows no such address" in terminal.fails("run", CONTROLWATCH_APPRISE="ops = nosuch://a")


def test_with_nobody_subscribed_and_nothing_configured_alerts_go_to_the_console(terminal: Terminal) -> None:
    assert "console -" in terminal.types("subscriptions")


def test_the_shipped_watchers_are_well_declared_and_shown(terminal: Terminal) -> None:
    assert "declarations are valid" in terminal.types("watchers", "check")
    assert "mofcom-policy" in terminal.types("watchers")
    assert {line["health"] for line in json.loads(terminal.types("watchers", "--json"))} == {"new"}


def test_a_misspelt_key_is_named_with_its_file_and_the_right_one(terminal: Terminal) -> None:
    folder = terminal.folder / "watchers"
    folder.mkdir()
    scaffolded = terminal.types
    (folder / "seed.toml").write_text(
        Path("watchers/aqygzj.toml").read_text(encoding="utf-8").replace('id = "aqygzj"', 'id = "seed"'),
        encoding="utf-8",
    )
    scaffolded(
        "watchers", "new", "my-source", "https://a.example/list.html", CONTROLWATCH_WATCHERS_DIR=str(folder)
    )
    text = (folder / "my-source.toml").read_text(encoding="utf-8")
    (folder / "my-source.toml").write_text(text.replace("maintainers", "maintainer"), encoding="utf-8")
    said = terminal.fails("watchers", "check", str(folder))
    assert "my-source.toml" in said
    assert "maintainers" in said


def test_health_without_a_service_is_a_failure(terminal: Terminal) -> None:
    assert "no heartbeat" in terminal.fails("health")


def test_a_state_whose_watchers_cannot_be_reached_says_so_with_exit_status_one(terminal: Terminal) -> None:
    done = CliRunner().invoke(
        app, ["poll", "govcn-policy"], env=terminal.env | {"CONTROLWATCH_CONNECT_TO": "http://127.0.0.1:1"}
    )
    assert done.exit_code == 1
    assert "unreachable" in done.stderr


def test_a_probe_saves_what_a_source_sends_and_says_how_it_differs(terminal: Terminal) -> None:
    with Sites() as sites:
        regulators = Regulators(sites, load_watchers(Path("watchers")), today=today())
        env = {"CONTROLWATCH_CONNECT_TO": sites.origin}
        assert "saved in" in terminal.types("watchers", "probe", "mofcom-policy", **env)
        saved = terminal.folder / "state" / "probes" / "mofcom-policy"
        assert {path.name for path in saved.iterdir()} >= {
            "shell.bin",
            "index.bin",
            "detail.bin",
            "index.headers.txt",
        }
        regulators.redesign("mofcom-policy")
        assert "no row matches" in terminal.fails("watchers", "probe", "mofcom-policy", **env)
        regulators.challenge("gacc-announcements")
        assert "blocked" in terminal.fails("watchers", "probe", "gacc-announcements", **env)


def test_evidence_is_written_once_and_never_over_another_file(terminal: Terminal) -> None:
    terminal.types("intake", terminal.file("n.txt", TEXT))
    path = terminal.folder / "out.zip"
    said = terminal.types("evidence", "mofcom 2026-40", "--to", str(path))
    assert "1 snapshots, 2 versions" in said  # the register's, and ours
    assert path.stat().st_mode & 0o077 == 0
    before = path.read_bytes()
    assert "exists already" in terminal.fails("evidence", "2026-40", "--to", str(path))
    assert path.read_bytes() == before
    terminal.types("evidence", "2026-40", "--to", str(path), "--force")
    assert sorted(item.name for item in terminal.folder.iterdir()) == ["n.txt", "out.zip", "state"]
    assert "no notice" in terminal.fails("evidence", "MOFCOM 2031-1", "--to", "x.zip")
    assert "cannot be written to" in terminal.fails("evidence", "2026-40", "--to", "/no/such/x.zip")
    assert "no bytes are kept of it" in terminal.fails("evidence", "MOFCOM 2025-58", "--to", f"{path}2")


def test_verify_prints_a_head_that_can_be_given_back(terminal: Terminal) -> None:
    terminal.types("intake", terminal.file("n.txt", TEXT))
    verdict = json.loads(terminal.types("verify", "--json"))
    assert verdict["sound"]
    assert (verdict["snapshots"], verdict["first"]) == (1, None)
    assert f"noted head {verdict['entries']} is in the chain" in terminal.types(
        "verify", "--head", verdict["head"]
    )
    (copy,) = (terminal.folder / "state" / "snapshots").rglob("*.gz")
    copy.write_bytes(copy.read_bytes()[:-9])
    assert "First broken link: entry" in terminal.fails("verify")
    assert "1 × bytes cut short" in terminal.fails("verify")
    assert "head not found" in terminal.fails("verify", "--head", f"1:{'0' * 64}")
    assert "write SEQ:HASH" in terminal.fails("verify", "--head", "yesterday")


def test_a_warc_of_one_notice_or_of_all(terminal: Terminal) -> None:
    for number in ("40", "41"):
        terminal.types("intake", terminal.file(f"{number}.txt", TEXT.replace("第40号", f"第{number}号")))
    all_of_it, one = terminal.folder / "all.warc.gz", terminal.folder / "one.warc.gz"
    assert "2 records" in terminal.types("warc", str(all_of_it))
    assert "1 records" in terminal.types("warc", str(one), "2026-41")
    assert one.stat().st_size < all_of_it.stat().st_size
    assert "exists already" in terminal.fails("warc", str(one))
    first, second = (terminal.folder / "state" / "snapshots").rglob("*.gz")
    first.unlink()
    assert "is left out" in terminal.fails("warc", str(all_of_it), "--force")
    second.unlink()
    before = one.read_bytes()
    assert "nothing was written" in terminal.fails("warc", str(one), "--force")
    assert one.read_bytes() == before


def test_without_the_extra_a_dossier_is_whole_and_a_warc_says_what_it_needs(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from controlwatch.adapters.archive import warc

    monkeypatch.setattr(warc, "is_installed", lambda: False)
    terminal.types("intake", terminal.file("n.txt", TEXT))
    path = terminal.folder / "out.zip"
    terminal.types("evidence", "2026-40", "--to", str(path))
    assert "report.pdf" in zipfile.ZipFile(path).namelist()
    assert "pip install 'controlwatch[evidence]'" in terminal.fails("warc", str(path) + ".warc.gz")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("show", "2025–61"), "MOFCOM 2025-61"),
        (("show", "“商务部公告2025年第61号”。"), "MOFCOM 2025-61"),
        (("status", "MOFCOM 2024—46", "--on", "2026–11–28"), "on 28 Nov 2026"),
        (("lookup", "8507.60。"), "2025-58"),
        (("history", "*battery.liion*"), "2025-58"),
        (("subscribe", "console", "--category", "“rare earth”", "--hs", "8507.60。"), "rare_earth"),
    ],
)
def test_words_pasted_from_a_chat_are_answered_as_if_typed(
    terminal: Terminal, words: tuple[str, ...], expected: str
) -> None:
    assert expected in terminal.types(*words)


def test_a_dossier_says_that_a_file_was_handed_in_and_that_no_server_answered(terminal: Terminal) -> None:
    terminal.types("intake", terminal.file("n.txt", TEXT))
    target = terminal.folder / "dossier.zip"
    terminal.types("evidence", "2026-40", "--to", str(target))
    with zipfile.ZipFile(target) as dossier:
        (name,) = [name for name in dossier.namelist() if name.endswith("report.html")]
        report = dossier.read(name).decode("utf-8")
    assert "handed in as a file or a mail" in report
    assert "200, " not in report
