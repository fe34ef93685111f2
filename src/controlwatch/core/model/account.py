"""People who use the pages and the API: their roles, and who a request comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
    disabled_at: datetime | None = None  #: cannot log in since then
    looked_at: datetime | None = None  #: when the person last marked the news as read


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
