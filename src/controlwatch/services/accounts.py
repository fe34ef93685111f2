"""People with a login: create them, and change what they may do and how they log in."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from controlwatch.core.alerting.signed_links import TOKEN_FORM, read_token, sign_token
from controlwatch.core.model.account import (
    EMAIL,
    MAX_NAME_LENGTH,
    Account,
    Actor,
    ChangeResult,
    NewAccount,
    PageLanguage,
    Role,
    list_allowed_scopes,
    normalize_account_name,
)
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.services import account_refusals as refusals
from controlwatch.services.access import hash_token
from controlwatch.services.account_records import (
    AuditRecords,
    PasskeyVerifier,
    PasswordHasher,
    PeopleRecords,
    SessionRecords,
)
from controlwatch.services.account_refusals import AccountRefusal

MIN_PASSWORD, MAX_PASSWORD = 12, 256  #: characters
MIN_DIFFERENT = 5  #: characters of a password that differ from each other
#: How long a link to set a password can be used, to the end of the day in UTC.
LINK_LIFETIME = timedelta(days=3)
MAX_TOKENS, MAX_PASSKEYS = 50, 20  #: of one person
#: What a token begins with, so that programs that look for secrets find it.
API_PREFIX = "cw_"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The use cases of people. Each raises `AccountRefusal`, and records what it does."""

    records: PeopleRecords
    sessions: SessionRecords
    audit: AuditRecords
    hasher: PasswordHasher
    secret: bytes = field(repr=False)  #: signs the links to set a password

    def create_person(
        self,
        name: str,
        *,
        role: Role,
        email: str = "",
        language: PageLanguage = "en",
        password: str | None = None,
        by: Actor,
        now: datetime,
    ) -> Account:
        """Create a person; without a password they need a link to set one."""
        normal = normalize_account_name(name)
        if normal is None:
            raise AccountRefusal(refusals.BAD_NAME, most=MAX_NAME_LENGTH)
        new = NewAccount(
            name=normal,
            role=role,
            email=check_email(email),
            language=language,
            password_hash=self._hash_checked(password, normal) if password is not None else None,
        )
        action = by.describe_action(now, "person created", normal, role.value)
        created = self.records.create_account(new, now=now, action=action)
        if created is None:
            raise AccountRefusal(refusals.NAME_TAKEN, name=normal)
        return created

    def find_person(self, name: str) -> Account:
        """Return a person by a name as people type it."""
        normal = normalize_account_name(name)
        found = self.records.find_account_by_name(normal) if normal is not None else None
        if found is None:
            raise AccountRefusal(refusals.UNKNOWN_PERSON)
        return found

    def set_password(
        self, account: Account, password: str, *, by: Actor, now: datetime, keep_session: int | None = None
    ) -> None:
        """Set a password; the other sessions of the person end."""
        hashed = self._hash_checked(password, account.name)
        action = by.describe_action(now, "password set", account.name)
        self.records.set_password_hash(account.id, hashed, now=now, action=action, keep_session=keep_session)

    def change_own_password(
        self, account: Account, old: str, new: str, *, by: Actor, now: datetime, keep_session: int | None
    ) -> None:
        """Set a password in place of the old one, which must be known."""
        known = self.records.find_password_hash(account.id)
        if known is not None and not self.hasher.verify_password(known, old[: MAX_PASSWORD + 1]):
            raise AccountRefusal(refusals.OLD_ONE_WRONG)
        self.set_password(account, new, by=by, now=now, keep_session=keep_session)

    def change_role(self, account: Account, role: Role, *, by: Actor, now: datetime) -> None:
        """Give a person another role, which counts from their next request."""
        action = by.describe_action(now, "role changed", account.name, f"{account.role} → {role}")
        check_result(self.records.set_role(account.id, role, action=action))

    def change_email(self, account: Account, email: str, *, by: Actor, now: datetime) -> None:
        """Change the address of a person's own mail subscriptions; "" removes it."""
        checked = check_email(email)
        action = by.describe_action(now, "person changed", account.name, f"e-mail {checked or '-'}")
        self.records.change_account(account.id, {"email": checked}, action=action)

    def change_language(self, account: Account, language: PageLanguage, *, by: Actor, now: datetime) -> None:
        """Change the language of a person's pages."""
        action = by.describe_action(now, "person changed", account.name, f"language {language}")
        self.records.change_account(account.id, {"language": language}, action=action)

    def disable_person(self, account: Account, *, by: Actor, now: datetime) -> None:
        """Let a person log in no longer; their sessions and tokens end."""
        action = by.describe_action(now, "person disabled", account.name)
        check_result(self.records.disable(account.id, now=now, action=action))

    def enable_person(self, account: Account, *, by: Actor, now: datetime) -> None:
        """Let a person log in again; sessions and tokens of before stay ended."""
        self.records.enable(account.id, action=by.describe_action(now, "person enabled", account.name))

    def build_password_link(self, account: Account, *, now: datetime) -> str:
        """Return the token of a link by which a person sets a password.

        It can be used once, and until the end of the day `LINK_LIFETIME` from now: whatever else sets the
        password before ends it too.
        """
        last_day = (now.astimezone(UTC) + LINK_LIFETIME).date()
        known = self.records.find_password_hash(account.id) or ""
        return sign_token(self._derive_link_secret(known), "password", account.id, last_day=last_day)

    def record_link(self, account: Account, *, by: Actor, now: datetime) -> None:
        """Record that somebody made a link to set the password of a person."""
        self.audit.add_action(by.describe_action(now, "password link made", account.name))

    def find_link_owner(self, token: str, *, now: datetime) -> Account:
        """Return who may set a password by this link."""
        return self._read_link(token, now)[0]

    def set_password_by_link(self, token: str, password: str, *, address: str, now: datetime) -> Account:
        """Set the password of the person whom a link is for; the link ends, and so do their sessions."""
        account, known = self._read_link(token, now)
        hashed = self._hash_checked(password, account.name)
        action = Actor(who=account.name, address=address).describe_action(
            now, "password set", account.name, "by link"
        )
        if not self.records.set_password_hash(account.id, hashed, now=now, action=action, expected=known):
            raise AccountRefusal(refusals.BAD_LINK)
        return account

    def create_token(
        self,
        account: Account,
        name: str,
        scopes: Collection[str],
        *,
        lifetime: timedelta | None,
        by: Actor,
        now: datetime,
    ) -> str:
        """Create a token of a person, and return it: it cannot be read again."""
        label, allowed = to_one_line(name, 100), list_allowed_scopes(account.role, scopes)
        if not label:
            raise AccountRefusal(refusals.NAME_MISSING)
        if not allowed or len(allowed) < len(set(scopes)):
            raise AccountRefusal(refusals.NO_SCOPE)
        if len(self.sessions.list_tokens(account.id, now=now)) >= MAX_TOKENS:
            raise AccountRefusal(refusals.TOO_MANY_TOKENS, most=MAX_TOKENS)
        token = API_PREFIX + secrets.token_urlsafe(32)
        detail = f"{label}: {' '.join(allowed)}"
        self.sessions.add_token(
            account.id,
            hash_token(token),
            name=label,
            scopes=allowed,
            now=now,
            expires_at=now + lifetime if lifetime is not None else None,
            action=by.describe_action(now, "token created", account.name, detail),
        )
        return token

    def revoke_token(self, account: Account, token_id: int, *, by: Actor, now: datetime) -> bool:
        """End a token of a person; False where there is none, or it has ended."""
        action = by.describe_action(now, "token revoked", account.name, f"{token_id}")
        return self.sessions.end_token(account.id, token_id, now=now, action=action)

    def add_passkey(
        self,
        account: Account,
        answer: str,
        verifier: PasskeyVerifier,
        *,
        name: str,
        by: Actor,
        now: datetime,
    ) -> None:
        """Add a passkey that a browser has made; raises `PasskeyRefused` for an answer that proves none."""
        if account.passkeys >= MAX_PASSKEYS:
            raise AccountRefusal(refusals.TOO_MANY_PASSKEYS, most=MAX_PASSKEYS)
        label = to_one_line(name, 100) or f"{now:%Y-%m-%d}"
        passkey = verifier.verify_registration(answer, account_id=account.id, name=label, now=now)
        if not self.records.add_passkey(
            passkey, action=by.describe_action(now, "passkey added", account.name, label)
        ):
            raise AccountRefusal(refusals.PASSKEY_KNOWN)

    def remove_passkey(self, account: Account, passkey_id: int, *, by: Actor, now: datetime) -> None:
        """Remove a passkey of a person, unless it is their only way to log in."""
        if not account.has_password and not account.provider and account.passkeys <= 1:
            raise AccountRefusal(refusals.LAST_WAY_IN)
        action = by.describe_action(now, "passkey removed", account.name)
        self.records.remove_passkey(account.id, passkey_id, action=action)

    def _hash_checked(self, password: str, name: str) -> str:
        """Return the hash of a password that is long and varied enough."""
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise AccountRefusal(refusals.BAD_LENGTH, least=MIN_PASSWORD, most=MAX_PASSWORD)
        if len(set(password)) < MIN_DIFFERENT or (len(name) > 3 and name in password.casefold()):
            raise AccountRefusal(refusals.TOO_EASY)
        return self.hasher.hash_password(password)

    def _derive_link_secret(self, password_hash: str) -> bytes:
        return hmac.digest(self.secret, f"password link:{password_hash}".encode(), "sha256")

    def _read_link(self, token: str, now: datetime) -> tuple[Account, str]:
        """Return who a link is for, and the hash of their password so far ("": none)."""
        shape = TOKEN_FORM.fullmatch(token)
        account = self.records.find_account(int(shape[1])) if shape and len(shape[1]) < 10 else None
        if account is not None and account.disabled_at is None:
            known = self.records.find_password_hash(account.id) or ""
            found = read_token(self._derive_link_secret(known), "password", token)
            if found is not None and found.last_day is not None and not found.has_expired(now):
                return account, known
        raise AccountRefusal(refusals.BAD_LINK)


def check_email(text: str) -> str:
    """Return an address without white space around it, or ""; raises `AccountRefusal`."""
    email = text.strip()
    if email and not EMAIL.fullmatch(email):
        raise AccountRefusal(refusals.BAD_EMAIL)
    return email


def check_result(result: ChangeResult) -> None:
    """Raise `AccountRefusal` where a change was not made."""
    if result == "last-operator":
        raise AccountRefusal(refusals.LAST_OPERATOR)
    if result == "unknown":
        raise AccountRefusal(refusals.UNKNOWN_PERSON)
