"""Where stored bytes and time stamps are: a folder, the database, or an object storage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from controlwatch.adapters.archive import object_archive
from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.adapters.archive.timestamp_store import TimestampFolder
from controlwatch.core.model.errors import DeclarationError
from controlwatch.services.ports import Archive
from controlwatch.settings import PRIVATE_ARCHIVE, Settings

if TYPE_CHECKING:
    from controlwatch.services.copy_archive import TimestampCollection
    from controlwatch.services.store import Store

KEY = "CONTROLWATCH_ARCHIVE"
#: What the setting takes. Credentials are not part of it.
ADDRESSES = "folder, file:///folder, database, s3://bucket/prefix, gs://… or az://…"


def open_archive(settings: Settings, store: Store, address: str | None = None) -> Archive:
    """Return the archive at an address, by default the one that is set; raises `DeclarationError`.

    An address is `folder` (the one in the state directory), `file:///another/folder`, `database`, or an
    object storage such as `s3://bucket/prefix`.
    """
    address = address or settings.archive
    scheme, path = urlsplit(address).scheme, unquote(urlsplit(address).path)
    if address == PRIVATE_ARCHIVE:
        return FolderArchive(settings.state_dir / "snapshots")
    if scheme == "file" and path.startswith("/"):
        return FolderArchive(Path(path))
    if address == "database":
        if not settings.has_server:
            raise DeclarationError(
                "environment", KEY, "database needs CONTROLWATCH_DATABASE_URL=postgresql://…"
            )
        return store.bodies
    if scheme not in object_archive.OBJECT_SCHEMES or urlsplit(address).password:
        raise DeclarationError("environment", KEY, f"must be {ADDRESSES}")
    if not object_archive.is_installed():
        raise DeclarationError("environment", KEY, f"{scheme}:// {object_archive.INSTALL_HINT}")
    try:
        return object_archive.ObjectArchive(address)
    except ValueError as error:
        raise DeclarationError("environment", KEY, str(error)) from error


def open_timestamps(settings: Settings, store: Store, address: str | None = None) -> TimestampCollection:
    """Return where the time stamps of an archive are: in the state directory, or in the database."""
    if (address or settings.archive) == PRIVATE_ARCHIVE:
        return TimestampFolder(settings.state_dir / "stamps")
    return store.timestamps
