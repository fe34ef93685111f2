"""People who use the pages and the API: their roles, and who a request comes from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

PageLanguage = Literal["en", "zh"]


class Role(StrEnum):
    """What a person may do; each role includes those before it."""

    READER = "reader"  #: look things up
    OFFICER = "officer"  #: manage subscriptions, act on alerts, settle reviews
    OPERATOR = "operator"  #: see addresses and failures, resume targets, release what is held, manage people

    def includes(self, other: Role) -> bool:
        """Return whether this role may do what another one may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


#: What a token of the API may be allowed to do, and the least role of its owner for that.
SCOPES: dict[str, Role] = {
    "read": Role.READER,
    "subscribe": Role.OFFICER,
    "act": Role.OFFICER,
    "operate": Role.OPERATOR,
}

#: A session ends when its browser was not seen for this long, and after this long in any case.
SESSION_IDLE, SESSION_LIFETIME = timedelta(hours=24), timedelta(days=14)
#: The last use of a session or a token is stored once in this time.
USE_INTERVAL = timedelta(minutes=5)

MAX_NAME_LENGTH = 64
#: Letters and digits of any script; after the first also . _ - @ ' and single spaces.
ACCOUNT_NAME = re.compile(r"[^\W_](?:[\w.@'-]| (?! ))*(?<! )")
#: Plain enough to compare; the mail server decides whether it exists.
EMAIL = re.compile(r"[^\s@<>\"(),:;\\]{1,64}@[A-Za-z0-9.-]{1,190}")


def normalize_account_name(text: str) -> str | None:
    """Return the form in which a name is stored and compared; None for what cannot be a name.

    >>> normalize_account_name(" Li.Wei "), normalize_account_name("ＡＢ"), normalize_account_name("a\\nb")
    ('li.wei', 'ab', None)
    """
    if len(text) > 4 * MAX_NAME_LENGTH:
        return None
    name = unicodedata.normalize("NFKC", text.strip(" ")).casefold()
    return name if len(name) <= MAX_NAME_LENGTH and ACCOUNT_NAME.fullmatch(name) else None


def list_allowed_scopes(role: Role, scopes: Iterable[str] = SCOPES) -> tuple[str, ...]:
    """Return those of the scopes that a role allows, in their order.

    >>> list_allowed_scopes(Role.OFFICER)
    ('read', 'subscribe', 'act')
    """
    wanted = set(scopes)
    return tuple(name for name, least in SCOPES.items() if name in wanted and role.includes(least))


def limit_role(role: Role, scopes: Iterable[str]) -> Role:
    """Return the highest role that a token of a person with this role has by its scopes.

    >>> limit_role(Role.OPERATOR, ["read"]), limit_role(Role.READER, ["read", "operate"])
    (<Role.READER: 'reader'>, <Role.READER: 'reader'>)
    """
    allowed = [SCOPES[name] for name in list_allowed_scopes(role, scopes)]
    return max(allowed, key=list(Role).index, default=Role.READER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person with a login. Instants are UTC."""

    id: int
    name: str  #: unique; stands in the log of what was done
    role: Role
    created_at: datetime
    email: str = ""  #: "" where none is known; the target of the person's own mail subscriptions
    language: PageLanguage = "en"
    has_password: bool = False
    passkeys: int = 0
    provider: str = ""  #: issuer and subject of OpenID Connect; "" where the person has none
    disabled_at: datetime | None = None  #: cannot log in since then
    looked_at: datetime | None = None  #: when the person last marked the news as read


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """A person who is to get a login; the name is normalized."""

    name: str
    role: Role
    email: str = ""
    language: PageLanguage = "en"
    password_hash: str | None = None
    provider: str | None = None  #: issuer and subject of OpenID Connect


#: What became of a change; the last operator who can log in stays one.
ChangeResult = Literal["done", "unknown", "last-operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSession:
    """A session of a person in one browser. Instants are UTC."""

    id: int
    agent: str  #: what the browser calls itself
    created_at: datetime
    used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token of a person, for programs; the token itself is not stored. Instants are UTC."""

    id: int
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey of a person; its id and its public key are in base64url."""

    id: int
    account_id: int
    credential: str
    public_key: str
    sign_count: int
    name: str
    created_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditAction:
    """What somebody does, for the log."""

    at: datetime  #: UTC
    who: str  #: name of an account, or who used the command line; "" where the account is not known
    what: str  #: login, login failed, subscribe, pause, acknowledge, …
    subject: str = ""  #: what it was done to
    detail: str = ""
    address: str = ""  #: network address of the client; "" on the command line


#: The kinds of actions in the log, as `AuditAction.what` states them.
AUDIT_KINDS = (
    *("login", "login failed", "logout", "session revoked"),
    *(
        "person created",
        "password set",
        "role changed",
        "person changed",
        "person disabled",
        "person enabled",
    ),
    *("password link made", "passkey added", "passkey removed", "token created", "token revoked"),
    *("subscribe", "change", "pause", "resume", "mute", "end", "acknowledge", "assign", "note"),
    *("not relevant", "due", "settle", "reopen", "release", "shelve", "retry", "replay", "import"),
    *("save a filter", "end a saved filter"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something, and from where."""

    who: str
    address: str = ""

    def describe_action(self, now: datetime, what: str, subject: str = "", detail: str = "") -> AuditAction:
        """Return what they do, for the log."""
        return AuditAction(
            at=now, who=self.who, what=what, subject=subject, detail=detail, address=self.address
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An action as it stands in the log."""

    id: int
    action: AuditAction


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which actions are asked for; "" and None leave one open."""

    who: str = ""
    what: str = ""
    begin: datetime | None = None
    end: datetime | None = None  #: not included


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who a request comes from: a person with a session, a token of a person, or the machine itself."""

    name: str  #: stands in the log of what was done
    role: Role
    account_id: int | None = None  #: None: no account exists, and the request came from this machine
    session_id: int | None = None  #: None: no session, a token or the machine itself
    email: str = ""
    language: PageLanguage | None = None
    looked_at: datetime | None = None
    scopes: frozenset[str] | None = None  #: of a token; None: not limited

    @property
    def is_officer(self) -> bool:
        """Whether they may subscribe and act."""
        return self.role.includes(Role.OFFICER)

    @property
    def is_operator(self) -> bool:
        """Whether they may run the installation."""
        return self.role.includes(Role.OPERATOR)


#: Who uses an installation without accounts, from the machine that it runs on.
LOCAL_VISITOR = Visitor(name="local", role=Role.OPERATOR)
