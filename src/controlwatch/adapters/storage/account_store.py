"""People in the store: their sessions and their tokens, and who a request comes from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, RowMapping, and_, insert, or_, select, update

from controlwatch.adapters.storage.account_tables import ACCOUNT, API_TOKEN, LOGIN_SESSION
from controlwatch.adapters.storage.audit_store import write_action
from controlwatch.adapters.storage.base import StorePart
from controlwatch.core.model.account import (
    SESSION_IDLE,
    SESSION_LIFETIME,
    USE_INTERVAL,
    ApiToken,
    AuditAction,
    LoginSession,
    PageLanguage,
    Role,
    Visitor,
    limit_role,
    list_allowed_scopes,
)


class AccountStore(StorePart):
    """People, their sessions and their tokens."""

    def has_accounts(self) -> bool:
        """Return whether any account exists, disabled ones included."""
        with self._read_engine.begin() as connection:
            return connection.execute(select(ACCOUNT.c.id).limit(1)).first() is not None

    def find_session_visitor(self, token_hash: str, *, now: datetime) -> Visitor | None:
        """Return who a session belongs to; None where it ended, or the person is disabled.

        The session is extended, at most once in `USE_INTERVAL`.
        """
        own = LOGIN_SESSION.c
        found = (
            select(ACCOUNT, own.id.label("session_id"), own.used_at, own.created_at.label("began_at"))
            .join(ACCOUNT, ACCOUNT.c.id == own.account_id)
            .where(own.hash == token_hash, _is_open_session(now), ACCOUNT.c.disabled_at.is_(None))
        )
        with self._read_engine.begin() as connection:
            row = connection.execute(found).mappings().first()
        if row is None:
            return None
        if now - row["used_at"] >= USE_INTERVAL:
            end = min(now + SESSION_IDLE, row["began_at"] + SESSION_LIFETIME)
            extended = update(LOGIN_SESSION).where(own.id == row["session_id"], own.ended_at.is_(None))
            with self._engine.begin() as connection:
                connection.execute(extended.values(used_at=now, expires_at=end))
        return _to_visitor(row, session_id=row["session_id"])

    def find_token_visitor(self, token_hash: str, *, now: datetime) -> Visitor | None:
        """Return who a token belongs to; None where it ended, or the person is disabled.

        The scopes are those that the role of the person still allows, and the role is what they allow.
        """
        own = API_TOKEN.c
        found = (
            select(ACCOUNT, own.scopes, own.id.label("token_id"), own.used_at)
            .join(ACCOUNT, ACCOUNT.c.id == own.account_id)
            .where(own.hash == token_hash, _is_open_token(now), ACCOUNT.c.disabled_at.is_(None))
        )
        with self._read_engine.begin() as connection:
            row = connection.execute(found).mappings().first()
        if row is None:
            return None
        if row["used_at"] is None or now - row["used_at"] >= USE_INTERVAL:
            used = update(API_TOKEN).where(own.id == row["token_id"])
            with self._engine.begin() as connection:
                connection.execute(used.values(used_at=now))
        return _to_visitor(row, scopes=row["scopes"])

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
        values = {
            "account_id": account_id,
            "hash": token_hash,
            "agent": agent,
            "created_at": now,
            "used_at": now,
            "expires_at": now + SESSION_IDLE,
        }
        own = LOGIN_SESSION.c
        with self._engine.begin() as connection:
            if replaces:
                before = update(LOGIN_SESSION).where(own.hash == replaces, own.ended_at.is_(None))
                connection.execute(before.values(ended_at=now))
            connection.execute(insert(LOGIN_SESSION).values(values))
            write_action(connection, action)

    def end_sessions(
        self, account_id: int, session_ids: Sequence[int], *, now: datetime, action: AuditAction
    ) -> int:
        """End these sessions of a person; return how many were open. Where none was, nothing is logged."""
        own = LOGIN_SESSION.c
        chosen = own.account_id == account_id, own.id.in_(session_ids), own.ended_at.is_(None)
        with self._engine.begin() as connection:
            ended = connection.execute(update(LOGIN_SESSION).where(*chosen).values(ended_at=now)).rowcount
            if ended:
                write_action(connection, action)
        return ended

    def list_sessions(self, account_id: int, *, now: datetime) -> tuple[LoginSession, ...]:
        """Return the open sessions of a person, the one that was used last first."""
        own = LOGIN_SESSION.c
        chosen = select(LOGIN_SESSION).where(own.account_id == account_id, _is_open_session(now))
        with self._read_engine.begin() as connection:
            rows = connection.execute(chosen.order_by(own.used_at.desc(), own.id.desc())).mappings()
            return tuple(
                LoginSession(**{name: row[name] for name in LoginSession.__dataclass_fields__})
                for row in rows
            )

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
        values = {
            "account_id": account_id,
            "hash": token_hash,
            "name": name,
            "scopes": list(scopes),
            "created_at": now,
            "expires_at": expires_at,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(API_TOKEN).values(values))
            write_action(connection, action)

    def end_token(self, account_id: int, token_id: int, *, now: datetime, action: AuditAction) -> bool:
        """End a token of a person; False where there is none, or it has ended."""
        own = API_TOKEN.c
        chosen = own.account_id == account_id, own.id == token_id, own.ended_at.is_(None)
        with self._engine.begin() as connection:
            ended = connection.execute(update(API_TOKEN).where(*chosen).values(ended_at=now)).rowcount
            if ended:
                write_action(connection, action)
        return bool(ended)

    def list_tokens(self, account_id: int, *, now: datetime) -> tuple[ApiToken, ...]:
        """Return the tokens of a person that have not ended, the newest first."""
        own = API_TOKEN.c
        chosen = select(API_TOKEN).where(own.account_id == account_id, _is_open_token(now))
        with self._read_engine.begin() as connection:
            rows = connection.execute(chosen.order_by(own.id.desc())).mappings()
            return tuple(
                ApiToken(
                    id=row["id"],
                    name=row["name"],
                    scopes=tuple(row["scopes"]),
                    created_at=row["created_at"],
                    used_at=row["used_at"],
                    expires_at=row["expires_at"],
                )
                for row in rows
            )

    def record_look(self, account_id: int, *, now: datetime) -> None:
        """Record that a person has read the news up to now."""
        looked = update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(looked_at=now)
        with self._engine.begin() as connection:
            connection.execute(looked)


def _is_open_session(now: datetime) -> ColumnElement[bool]:
    return and_(LOGIN_SESSION.c.ended_at.is_(None), LOGIN_SESSION.c.expires_at > now)


def _is_open_token(now: datetime) -> ColumnElement[bool]:
    own = API_TOKEN.c
    return and_(own.ended_at.is_(None), or_(own.expires_at.is_(None), own.expires_at > now))


def _to_visitor(
    row: RowMapping, *, session_id: int | None = None, scopes: Sequence[str] | None = None
) -> Visitor:
    role = Role(row["role"])
    return Visitor(
        name=row["name"],
        role=role if scopes is None else limit_role(role, scopes),
        account_id=row["id"],
        session_id=session_id,
        email=row["email"],
        language=cast(PageLanguage, row["language"]),
        looked_at=row["looked_at"],
        scopes=None if scopes is None else frozenset(list_allowed_scopes(role, scopes)),
    )
