"""What the use cases of people need: records in the store, password hashes, a limit of attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from controlwatch.core.model.account import (
    Account,
    ApiToken,
    AuditAction,
    AuditEntry,
    AuditFilter,
    ChangeResult,
    LoginSession,
    NewAccount,
    Passkey,
    Role,
)
from controlwatch.services.access import AccessStore


class PeopleRecords(Protocol):
    """People with a login. Each change and its entry in the log are one transaction."""

    def create_account(self, new: NewAccount, *, now: datetime, action: AuditAction) -> Account | None:
        """Store a new person; None where somebody has the name, or is that person of the provider."""

    def find_account(self, account_id: int) -> Account | None:
        """Return a person by their number."""

    def find_account_by_name(self, name: str) -> Account | None:
        """Return a person by their name."""

    def find_account_by_provider(self, provider: str) -> Account | None:
        """Return a person by issuer and subject of OpenID Connect."""

    def list_accounts(self, *, after: str = "", limit: int | None = None) -> tuple[Account, ...]:
        """Return people by their names: all, or some of those whose names follow `after`."""

    def find_password_hash(self, account_id: int) -> str | None:
        """Return the argon2 hash of a person's password; None where there is none."""

    def replace_password_hash(self, account_id: int, old: str, new: str) -> None:
        """Store the same password with other parameters, unless it was changed in the meantime."""

    def set_password_hash(
        self,
        account_id: int,
        password_hash: str,
        *,
        now: datetime,
        action: AuditAction,
        expected: str | None = None,
        keep_session: int | None = None,
    ) -> bool:
        """Set a password, and end the sessions of the person but one.

        With `expected`, only where this is the hash so far ("": none); else False, and nothing changes.
        """

    def change_account(self, account_id: int, changed: Mapping[str, str], *, action: AuditAction) -> bool:
        """Change the e-mail address or the language of a person; False where there is no such person."""

    def set_role(self, account_id: int, role: Role, *, action: AuditAction) -> ChangeResult:
        """Give a person another role; the last operator who can log in keeps it."""

    def disable(self, account_id: int, *, now: datetime, action: AuditAction) -> ChangeResult:
        """Let a person log in no longer, and end their sessions and tokens; not the last operator."""

    def enable(self, account_id: int, *, action: AuditAction) -> bool:
        """Let a person log in again; False where there is no such person, or they can."""

    def add_passkey(self, passkey: Passkey, *, action: AuditAction) -> bool:
        """Store a passkey, whose `id` does not count; False where it is known."""

    def find_passkey(self, credential: str) -> Passkey | None:
        """Return a passkey by its id in base64url."""

    def list_passkeys(self, account_id: int) -> tuple[Passkey, ...]:
        """Return the passkeys of a person, the oldest first."""

    def use_passkey(self, passkey: Passkey, sign_count: int, *, now: datetime) -> bool:
        """Store a use of a passkey; False where it was used or removed in the meantime."""

    def remove_passkey(self, account_id: int, passkey_id: int, *, action: AuditAction) -> bool:
        """Remove a passkey of a person; False where there is none."""


class SessionRecords(AccessStore, Protocol):
    """Sessions and tokens."""

    def add_session(
        self,
        account_id: int,
        token_hash: str,
        *,
        agent: str,
        now: datetime,
        action: AuditAction,
        replaces: str = "",
    ) -> None:
        """Begin a session, and end the one that the same browser had: that with the hash `replaces`."""

    def end_sessions(
        self, account_id: int, session_ids: Sequence[int], *, now: datetime, action: AuditAction
    ) -> int:
        """End these sessions of a person; return how many were open. Where none was, nothing is logged."""

    def list_sessions(self, account_id: int, *, now: datetime) -> tuple[LoginSession, ...]:
        """Return the open sessions of a person, the one that was used last first."""

    def add_token(
        self,
        account_id: int,
        token_hash: str,
        *,
        name: str,
        scopes: Sequence[str],
        now: datetime,
        expires_at: datetime | None,
        action: AuditAction,
    ) -> None:
        """Store a token of a person."""

    def end_token(self, account_id: int, token_id: int, *, now: datetime, action: AuditAction) -> bool:
        """End a token of a person; False where there is none, or it has ended."""

    def list_tokens(self, account_id: int, *, now: datetime) -> tuple[ApiToken, ...]:
        """Return the tokens of a person that have not ended, the newest first."""


class AuditRecords(Protocol):
    """The log of what people did."""

    def add_action(self, action: AuditAction) -> None:
        """Add an action to the log."""

    def list_entries(
        self, chosen: AuditFilter, *, before: int | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return entries, the newest first: with `before`, those that are older than this entry."""


class PasswordHasher(Protocol):
    """Makes and checks hashes of passwords; both take long by intention."""

    def hash_password(self, password: str) -> str:
        """Return what is stored of a password."""

    def verify_password(self, password_hash: str | None, password: str) -> bool:
        """Return whether a password is the one of a hash; without a hash it is not, in the same time."""

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether a hash was made with other parameters than those of today."""


class AttemptLimiter(Protocol):
    """Limits the attempts to log in, by name and by address."""

    def find_wait(self, name: str, address: str) -> float:
        """Count an attempt; return the seconds to wait where there were too many, else 0."""

    def forget_name(self, name: str) -> None:
        """Let the attempts under a name count no longer: the person has logged in."""


class PasskeyRefused(Exception):
    """What a browser sent does not prove that it has the passkey."""


class PasskeyVerifier(Protocol):
    """Verifies what browsers prove with passkeys, for one challenge on one site."""

    def find_credential(self, answer: str) -> str:
        """Return the id of the passkey that an answer names, in base64url; raises `PasskeyRefused`."""

    def verify_login(self, answer: str, passkey: Passkey) -> int:
        """Return the new sign count of a passkey; raises `PasskeyRefused`."""

    def verify_registration(self, answer: str, *, account_id: int, name: str, now: datetime) -> Passkey:
        """Return a new passkey of a person, with the id 0; raises `PasskeyRefused`."""
