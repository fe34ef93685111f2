"""Log in and out: by password, by passkey, by a provider of OpenID Connect."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from controlwatch.core.model.account import (
    Account,
    Actor,
    NewAccount,
    PageLanguage,
    Role,
    Visitor,
    normalize_account_name,
)
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.services import account_refusals as refusals
from controlwatch.services.access import hash_token
from controlwatch.services.account_records import (
    AttemptLimiter,
    AuditRecords,
    PasskeyRefused,
    PasskeyVerifier,
    PasswordHasher,
    PeopleRecords,
    SessionRecords,
)
from controlwatch.services.account_refusals import AccountRefusal
from controlwatch.services.accounts import MAX_PASSWORD, check_email

MAX_AGENT = 300  #: characters of what a browser calls itself
#: How many names with a number are tried for a person of a provider whose name is taken.
MAX_NAME_TRIES = 50


class ProviderRefused(Exception):
    """A provider did not prove who somebody is; the message is for the log."""


class ProviderUnreachable(Exception):
    """A provider cannot be asked, or its answers cannot be used; the message is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderIdentity:
    """Who a provider says a person is; only issuer and subject identify them."""

    issuer: str
    subject: str
    name: str = ""  #: as they are called there; anybody may have it
    email: str = ""  #: "" unless the provider has verified it
    role: Role | None = None  #: by their claims; None: the provider does not decide it

    @property
    def key(self) -> str:
        """What is stored of a person to find them by."""
        return f"{self.issuer} {self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A browser that logs in."""

    address: str
    agent: str = ""
    session_token: str = ""  #: of the session that it has so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """The ways to log in. Each returns the token of a new session, or raises `AccountRefusal`."""

    people: PeopleRecords
    sessions: SessionRecords
    audit: AuditRecords
    hasher: PasswordHasher
    limiter: AttemptLimiter

    def log_in_by_password(self, name: str, password: str, *, client: Client, now: datetime) -> str:
        """Begin a session; unknown, disabled and wrong take the same time, and are the same refusal."""
        normal = normalize_account_name(name) or ""
        self.check_attempts(normal, client)
        account = self.people.find_account_by_name(normal) if normal else None
        known = self.people.find_password_hash(account.id if account is not None else 0)
        is_right = self.hasher.verify_password(known, password[: MAX_PASSWORD + 1])
        if account is None or known is None or not is_right or account.disabled_at is not None:
            reason = _explain_failure(account, has_password=known is not None, is_right=is_right)
            self._refuse(refusals.WRONG_LOGIN, account, reason, client, now)
        if self.hasher.is_outdated(known):
            self.people.replace_password_hash(account.id, known, self.hasher.hash_password(password))
        self.limiter.forget_name(normal)
        return self.begin_session(account, "password", client=client, now=now)

    def log_in_by_passkey(
        self, answer: str, verifier: PasskeyVerifier, *, client: Client, now: datetime
    ) -> str:
        """Begin a session of the person whose passkey a browser proves to have."""
        self.check_attempts("", client)
        account = None
        try:
            passkey = self.people.find_passkey(verifier.find_credential(answer))
            account = self.people.find_account(passkey.account_id) if passkey is not None else None
            count = verifier.verify_login(answer, passkey) if passkey is not None else 0
        except PasskeyRefused as error:
            self._refuse(refusals.BAD_PASSKEY, account, f"passkey: {error}", client, now)
        if passkey is None or account is None:
            self._refuse(refusals.BAD_PASSKEY, account, "passkey: unknown", client, now)
        if account.disabled_at is not None or not self.people.use_passkey(passkey, count, now=now):
            self._refuse(refusals.BAD_PASSKEY, account, "passkey: disabled, or used twice", client, now)
        return self.begin_session(account, "passkey", client=client, now=now)

    def log_in_by_provider(
        self, identity: ProviderIdentity, *, language: PageLanguage, client: Client, now: datetime
    ) -> str:
        """Begin a session of the person of a provider, whom the first login creates.

        People are found by issuer and subject: never by a name or an address that the provider states.
        """
        if not self.sessions.has_accounts():
            raise AccountRefusal(refusals.FIRST_ACCOUNT_MISSING)
        account = self.people.find_account_by_provider(identity.key)
        if account is None:
            account = self._create_provider_account(identity, language, client, now)
        if account.disabled_at is not None:
            self._refuse(refusals.PERSON_DISABLED, account, "disabled", client, now)
        if identity.role is not None and identity.role is not account.role:
            by = Actor(who=account.name, address=client.address)
            detail = f"{account.role} → {identity.role}, by the provider"
            action = by.describe_action(now, "role changed", account.name, detail)
            self.people.set_role(account.id, identity.role, action=action)
        return self.begin_session(account, "provider", client=client, now=now)

    def begin_session(self, account: Account, way: str, *, client: Client, now: datetime) -> str:
        """Begin a session with a token of its own, and end the one that the browser had."""
        token = secrets.token_urlsafe(32)
        by = Actor(who=account.name, address=client.address)
        self.sessions.add_session(
            account.id,
            hash_token(token),
            agent=to_one_line(client.agent, MAX_AGENT),
            now=now,
            action=by.describe_action(now, "login", account.name, way),
            replaces=hash_token(client.session_token) if client.session_token else "",
        )
        return token

    def log_out(self, visitor: Visitor, *, address: str, now: datetime) -> None:
        """End the session of a visitor."""
        if visitor.account_id is not None and visitor.session_id is not None:
            action = Actor(who=visitor.name, address=address).describe_action(now, "logout", visitor.name)
            self.sessions.end_sessions(visitor.account_id, [visitor.session_id], now=now, action=action)

    def revoke_sessions(
        self, account: Account, session_ids: Sequence[int], *, by: Actor, now: datetime
    ) -> int:
        """End sessions of a person; return how many were open."""
        action = by.describe_action(now, "session revoked", account.name, f"{len(session_ids)}")
        return self.sessions.end_sessions(account.id, session_ids, now=now, action=action)

    def record_failure(
        self, reason: str, *, account: Account | None = None, client: Client, now: datetime
    ) -> None:
        """Record a failed login. A name that is not known may be a password: it is not kept."""
        by = Actor(who=account.name if account is not None else "", address=client.address)
        action = by.describe_action(now, "login failed", by.who, to_one_line(reason, 200))
        self.audit.add_action(action)

    def check_attempts(self, name: str, client: Client) -> None:
        """Count an attempt; raises `AccountRefusal` with the time to wait where there were too many."""
        wait = self.limiter.find_wait(name, client.address)
        if wait > 0:
            raise AccountRefusal(refusals.TOO_MANY_ATTEMPTS, minutes=math.ceil(wait / 60))

    def _refuse(
        self, text: str, account: Account | None, reason: str, client: Client, now: datetime
    ) -> NoReturn:
        """Record a failed login, and refuse it."""
        self.record_failure(reason, account=account, client=client, now=now)
        raise AccountRefusal(text)

    def _create_provider_account(
        self, identity: ProviderIdentity, language: PageLanguage, client: Client, now: datetime
    ) -> Account:
        """Create the person of a provider, with a number after the name where it is taken."""
        try:
            email = check_email(identity.email)
        except AccountRefusal:
            email = ""
        stem = normalize_account_name(identity.name) or normalize_account_name(email) or "person"
        for number in range(1, MAX_NAME_TRIES):
            name = stem if number == 1 else f"{stem[:58]}-{number}"
            new = NewAccount(
                name=name,
                role=identity.role or Role.READER,
                email=email,
                language=language,
                provider=identity.key,
            )
            by = Actor(who=name, address=client.address)
            action = by.describe_action(now, "person created", name, f"{new.role}, by the provider")
            created = self.people.create_account(new, now=now, action=action)
            if created is not None:
                return created
            found = self.people.find_account_by_provider(identity.key)
            if found is not None:  # they logged in at the same time in another browser
                return found
        raise AccountRefusal(refusals.NAME_TAKEN, name=stem)


def _explain_failure(account: Account | None, *, has_password: bool, is_right: bool) -> str:
    if account is None:
        return "password: unknown name"
    if not has_password:
        return "password: the person has none"
    return "password: disabled" if is_right else "password: wrong"
