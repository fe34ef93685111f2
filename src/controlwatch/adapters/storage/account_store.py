"""People in the store: who a session or a token belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import RowMapping, or_, select

from controlwatch.adapters.storage.base import ACCOUNT, API_TOKEN, LOGIN_SESSION, StorePart
from controlwatch.core.model.account import PageLanguage, Role, Visitor


class AccountStore(StorePart):
    """People, their sessions and their tokens."""

    def has_accounts(self) -> bool:
        """Return whether any account exists, disabled ones included."""
        with self._read_engine.begin() as connection:
            return connection.execute(select(ACCOUNT.c.id).limit(1)).first() is not None

    def find_session_visitor(self, token_hash: str, *, now: datetime) -> Visitor | None:
        """Return who a session belongs to; None where it ended, or the person is disabled."""
        own = LOGIN_SESSION.c
        found = (
            select(ACCOUNT, own.id.label("session_id"))
            .join(ACCOUNT, ACCOUNT.c.id == own.account_id)
            .where(own.hash == token_hash, own.ended_at.is_(None), own.expires_at > now)
            .where(ACCOUNT.c.disabled_at.is_(None))
        )
        with self._read_engine.begin() as connection:
            row = connection.execute(found).mappings().first()
        return _to_visitor(row, session_id=row["session_id"]) if row is not None else None

    def find_token_visitor(self, token_hash: str, *, now: datetime) -> Visitor | None:
        """Return who a token belongs to; None where it ended, or the person is disabled."""
        own = API_TOKEN.c
        found = (
            select(ACCOUNT, own.scopes)
            .join(ACCOUNT, ACCOUNT.c.id == own.account_id)
            .where(own.hash == token_hash, own.ended_at.is_(None), ACCOUNT.c.disabled_at.is_(None))
            .where(or_(own.expires_at.is_(None), own.expires_at > now))
        )
        with self._read_engine.begin() as connection:
            row = connection.execute(found).mappings().first()
        return _to_visitor(row, scopes=frozenset(row["scopes"])) if row is not None else None


def _to_visitor(
    row: RowMapping, *, session_id: int | None = None, scopes: frozenset[str] | None = None
) -> Visitor:
    return Visitor(
        name=row["name"],
        role=Role(row["role"]),
        account_id=row["id"],
        session_id=session_id,
        email=row["email"],
        language=cast(PageLanguage, row["language"]),
        looked_at=row["looked_at"],
        scopes=scopes,
    )
