"""The shipped files of the register, and their digest: whether a store has them is known without parsing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import resources


def compute_register_digest() -> str:
    """Return the SHA-256 of the shipped files in hex, without parsing them."""
    digest = hashlib.sha256()
    for name, body in read_register_files():
        digest.update(name.encode())
        digest.update(body)
    return digest.hexdigest()


def read_register_files() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each file of the register, by name."""
    folder = resources.files("controlwatch").joinpath("data", "register")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_bytes()
