"""Put together what concerns people: who has a login, and how they log in."""

from __future__ import annotations

from dataclasses import dataclass

from controlwatch.adapters.identity.attempt_limits import LoginAttempts
from controlwatch.adapters.identity.password_hashes import Argon2Hasher
from controlwatch.bootstrap.connections import load_signing_secret
from controlwatch.services.accounts import People
from controlwatch.services.audit import AuditLog
from controlwatch.services.logins import Logins
from controlwatch.services.store import Store
from controlwatch.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUseCases:
    """The use cases of people."""

    people: People
    logins: Logins
    audit: AuditLog


def build_account_use_cases(settings: Settings, store: Store) -> AccountUseCases:
    """Return the use cases of people over an open store."""
    hasher = Argon2Hasher()
    people = People(
        records=store.people,
        sessions=store.accounts,
        audit=store.audit,
        hasher=hasher,
        secret=load_signing_secret(settings),
    )
    logins = Logins(
        people=store.people,
        sessions=store.accounts,
        audit=store.audit,
        hasher=hasher,
        limiter=LoginAttempts(),
    )
    return AccountUseCases(people=people, logins=logins, audit=AuditLog(store.audit))
