"""Files that people hand in: saved pages read from disk, and the inbox folder they are dropped into."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from controlwatch.adapters.sandbox.nesting_guard import examine
from controlwatch.core.model import Snapshot, sanitize
from controlwatch.core.model.addresses import allowed
from controlwatch.core.model.errors import UsageError
from controlwatch.core.sources.mail_documents import unaddressed
from controlwatch.core.sources.mime import MAIL, saved_from
from controlwatch.core.sources.sniff import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

#: What browsers write into a saved page: <!-- saved from url=(0036)http://www.customs.gov.cn/x.html -->
SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+?)\s*-->")
#: Files of more bytes than this are not notices.
LARGEST = 50_000_000


def from_file(path: Path, *, url: str | None, now: datetime) -> Snapshot:
    """Read a file as if its address had sent it: the one given, the one a browser saved in it, or none.

    Raises `UsageError` for what cannot be had, `Garbled` for a page that nobody could walk through.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST:,} bytes; that is no notice")
        body = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    mail = path.suffix.lower() == ".eml"
    if not mail and kind_of(body) in {"html", "text"}:
        examine(body)
    address = url or (None if mail else _saved_from(body)) or unaddressed(body)
    headers = (
        *((("content-type", MAIL),) if mail else ()),
        ("x-handed-in-by", _owner(path)),
        ("x-handed-in-as", sanitize.printable(path.name)),
    )
    return Snapshot(url=address, final_url=address, fetched_at=now, status=200, headers=headers, body=body)


def _saved_from(body: bytes) -> str | None:
    """Return the address that a browser wrote into a page when it saved it."""
    saved = SAVED_FROM.search(body[:4096])
    shown = saved[1].decode("ascii", "replace") if saved else saved_from(body)
    return shown if allowed(shown, ["*"]) else None


def _owner(path: Path) -> str:
    """Return whose file it is: that person handed it in."""
    try:
        return path.owner()
    except (KeyError, NotImplementedError):
        return f"user {path.stat().st_uid}"


def waiting(folder: Path) -> Iterator[Path]:
    """Yield the files dropped into the inbox, oldest first; hidden and half-copied ones are left."""
    if folder.is_dir():
        files = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        yield from sorted(
            (
                path
                for path in files
                if path.suffix not in {".part", ".crdownload", ".tmp"} and path.name != "README.md"
            ),
            key=lambda path: path.stat().st_mtime,
        )


def put_away(path: Path, where: str) -> Path:
    """Move a file of the inbox to its `done` or `failed` folder, never over another; what is gone is gone."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    number = 1
    while target.exists():
        target = folder / f"{path.stem}-{number}{path.suffix}"
        number += 1
    with suppress(FileNotFoundError):
        path.rename(target)
    return target
