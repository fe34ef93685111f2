"""Time stamps in a folder: SEQ-HASH.tsr, each the answer of the authority about that head of the chain."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from controlwatch.adapters.archive.atomic_write import sync_folder, write_durably
from controlwatch.core.evidence.custody import ChainHead
from controlwatch.core.evidence.timestamps import TimestampToken

if TYPE_CHECKING:
    from pathlib import Path

_FILE_NAME = re.compile(r"([0-9]{1,18})-([0-9a-f]{64})\.tsr")


class TimestampFolder:
    """Keeps tokens. Reading makes nothing: the folder is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save_token(self, token: TimestampToken) -> None:
        """Store a token durably, for its owner alone."""
        if not self._folder.exists():
            self._folder.mkdir(parents=True, mode=0o700)
            sync_folder(self._folder.parent)
        write_durably(self._folder / token.file_name, token.body)

    def load_tokens(self) -> tuple[TimestampToken, ...]:
        """Return every token, the oldest head first; one that cannot be read is without bytes."""
        return tuple(TimestampToken(head=head, body=_read_body(path)) for head, path in self._list_files())

    def has_token(self, head: ChainHead) -> bool:
        """Return whether there is a token of this head."""
        return any(one == head for one, _ in self._list_files())

    def find_newest(self) -> tuple[ChainHead, datetime] | None:
        """Return the newest head that has a token, and when that was kept, in UTC."""
        files = self._list_files()
        if not files:
            return None
        head, path = files[-1]
        return head, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _list_files(self) -> list[tuple[ChainHead, Path]]:
        found = ((_FILE_NAME.fullmatch(path.name), path) for path in self._folder.glob("*.tsr"))
        heads = [(ChainHead(seq=int(name[1]), hash=name[2]), path) for name, path in found if name]
        return sorted(heads, key=lambda one: (one[0].seq, one[0].hash))


def _read_body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
