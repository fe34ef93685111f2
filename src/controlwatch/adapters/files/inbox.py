"""Files that people hand in: saved pages read from disk, and the inbox folder they are dropped into."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from controlwatch.adapters.sandbox.nesting_guard import check_nesting
from controlwatch.core.model import Snapshot, remove_unprintable
from controlwatch.core.model.addresses import is_allowed_url
from controlwatch.core.model.errors import UsageError
from controlwatch.core.sources.decoding import MAIL_TYPE, detect_format, find_saved_location
from controlwatch.core.sources.mail_documents import make_intake_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

#: What browsers write into a saved page: <!-- saved from url=(0036)http://www.customs.gov.cn/x.html -->
SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+?)\s*-->")
#: Files of more bytes than this are not notices.
MAX_BYTES = 50_000_000


def load_snapshot(path: Path, *, url: str | None, now: datetime) -> Snapshot:
    """Read a file as if its address had sent it: the one given, the one a browser saved in it, or none.

    Raises `UsageError` for what cannot be had, `Garbled` for a page that nobody could walk through.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes; that is no notice")
        body = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    mail = path.suffix.lower() == ".eml"
    if not mail and detect_format(body) in {"html", "text"}:
        check_nesting(body)
    address = url or (None if mail else _find_saved_url(body)) or make_intake_url(body)
    headers = (
        *((("content-type", MAIL_TYPE),) if mail else ()),
        ("x-handed-in-by", _find_owner(path)),
        ("x-handed-in-as", remove_unprintable(path.name)),
    )
    return Snapshot(url=address, final_url=address, fetched_at=now, status=200, headers=headers, body=body)


def _find_saved_url(body: bytes) -> str | None:
    """Return the address that a browser wrote into a page when it saved it."""
    saved = SAVED_FROM.search(body[:4096])
    shown = saved[1].decode("ascii", "replace") if saved else find_saved_location(body)
    return shown if is_allowed_url(shown, ["*"]) else None


def _find_owner(path: Path) -> str:
    """Return whose file it is: that person handed it in."""
    try:
        return path.owner()
    except (KeyError, NotImplementedError):
        return f"user {path.stat().st_uid}"


def list_inbox_files(folder: Path) -> Iterator[Path]:
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


def move_processed_file(path: Path, where: str) -> Path:
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
