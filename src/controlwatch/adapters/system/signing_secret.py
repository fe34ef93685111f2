"""The secret that links are signed with, where the operator set none: made once, kept in the state."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from filelock import FileLock

from controlwatch.core.model.errors import DeclarationError

#: Characters of a secret below which somebody might guess it.
MIN_LENGTH = 32


def load_or_create_secret(folder: Path) -> bytes:
    """Return the secret of this state folder, made at the first call; processes that start together agree.

    Raises `DeclarationError` when the file holds no secret: a new one would void every link sent before.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "secret"
    with FileLock(folder / "secret.lock"):
        if not path.exists():
            _write_secret(path, secrets.token_urlsafe(MIN_LENGTH))
    kept = path.read_text(encoding="ascii", errors="replace").strip()
    if len(kept) < MIN_LENGTH:
        raise DeclarationError(
            str(path), "", f"holds no secret of {MIN_LENGTH} characters; delete it or mend it"
        )
    return kept.encode()


def _write_secret(path: Path, secret: str) -> None:
    """Write all of it or nothing, readable by us alone from the first byte on."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # mode 0600
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
