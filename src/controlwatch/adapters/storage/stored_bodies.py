"""Snapshots and time stamps in the database: what several machines share where no other storage is set up."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from sqlalchemy import func, select

from controlwatch.adapters.storage.base import StorePart, upsert
from controlwatch.adapters.storage.cluster_tables import STORED_BODY, TIMESTAMP_TOKEN
from controlwatch.core.evidence.custody import ChainHead
from controlwatch.core.evidence.packed_bytes import check_hash, inspect_packed, pack_bytes, unpack_bytes
from controlwatch.core.evidence.timestamps import TimestampToken
from controlwatch.core.evidence.verification import StoredCopy


class DatabaseArchive(StorePart):
    """Keeps bytes in a table, one row for each SHA-256; they are committed before any row refers to them."""

    def save_bytes(self, body: bytes) -> str:
        """Store the bytes durably and return their SHA-256 in hex; a damaged copy is replaced."""
        sha256 = hashlib.sha256(body).hexdigest()
        if self.inspect_copy(sha256).fault is not None:
            values = {"sha256": sha256, "packed": pack_bytes(body), "stored_at": datetime.now(UTC)}
            with self._engine.begin() as connection:
                upsert(connection, STORED_BODY, values, key=["sha256"])
        return sha256

    def load_bytes(self, sha256: str) -> bytes:
        """Return stored bytes; raises KeyError when they are missing or damaged."""
        packed = self._find_row(check_hash(sha256))
        if packed is None:
            raise KeyError(sha256)
        return unpack_bytes(packed, sha256)

    def inspect_copy(self, sha256: str) -> StoredCopy:
        """Return the size of a copy and what is wrong with it."""
        packed = self._find_row(sha256)
        return StoredCopy(fault="bytes missing") if packed is None else inspect_packed(packed, sha256)

    def _find_row(self, sha256: str) -> bytes | None:
        with self._read_engine.begin() as connection:
            found = connection.execute(select(STORED_BODY.c.packed).where(STORED_BODY.c.sha256 == sha256))
            packed = found.scalar()
        return None if packed is None else bytes(packed)


class TimestampTable(StorePart):
    """Keeps the tokens of a time-stamping authority in a table."""

    def save_token(self, token: TimestampToken) -> None:
        """Store a token durably."""
        values = {
            "seq": token.head.seq,
            "hash": token.head.hash,
            "body": token.body,
            "stored_at": datetime.now(UTC),
        }
        with self._engine.begin() as connection:
            upsert(connection, TIMESTAMP_TOKEN, values, key=["seq", "hash"])

    def load_tokens(self) -> tuple[TimestampToken, ...]:
        """Return every token, the oldest head first."""
        ordered = select(TIMESTAMP_TOKEN).order_by(TIMESTAMP_TOKEN.c.seq, TIMESTAMP_TOKEN.c.hash)
        with self._read_engine.begin() as connection:
            return tuple(
                TimestampToken(head=ChainHead(seq=row.seq, hash=row.hash), body=bytes(row.body))
                for row in connection.execute(ordered)
            )

    def has_token(self, head: ChainHead) -> bool:
        """Return whether there is a token of this head."""
        found = select(func.count()).where(
            TIMESTAMP_TOKEN.c.seq == head.seq, TIMESTAMP_TOKEN.c.hash == head.hash
        )
        with self._read_engine.begin() as connection:
            return bool(connection.execute(found).scalar())

    def find_newest(self) -> tuple[ChainHead, datetime] | None:
        """Return the newest head that has a token, and when the token was stored, in UTC."""
        newest = (
            select(TIMESTAMP_TOKEN.c.seq, TIMESTAMP_TOKEN.c.hash, TIMESTAMP_TOKEN.c.stored_at)
            .order_by(TIMESTAMP_TOKEN.c.seq.desc(), TIMESTAMP_TOKEN.c.hash.desc())
            .limit(1)
        )
        with self._read_engine.begin() as connection:
            row = connection.execute(newest).first()
        return None if row is None else (ChainHead(seq=row.seq, hash=row.hash), row.stored_at)
