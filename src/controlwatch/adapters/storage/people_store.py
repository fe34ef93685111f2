"""People in the store: who they are, what they may do, and how they log in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select, update

from controlwatch.adapters.storage.account_tables import ACCOUNT, API_TOKEN, LOGIN_SESSION, PASSKEY
from controlwatch.adapters.storage.audit_store import write_action
from controlwatch.adapters.storage.base import ACCOUNT_LOCK, StorePart, build_insert, take_turns
from controlwatch.core.model.account import (
    Account,
    AuditAction,
    ChangeResult,
    NewAccount,
    PageLanguage,
    Passkey,
    Role,
)


class PeopleStore(StorePart):
    """People with a login. Each change and its entry in the log are one transaction."""

    def create_account(self, new: NewAccount, *, now: datetime, action: AuditAction) -> Account | None:
        """Store a new person; None where somebody has the name, or is that person of the provider."""
        values = {
            "name": new.name,
            "email": new.email,
            "role": new.role.value,
            "language": new.language,
            "password": new.password_hash,
            "provider": new.provider,
            "created_at": now,
        }
        with self._engine.begin() as connection:
            added = build_insert(connection, ACCOUNT).values(values).on_conflict_do_nothing()
            if connection.execute(added.returning(ACCOUNT.c.id)).first() is None:
                return None
            write_action(connection, action)
            return _find_account(connection, ACCOUNT.c.name == new.name)

    def find_account(self, account_id: int) -> Account | None:
        """Return a person by their number."""
        with self._read_engine.begin() as connection:
            return _find_account(connection, ACCOUNT.c.id == account_id)

    def find_account_by_name(self, name: str) -> Account | None:
        """Return a person by their name."""
        with self._read_engine.begin() as connection:
            return _find_account(connection, ACCOUNT.c.name == name)

    def find_account_by_provider(self, provider: str) -> Account | None:
        """Return a person by issuer and subject of OpenID Connect."""
        with self._read_engine.begin() as connection:
            return _find_account(connection, ACCOUNT.c.provider == provider)

    def list_accounts(self, *, after: str = "", limit: int | None = None) -> tuple[Account, ...]:
        """Return people by their names: all, or some of those whose names follow `after`."""
        chosen = _query_accounts().where(ACCOUNT.c.name > after).order_by(ACCOUNT.c.name).limit(limit)
        with self._read_engine.begin() as connection:
            return tuple(_to_account(row) for row in connection.execute(chosen).mappings())

    def find_password_hash(self, account_id: int) -> str | None:
        """Return the argon2 hash of a person's password; None where there is none."""
        with self._read_engine.begin() as connection:
            chosen = select(ACCOUNT.c.password).where(ACCOUNT.c.id == account_id)
            return connection.execute(chosen).scalar()

    def replace_password_hash(self, account_id: int, old: str, new: str) -> None:
        """Store the same password with other parameters, unless it was changed in the meantime."""
        chosen = update(ACCOUNT).where(ACCOUNT.c.id == account_id, ACCOUNT.c.password == old)
        with self._engine.begin() as connection:
            connection.execute(chosen.values(password=new))

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
        chosen = update(ACCOUNT).where(ACCOUNT.c.id == account_id)
        if expected is not None:
            chosen = chosen.where(func.coalesce(ACCOUNT.c.password, "") == expected)
        with self._engine.begin() as connection:
            if not connection.execute(chosen.values(password=password_hash)).rowcount:
                return False
            _end_sessions(connection, account_id, now, keep_session)
            write_action(connection, action)
        return True

    def change_account(self, account_id: int, changed: Mapping[str, str], *, action: AuditAction) -> bool:
        """Change the e-mail address or the language of a person; False where there is no such person."""
        with self._engine.begin() as connection:
            chosen = update(ACCOUNT).where(ACCOUNT.c.id == account_id)
            if not connection.execute(chosen.values(dict(changed))).rowcount:
                return False
            write_action(connection, action)
        return True

    def set_role(self, account_id: int, role: Role, *, action: AuditAction) -> ChangeResult:
        """Give a person another role; the last operator who can log in keeps it."""
        values = {"role": role.value}
        if role is Role.OPERATOR:
            return "done" if self.change_account(account_id, values, action=action) else "unknown"
        with self._engine.begin() as connection:
            return _change_unless_last(connection, account_id, values, action)

    def disable(self, account_id: int, *, now: datetime, action: AuditAction) -> ChangeResult:
        """Let a person log in no longer, and end their sessions and tokens; not the last operator."""
        with self._engine.begin() as connection:
            result = _change_unless_last(connection, account_id, {"disabled_at": now}, action)
            if result == "done":
                _end_sessions(connection, account_id, now, None)
                own = API_TOKEN.c
                tokens = update(API_TOKEN).where(own.account_id == account_id, own.ended_at.is_(None))
                connection.execute(tokens.values(ended_at=now))
            return result

    def enable(self, account_id: int, *, action: AuditAction) -> bool:
        """Let a person log in again; False where there is no such person, or they can."""
        own = ACCOUNT.c.id == account_id, ACCOUNT.c.disabled_at.is_not(None)
        with self._engine.begin() as connection:
            if not connection.execute(update(ACCOUNT).where(*own).values(disabled_at=None)).rowcount:
                return False
            write_action(connection, action)
        return True

    def add_passkey(self, passkey: Passkey, *, action: AuditAction) -> bool:
        """Store a passkey, whose `id` does not count; False where it is known."""
        names = ("account_id", "credential", "public_key", "sign_count", "name", "created_at")
        values = {name: getattr(passkey, name) for name in names}
        with self._engine.begin() as connection:
            added = build_insert(connection, PASSKEY).values(values).on_conflict_do_nothing()
            if connection.execute(added.returning(PASSKEY.c.id)).first() is None:
                return False
            write_action(connection, action)
        return True

    def find_passkey(self, credential: str) -> Passkey | None:
        """Return a passkey by its id in base64url."""
        with self._read_engine.begin() as connection:
            row = connection.execute(select(PASSKEY).where(PASSKEY.c.credential == credential))
            found = row.mappings().first()
            return Passkey(**found) if found is not None else None

    def list_passkeys(self, account_id: int) -> tuple[Passkey, ...]:
        """Return the passkeys of a person, the oldest first."""
        chosen = select(PASSKEY).where(PASSKEY.c.account_id == account_id).order_by(PASSKEY.c.id)
        with self._read_engine.begin() as connection:
            return tuple(Passkey(**row) for row in connection.execute(chosen).mappings())

    def use_passkey(self, passkey: Passkey, sign_count: int, *, now: datetime) -> bool:
        """Store a use of a passkey; False where it was used or removed in the meantime."""
        own = PASSKEY.c
        chosen = update(PASSKEY).where(own.id == passkey.id, own.sign_count == passkey.sign_count)
        with self._engine.begin() as connection:
            changed = connection.execute(chosen.values(sign_count=sign_count, used_at=now))
            return bool(changed.rowcount)

    def remove_passkey(self, account_id: int, passkey_id: int, *, action: AuditAction) -> bool:
        """Remove a passkey of a person; False where there is none."""
        own = PASSKEY.c
        with self._engine.begin() as connection:
            chosen = PASSKEY.delete().where(own.id == passkey_id, own.account_id == account_id)
            if not connection.execute(chosen).rowcount:
                return False
            write_action(connection, action)
        return True


