"""Time stamps in a folder: SEQ-HASH.tsr, each the answer of the authority about that head of the chain."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from controlwatch.adapters.archive.atomic_write import settle, write_durably
from controlwatch.core.evidence.custody import Head
from controlwatch.core.evidence.timestamps import Token

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"([0-9]{1,18})-([0-9a-f]{64})\.tsr")


class StampFolder:
    """Keeps tokens. Reading makes nothing: the folder is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, token: Token) -> None:
        """Store a token durably, for its owner alone."""
        if not self._folder.exists():
            self._folder.mkdir(parents=True, mode=0o700)
            settle(self._folder.parent)
        write_durably(self._folder / token.name, token.body)

    def tokens(self) -> tuple[Token, ...]:
        """Return every token, the oldest head first; one that cannot be read is without bytes."""
        return tuple(Token(head=head, body=_body(path)) for head, path in self._files())

    def holds(self, head: Head) -> bool:
        """Return whether there is a token of this head."""
        return any(one == head for one, _ in self._files())

    def newest(self) -> tuple[Head, datetime] | None:
        """Return the newest head that has a token, and when that was kept, in UTC."""
        files = self._files()
        if not files:
            return None
        head, path = files[-1]
        return head, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _files(self) -> list[tuple[Head, Path]]:
        found = ((_NAME.fullmatch(path.name), path) for path in self._folder.glob("*.tsr"))
        heads = [(Head(seq=int(name[1]), hash=name[2]), path) for name, path in found if name]
        return sorted(heads, key=lambda one: (one[0].seq, one[0].hash))


def _body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
