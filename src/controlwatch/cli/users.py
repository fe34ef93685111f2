"""People who may open the pages: create them, change what they may do, end their sessions."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    build_cell,
    build_table,
    console,
    now,
    open_cli_app,
    print_json,
)
from controlwatch.core.model.account import SCOPES, Account, Actor, AuditFilter, Role
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import BEIJING

if TYPE_CHECKING:
    from datetime import datetime

    from controlwatch.bootstrap.people import AccountUseCases

group = typer.Typer(no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of the person.")]
RoleOption = Annotated[
    Role,
    typer.Option(
        help="reader looks things up; officer also subscribes and acts on alerts; operator also runs the "
        "installation and manages people."
    ),
]
LinkOption = Annotated[
    bool, typer.Option("--link", help="Print a link by which the person sets the password, instead.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(
        group,
        name="users",
        rich_help_panel="Service",
        help="Manage the people who may open the pages, their sessions and tokens.",
    )


@group.command()
def add(
    name: NameArgument,
    *,
    role: RoleOption = Role.READER,
    email: Annotated[str, typer.Option(help="Address of the person's own mail subscriptions.")] = "",
    chinese: Annotated[bool, typer.Option("--chinese", help="Show the pages in Chinese.")] = False,
    link: LinkOption = False,
) -> None:
    """Create a person; the password is asked for, or read from the standard input.

    Without any account, the pages are served to this machine only. The first person should be an
    operator. With the first account, everybody needs one.

    Example: controlwatch users add li.wei --role operator
    """
    with open_use_cases() as cases:
        password = None if link else ask_password(f"Password of {to_one_line(name, 64)}")
        account = cases.people.create_person(
            name,
            role=role,
            email=email,
            language="zh" if chinese else "en",
            password=password,
            by=describe_actor(),
            now=now(),
        )
        print_line(f"{account.name} can log in as {role}.")
        if link:
            print_password_link(cases, account)


@group.command(name="list")
def list_people(*, json: JsonOption = False) -> None:
    """List the people: their roles, how they log in, whether they are disabled.

    Example: controlwatch users list
    """
    with open_use_cases() as cases:
        people = cases.people.records.list_accounts()
    if json:
        print_json(people)
        return
    if not people:
        print_line("No account exists: the pages are served to this machine only. To create the first:")
        print_line("  controlwatch users add NAME --role operator")
        return
    drawn = build_table("name", "role", "logs in by", "e-mail", "state")
    for account in people:
        drawn.add_row(
            build_cell(account.name),
            account.role.value,
            describe_ways(account),
            build_cell(account.email),
            f"disabled {format_instant(account.disabled_at)}" if account.disabled_at else "enabled",
        )
    console.print(drawn)


@group.command()
def password(name: NameArgument, *, link: LinkOption = False) -> None:
    """Set a password; the sessions of the person end.

    Example: controlwatch users password li.wei
    """
    with open_use_cases() as cases:
        account = cases.people.find_person(name)
        if link:
            print_password_link(cases, account)
            return
        typed = ask_password(f"New password of {account.name}")
        cases.people.set_password(account, typed, by=describe_actor(), now=now())
    print_line(f"The password of {account.name} is set, and their sessions have ended.")


@group.command()
def role(name: NameArgument, new_role: Annotated[Role, typer.Argument(metavar="ROLE")]) -> None:
    """Give a person another role: reader, officer or operator. It counts at once.

    Example: controlwatch users role li.wei officer
    """
    with open_use_cases() as cases:
        account = cases.people.find_person(name)
        cases.people.change_role(account, new_role, by=describe_actor(), now=now())
    print_line(f"{account.name} is {new_role} now.")


@group.command()
def disable(name: NameArgument) -> None:
    """Let a person log in no longer; their sessions and tokens end at once.

    Example: controlwatch users disable li.wei
    """
    with open_use_cases() as cases:
        account = cases.people.find_person(name)
        cases.people.disable_person(account, by=describe_actor(), now=now())
    print_line(f"{account.name} is disabled. To undo it: controlwatch users enable {account.name}")


@group.command()
def enable(name: NameArgument) -> None:
    """Let a person log in again, with the password and the passkeys of before.

    Example: controlwatch users enable li.wei
    """
    with open_use_cases() as cases:
        account = cases.people.find_person(name)
        cases.people.enable_person(account, by=describe_actor(), now=now())
    print_line(f"{account.name} can log in.")


@group.command()
def sessions(name: NameArgument, *, json: JsonOption = False) -> None:
    """List the sessions and the tokens of a person.

    Example: controlwatch users sessions li.wei
    """
    with open_use_cases() as cases:
        account = cases.people.find_person(name)
        records = cases.people.sessions
        open_sessions = records.list_sessions(account.id, now=now())
        tokens = records.list_tokens(account.id, now=now())
    if json:
        print_json({"sessions": open_sessions, "tokens": tokens})
        return
    drawn = build_table("", "number", "browser, or name of the token", "may", "last used", "ends")
    for session in open_sessions:
        agent, end = build_cell(session.agent), format_instant(session.expires_at)
        drawn.add_row("session", f"{session.id}", agent, "", format_instant(session.used_at), end)
    for item in tokens:
        label, end = build_cell(item.name), format_instant(item.expires_at)
        scopes = " ".join(item.scopes)
        drawn.add_row("token", f"{item.id}", label, scopes, format_instant(item.used_at), end)
    if open_sessions or tokens:
        console.print(drawn)
    else:
        print_line(f"{account.name} has no session and no token.")


@group.command()
def revoke(
    name: NameArgument,
    *,
    session: Annotated[int | None, typer.Option(min=1, help="The number of one session.")] = None,
    token: Annotated[
        int | None, typer.Option(min=1, help="The number of a token, instead of sessions.")
    ] = None,
) -> None:
    """End the sessions of a person, or one of them, or a token.

    Example: controlwatch users revoke li.wei --token 3
    """
    with open_use_cases() as cases:
        account, by = cases.people.find_person(name), describe_actor()
        if token is not None:
            if not cases.people.revoke_token(account, token, by=by, now=now()):
                raise UsageError(
                    f"{account.name} has no token {token}; to list them: controlwatch users sessions {name}"
                )
            print_line(f"Token {token} of {account.name} is revoked.")
            return
        found = cases.people.sessions.list_sessions(account.id, now=now())
        chosen = [item.id for item in found if session in {None, item.id}]
        ended = cases.logins.revoke_sessions(account, chosen, by=by, now=now())
    print_line(f"{ended} sessions of {account.name} have ended.")


@group.command()
def token(
    name: NameArgument,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="What it is for: erp, nightly report.")],
    *,
    scope: Annotated[
        list[str] | None, typer.Option(help=f"What it may do, once each: {', '.join(SCOPES)}.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="It ends after so long.")] = 90,
) -> None:
    """Create a token of a person for programs, and print it: it cannot be read again.

    Example: controlwatch users token li.wei erp --scope read --days 365
    """
    scopes = scope or ["read"]
    unknown = [word for word in scopes if word not in SCOPES]
    if unknown:
        raise UsageError(f"no scope {to_one_line(unknown[0], 40)!r}; the scopes are {', '.join(SCOPES)}")
    with open_use_cases() as cases:
        account = cases.people.find_person(name)
        created = cases.people.create_token(
            account, label, scopes, lifetime=timedelta(days=days), by=describe_actor(), now=now()
        )
    typer.echo(created)


@group.command()
def audit(
    *,
    who: Annotated[str, typer.Option(help="Only what this person did.")] = "",
    what: Annotated[str, typer.Option(help="Only this kind: login, 'login failed', subscribe, …")] = "",
    days: Annotated[int, typer.Option(min=1, max=36_500, help="Only the last days.")] = 30,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest, at most.")] = 100,
    json: JsonOption = False,
) -> None:
    """Print who did what: logins, failed logins, changes of people, actions on alerts and subscriptions.

    Example: controlwatch users audit --what 'login failed' --days 7
    """
    with open_use_cases() as cases:
        chosen = AuditFilter(who=who, what=what, begin=now() - timedelta(days=days))
        entries = cases.audit.records.list_entries(chosen, limit=limit)
    if json:
        print_json(entries)
        return
    drawn = build_table("when (Beijing)", "who", "what", "to what", "detail", "address")
    for entry in entries:
        action = entry.action
        drawn.add_row(
            format_instant(action.at),
            build_cell(action.who),
            build_cell(action.what),
            build_cell(action.subject),
            build_cell(action.detail),
            build_cell(action.address),
        )
    if entries:
        console.print(drawn)
    else:
        print_line("Nothing was done that fits.")


@contextmanager
def open_use_cases() -> Iterator[AccountUseCases]:
    """Open the state, with the use cases of people."""
    from controlwatch.bootstrap.people import build_account_use_cases

    with open_cli_app() as app:
        yield build_account_use_cases(app.settings, app.store)


def describe_actor() -> Actor:
    """Return who uses the command line."""
    return Actor(who=f"{getpass.getuser()} (command line)")


def describe_ways(account: Account) -> str:
    """Return in which ways a person can log in."""
    ways = (
        "password" if account.has_password else "",
        f"{account.passkeys} passkeys" if account.passkeys else "",
        "provider" if account.provider else "",
    )
    return ", ".join(filter(None, ways)) or "no way yet"


def ask_password(prompt: str) -> str:
    """Return a password: asked for twice at a terminal, else the first line of the standard input."""
    if sys.stdin.isatty():
        typed: str = typer.prompt(prompt, hide_input=True, confirmation_prompt="The same again")
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def print_password_link(cases: AccountUseCases, account: Account) -> None:
    """Print a link by which a person sets a password; raises `UsageError` without a public address."""
    from controlwatch.settings import Settings

    base = Settings.load().public_url
    if base is None:
        raise UsageError(
            "a link needs CONTROLWATCH_PUBLIC_URL; without it, set the password here: "
            f"controlwatch users password {account.name}"
        )
    moment = now()
    link = cases.people.build_password_link(account, now=moment)
    cases.people.record_link(account, by=describe_actor(), now=moment)
    typer.echo(f"{base}/password/{link}")


def print_line(text: str) -> None:
    """Print a line as it is."""
    console.print(Text(to_one_line(text, 400)), soft_wrap=True)


def format_instant(instant: datetime | None) -> str:
    """Return an instant in Beijing time; "never" where there is none."""
    return f"{instant.astimezone(BEIJING):%Y-%m-%d %H:%M}" if instant is not None else "never"
