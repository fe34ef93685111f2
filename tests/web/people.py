"""People with tokens, for tests of what a token may do."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from controlwatch.adapters.storage.account_tables import ACCOUNT, API_TOKEN
from controlwatch.bootstrap.app import App
from controlwatch.services.access import hash_token


def add_person(app: App, name: str, role: str, **more: Any) -> int:
    """Add a person who cannot log in, and return the number of the account."""
    values = {"name": name, "email": f"{name}@desk.example", "role": role, "language": "en"}
    row = ACCOUNT.insert().values(**values, created_at=datetime.now(UTC), **more)
    with app.store.engine.begin() as connection:  # type: ignore[attr-defined]
        return int(connection.execute(row.returning(ACCOUNT.c.id)).scalar_one())


def add_token(app: App, account_id: int, *scopes: str, **more: Any) -> str:
    """Add a token of a person, and return it."""
    token = secrets.token_urlsafe(32)
    row = API_TOKEN.insert().values(
        account_id=account_id,
        name="test",
        hash=hash_token(token),
        scopes=list(scopes),
        created_at=datetime.now(UTC),
        **more,
    )
    with app.store.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(row)
    return token


def bearer(token: str) -> dict[str, str]:
    """Return the header that sends a token."""
    return {"Authorization": f"Bearer {token}"}


YESTERDAY = datetime.now(UTC) - timedelta(days=1)
