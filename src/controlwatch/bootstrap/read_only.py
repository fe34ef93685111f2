"""Open the state read-only, for what proves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from controlwatch.adapters.archive import timestamp_authority
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.system.state_folder import check_restored
from controlwatch.bootstrap.archive_addresses import open_archive, open_timestamps
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.bootstrap.stamps import build_stamp_checker
from controlwatch.bootstrap.state_marks import check_marks
from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.services.copy_archive import TimestampCollection
from controlwatch.services.ports import Archive
from controlwatch.services.queries import Queries
from controlwatch.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnlyApp:
    """What proves, opened so that it cannot be changed."""

    store: SqlStore
    archive: Archive
    queries: Queries
    lexicon: Lexicon
    stamps: TimestampCollection
    check: Callable[[TimestampToken], VerifiedTimestamp] | None  #: None where the extra is missing


@contextmanager
def open_read_only_app(settings: Settings) -> Iterator[ReadOnlyApp]:
    """Open what is kept to be looked at: no upgrade, no file, no folder, no lock.

    Raises `UsageError` where the store does not exist, is incomplete, is of another revision, or belongs to
    another state folder.
    """
    check_restored(settings.state_dir)
    lexicon = load_lexicon()
    with SqlStore.open_read_only(settings.database) as store:
        check_marks(settings, store)
        yield ReadOnlyApp(
            store=store,
            archive=open_archive(settings, store),
            queries=build_queries(store, lexicon),
            lexicon=lexicon,
            stamps=open_timestamps(settings, store),
            check=build_stamp_checker(settings).verify_token if timestamp_authority.is_installed() else None,
        )
