"""Files handed in by people: pages saved to disk, and the inbox folder where they are dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from controlwatch.adapters.sandbox.nesting_guard import check_nesting
from controlwatch.core.model import Snapshot, remove_unprintable
from controlwatch.core.model.addresses import is_allowed_url
from controlwatch.core.model.errors import UsageError
from controlwatch.core.sources.decoding import MAIL_TYPE, find_saved_location
from controlwatch.core.sources.mail_documents import make_intake_url

#: Browsers write the address of a page into its saved copy:
#: <!-- saved from url=(0036)http://www.customs.gov.cn/x.html -->
SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+?)\s*-->")
#: Larger files are not notices.
MAX_BYTES = 50_000_000


def load_snapshot(path: Path, *, url: str | None, now: datetime) -> Snapshot:
    """Load a file as a snapshot of its address: the given one, the one a browser saved in it, or none.

    `now` is the time of the snapshot. Raises `UsageError` for a file that cannot be read, and `Garbled` for a
    page that is nested too deeply.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes; a notice is not")
        body = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    is_mail = path.suffix.lower() == ".eml"
    saved_url = ""
    if not is_mail:
        check_nesting(body)
        saved = SAVED_FROM.search(body[:4096])
        saved_url = saved[1].decode("ascii", "replace") if saved else find_saved_location(body)
    address = url or (saved_url if is_allowed_url(saved_url, ["*"]) else make_intake_url(body))
    try:
        owner = path.owner()
    except (KeyError, NotImplementedError):
        owner = f"user {path.stat().st_uid}"
    headers = (
        *((("content-type", MAIL_TYPE),) if is_mail else ()),
        ("x-handed-in-by", owner),
        ("x-handed-in-as", remove_unprintable(path.name)),
    )
    return Snapshot(url=address, final_url=address, fetched_at=now, status=200, headers=headers, body=body)


def list_inbox_files(folder: Path) -> Iterator[Path]:
    """Yield the files in the inbox, oldest first, without hidden and half-copied ones."""
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
    """Move an inbox file to its `done` or `failed` folder under an unused name; ignore one that is gone."""
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