def _query_accounts() -> Select[Any]:
    passkeys = select(func.count()).where(PASSKEY.c.account_id == ACCOUNT.c.id).scalar_subquery()
    return select(ACCOUNT, passkeys.label("passkeys"))


def _find_account(connection: Connection, condition: ColumnElement[bool]) -> Account | None:
    row = connection.execute(_query_accounts().where(condition)).mappings().first()
    return _to_account(row) if row is not None else None


def _to_account(row: RowMapping) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        email=row["email"],
        language=cast(PageLanguage, row["language"]),
        has_password=row["password"] is not None,
        passkeys=row["passkeys"],
        provider=row["provider"] or "",
        disabled_at=row["disabled_at"],
        looked_at=row["looked_at"],
    )


def _change_unless_last(
    connection: Connection, account_id: int, values: Mapping[str, object], action: AuditAction
) -> ChangeResult:
    """Change a person, unless no other operator can log in then; such changes take turns."""
    take_turns(connection, ACCOUNT_LOCK)
    own = ACCOUNT.c
    person = connection.execute(select(own.role, own.disabled_at).where(own.id == account_id)).first()
    if person is None:
        return "unknown"
    has_passkey = select(PASSKEY.c.id).where(PASSKEY.c.account_id == own.id).exists()
    others = select(own.id).where(
        own.id != account_id,
        own.role == Role.OPERATOR.value,
        own.disabled_at.is_(None),
        or_(own.password.is_not(None), own.provider.is_not(None), has_passkey),
    )
    is_operator = person.role == Role.OPERATOR.value and person.disabled_at is None
    if is_operator and connection.execute(others.limit(1)).first() is None:
        return "last-operator"
    connection.execute(update(ACCOUNT).where(own.id == account_id).values(dict(values)))
    write_action(connection, action)
    return "done"


def _end_sessions(connection: Connection, account_id: int, now: datetime, kept: int | None) -> None:
    own = LOGIN_SESSION.c
    chosen = update(LOGIN_SESSION).where(own.account_id == account_id, own.ended_at.is_(None))
    if kept is not None:
        chosen = chosen.where(own.id != kept)
    connection.execute(chosen.values(ended_at=now))
