"""Hashes of passwords with argon2."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError

#: 19 MiB and two passes, as OWASP advises: a hash takes some 20 ms.
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
#: Hashes at a time: each takes its memory and a core.
MAX_AT_A_TIME = 2


class Argon2Hasher:
    """Makes and checks hashes, a few at a time. Characters count in one form of theirs (NFKC)."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._argon2 = _build_argon2(memory_kib, passes)
        self._dummy_hash = _make_dummy_hash(memory_kib, passes)
        self._turns = threading.BoundedSemaphore(MAX_AT_A_TIME)

    def hash_password(self, password: str) -> str:
        """Return what is stored of a password."""
        with self._turns:
            return self._argon2.hash(fold_password(password))

    def verify_password(self, password_hash: str | None, password: str) -> bool:
        """Return whether a password is the one of a hash; without a hash it is not, in the same time."""
        with self._turns:
            try:
                return (
                    self._argon2.verify(password_hash or self._dummy_hash, fold_password(password))
                    and password_hash is not None
                )
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether a hash was made with other parameters than those of today."""
        return self._argon2.check_needs_rehash(password_hash)


def _build_argon2(memory_kib: int, passes: int) -> Argon2:
    return Argon2(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)


@cache
def _make_dummy_hash(memory_kib: int, passes: int) -> str:
    """Return a hash that takes as long to check as those of accounts, made once for a process."""
    return _build_argon2(memory_kib, passes).hash("the password of no account")


def fold_password(password: str) -> str:
    """Return a password in the one form of its characters: keyboards differ in how they compose them."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode("utf-8")
