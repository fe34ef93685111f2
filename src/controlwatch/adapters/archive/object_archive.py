"""Snapshots in an object storage: S3 and what speaks like it, Google Cloud Storage, Azure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from controlwatch.core.evidence.packed_bytes import check_hash, inspect_packed, pack_bytes, unpack_bytes
from controlwatch.core.evidence.verification import StoredCopy

if TYPE_CHECKING:
    from obstore.store import ObjectStore

INSTALL_HINT = "needs the extra: pip install 'controlwatch[cluster]'"
#: Schemes of addresses that lead to an object storage.
OBJECT_SCHEMES = frozenset({"s3", "gs", "az"})
#: In the answer of a storage that lacks the whole bucket: not one body is missing, but all are out of reach.
MISSING_BUCKET = "NoSuchBucket"
#: Seconds for one request, and for all tries of one operation.
REQUEST_SECONDS, OPERATION_SECONDS = 20, 60


def is_installed() -> bool:
    """Return whether the extra is installed."""
    return find_spec("obstore") is not None


class ObjectArchive:
    """Keeps bytes in a bucket, under the same names as the folder has: `ab/cdef….gz`.

    Credentials are those that the tools of the storage use too, such as AWS_ACCESS_KEY_ID or the role of the
    machine; they are never part of the address.
    """

    def __init__(self, address: str) -> None:
        """Open `s3://bucket/prefix?endpoint=http://…&region=…`; raises ValueError for another address."""
        parts = urlsplit(address)
        self.name = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._store = _open_store(self.name, dict(parse_qsl(parts.query)))

    def save_bytes(self, body: bytes) -> str:
        """Store the bytes durably and return their SHA-256 in hex; equal bytes are stored once.

        A damaged copy is replaced. Raises OSError where the storage cannot be used.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        if self.inspect_copy(sha256).fault is not None:
            with self._explain_failures():
                # The request carries a checksum, by which the storage refuses what arrived otherwise.
                self._store.put(_build_key(sha256), pack_bytes(body))
        return sha256

    def load_bytes(self, sha256: str) -> bytes:
        """Return stored bytes; raises KeyError when they are missing or damaged, OSError as `save_bytes`."""
        packed = self._find_object(check_hash(sha256))
        if packed is None:
            raise KeyError(sha256)
        return unpack_bytes(packed, sha256)

    def inspect_copy(self, sha256: str) -> StoredCopy:
        """Return the size of a copy and what is wrong with it; raises OSError as `save_bytes` does."""
        try:
            packed = self._find_object(check_hash(sha256))
        except KeyError:
            packed = None
        return StoredCopy(fault="bytes missing") if packed is None else inspect_packed(packed, sha256)

    def _find_object(self, sha256: str) -> bytes | None:
        with self._explain_failures():
            try:
                return bytes(self._store.get(_build_key(sha256)).bytes())
            except FileNotFoundError as error:
                if MISSING_BUCKET in str(error):
                    raise
                return None

    @contextmanager
    def _explain_failures(self) -> Iterator[None]:
        """Raise what the library raises as OSError, without the address of the request."""
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            reason = f"cannot be used ({type(error).__name__}); check its address and credentials"
            raise OSError(None, reason, self.name) from error


def _build_key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:]}.gz"


def _open_store(url: str, options: dict[str, str]) -> ObjectStore:
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    known: dict[str, Any] = {}
    if url.startswith("s3://"):
        known["checksum_algorithm"] = "SHA256"
    for name in ("endpoint", "region"):
        if name in options:
            known[name] = options.pop(name)
    if options:
        raise ValueError(f"has an unknown option: {', '.join(options)}; there are endpoint and region")
    is_plain = str(known.get("endpoint", "")).startswith("http://")
    try:
        return from_url(
            url,
            client_options={"timeout": timedelta(seconds=REQUEST_SECONDS), "allow_http": is_plain},
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=OPERATION_SECONDS)},
            **known,
        )
    except (BaseError, ValueError) as error:
        raise ValueError("is not an address such as s3://bucket/prefix") from error
