"""The secret that signs links when the operator sets none: generated once, kept in the state folder."""

from __future__ import annotations

import secrets
from pathlib import Path

from filelock import FileLock

from controlwatch.adapters.system.state_folder import check_restored, write_private_file
from controlwatch.core.model.errors import DeclarationError

#: Characters; a shorter secret could be guessed.
MIN_LENGTH = 32


def load_or_create_secret(folder: Path) -> bytes:
    """Return the secret of a state folder, generated at the first call; concurrent processes get the same.

    Raises `DeclarationError` when the file holds no valid secret, and `UsageError` while a restore is not
    finished: a new one would void every link sent.
    """
    check_restored(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "secret"
    with FileLock(folder / "secret.lock"):
        if not path.exists():
            write_private_file(path, secrets.token_urlsafe(MIN_LENGTH) + "\n")
    secret = path.read_text(encoding="ascii", errors="replace").strip()
    if len(secret) < MIN_LENGTH:
        raise DeclarationError(
            str(path), "", f"holds no secret of {MIN_LENGTH} characters; delete or repair it"
        )
    return secret.encode()
