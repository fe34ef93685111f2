"""Time stamps in a folder: SEQ-HASH.tsr, each the authority's answer for that head of the chain."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from controlwatch.adapters.archive.snapshots import sync_folder, write_durably
from controlwatch.core.evidence.custody import ChainHead
from controlwatch.core.evidence.timestamps import TimestampToken

_FILE_NAME = re.compile(r"([0-9]{1,18})-([0-9a-f]{64})\.tsr")


class TimestampFolder:
    """Keeps tokens. The folder is created with the first of them; reading creates nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save_token(self, token: TimestampToken) -> None:
        """Store a token durably, readable by its owner only."""
        if not self._folder.exists():
            self._folder.mkdir(parents=True, mode=0o700)
            sync_folder(self._folder.parent)
        write_durably(self._folder / token.file_name, token.body)

    def load_tokens(self) -> tuple[TimestampToken, ...]:
        """Return every token, the oldest head first; one that cannot be read has no bytes."""
        tokens: list[TimestampToken] = []
        for head, path in self._list_files():
            try:
                body = path.read_bytes()
            except OSError:
                body = b""
            tokens.append(TimestampToken(head=head, body=body))
        return tuple(tokens)

    def has_token(self, head: ChainHead) -> bool:
        """Return whether there is a token of this head."""
        return any(stamped == head for stamped, _ in self._list_files())

    def find_newest(self) -> tuple[ChainHead, datetime] | None:
        """Return the newest head that has a token, and when the token was stored, in UTC."""
        files = self._list_files()
        if not files:
            return None
        head, path = files[-1]
        return head, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _list_files(self) -> list[tuple[ChainHead, Path]]:
        names = ((_FILE_NAME.fullmatch(path.name), path) for path in self._folder.glob("*.tsr"))
        heads = [(ChainHead(seq=int(name[1]), hash=name[2]), path) for name, path in names if name]
        return sorted(heads, key=lambda file: (file[0].seq, file[0].hash))
