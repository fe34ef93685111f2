"""Who may use the pages and the API: what the entry points need to know of accounts at each request."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Protocol

from controlwatch.core.model.account import Visitor


def hash_token(token: str) -> str:
    """Return what is stored of a random token of a session or of the API: its SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class AccessStore(Protocol):
    """Finds the person behind a request. Sessions and tokens that ended, and disabled people, are none."""

    def has_accounts(self) -> bool:
        """Return whether any account exists, disabled ones included: then every request needs one."""

    def find_session_visitor(self, token_hash: str, *, now: datetime) -> Visitor | None:
        """Return who a session belongs to."""

    def find_token_visitor(self, token_hash: str, *, now: datetime) -> Visitor | None:
        """Return who a token of the API belongs to, with its scopes."""

    def record_look(self, account_id: int, *, now: datetime) -> None:
        """Record that a person has read the news up to now."""
