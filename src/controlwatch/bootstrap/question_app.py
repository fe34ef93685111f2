"""What a question needs, and no more: the settings, the store, the lexicon, the sources and the queries.

Commands that ask open this instead of the whole application. Loading what sends, fetches and schedules takes
longer than most answers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from controlwatch.adapters.catalog.parsed_catalog import (
    Catalog,
    compute_catalog_key,
    dump_catalog,
    parse_catalog,
)
from controlwatch.adapters.catalog.register_files import compute_register_digest
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.engine import has_store
from controlwatch.adapters.system.disk_space import find_disk_warning
from controlwatch.adapters.system.state_folder import write_private_file
from controlwatch.adapters.system.user_cache import compute_package_key, read_cached, write_cached
from controlwatch.bootstrap.state_marks import check_state_folder, mark_state
from controlwatch.bootstrap.store_setup import import_register, subscribe_console
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.elements import ElementCatalogue
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.element_queries import ElementQueries
from controlwatch.services.legal_queries import LegalQueries
from controlwatch.services.legal_sources import load_now
from controlwatch.services.names import Names
from controlwatch.services.party_queries import PartyQueries
from controlwatch.services.queries import Queries
from controlwatch.services.source_states import SourceStates
from controlwatch.services.subjects import SubjectResolver
from controlwatch.settings import Settings

if TYPE_CHECKING:
    from controlwatch.core.extraction.second_reader import WordingModel
    from controlwatch.core.law.register import Register
    from controlwatch.services.cached_law import KeptLaw, RevisionCache
    from controlwatch.services.store import Store

#: The database of a state that ends with the process.
IN_MEMORY = "sqlite://"
#: Folder in a state folder whose files can be made again at any time.
CACHE_FOLDER, CATALOG_FILE = "cache", "catalog.json"
#: The reference database as it is in a new store.
REFERENCE_FILE = "reference.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionApp:
    """What a command needs that only asks."""

    settings: Settings
    lexicon: Lexicon
    watchers: tuple[Watcher, ...]  #: the declared ones, and the mailbox where one is set up
    store: SqlStore
    queries: Queries

    @property
    def is_in_memory(self) -> bool:
        """Whether no state exists, so that the register alone answers."""
        return self.settings.database == IN_MEMORY


@contextmanager
def open_question(settings: Settings) -> Iterator[QuestionApp]:
    """Open what a question needs: without a state, nothing is created, and the register answers from memory.

    Raises `DeclarationError`, and `UsageError` where the state is incomplete or the database belongs to
    another state folder.
    """
    settings = choose_question_database(settings)
    is_kept = settings.database != IN_MEMORY
    catalog = load_catalog(settings, is_kept=is_kept)
    lexicon, watchers = catalog.lexicon, catalog.watchers
    if settings.mailbox_url is not None:
        from controlwatch.bootstrap.connections import build_mailbox
        from controlwatch.services.intake import build_mailbox_watcher

        watchers = (*watchers, build_mailbox_watcher(build_mailbox(settings).address))
    store = (
        SqlStore.open(settings.database, is_cluster=settings.is_cluster)
        if is_kept
        else _open_reference_store(lexicon)
    )
    try:
        if is_kept:
            mark_state(settings, store)
            subscribe_console(settings, store)
            import_register(store, partial(_load_register, lexicon), compute_register_digest())
        warnings = (
            store.find_problem,
            partial(find_disk_warning, settings.state_dir),
            partial(_find_stamp_warning, settings, store),
        )
        queries = build_queries(
            store, lexicon, watchers, elements=catalog.elements, operational_warnings=warnings
        )
        yield QuestionApp(settings=settings, lexicon=lexicon, watchers=watchers, store=store, queries=queries)
    finally:
        store.close()


def choose_question_database(settings: Settings) -> Settings:
    """Return the settings by which a question is answered: without a state, from a store in memory.

    Raises `UsageError` where the state is incomplete.
    """
    check_state_folder(settings)
    if has_store(settings.database):
        return settings
    from pydantic import SecretStr

    return settings.model_copy(update={"database_url": SecretStr(IN_MEMORY), "public_url": None})


def load_catalog(settings: Settings, *, is_kept: bool) -> Catalog:
    """Return lexicon, elements and sources, parsed before where nothing has changed since.

    A cache that is missing, damaged, of other files or of another version is written again: with `is_kept`
    in the state folder, else in the cache folder of the user. Where that is impossible, the files are parsed
    each time. Raises `DeclarationError`.
    """
    folder = settings.find_watchers_folder()
    key, path = compute_catalog_key(folder), settings.state_dir / CACHE_FOLDER / CATALOG_FILE
    catalog = _read_catalog(path, key) if is_kept else _parse_cached(read_cached(CATALOG_FILE, key), key)
    if catalog is None:
        from controlwatch.adapters.catalog.element_loader import load_elements
        from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
        from controlwatch.adapters.catalog.watcher_loader import load_watchers

        lexicon = load_lexicon()
        catalog = Catalog(lexicon=lexicon, elements=load_elements(lexicon), watchers=load_watchers(folder))
        if is_kept:
            with suppress(OSError):
                path.parent.mkdir(mode=0o700, exist_ok=True)
                write_private_file(path, dump_catalog(key, catalog))
        else:
            write_cached(CATALOG_FILE, key, dump_catalog(key, catalog).encode())
    return replace(catalog, lexicon=replace(catalog.lexicon, load_second_reader=_load_second_reader))


def load_question_lexicon(settings: Settings) -> Lexicon:
    """Return the lexicon, from the cache of the state where that is possible; nothing is written."""
    path = settings.state_dir / CACHE_FOLDER / CATALOG_FILE
    catalog = _read_catalog(path, compute_catalog_key(settings.find_watchers_folder()))
    if catalog is not None:
        return catalog.lexicon
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon

    return load_lexicon()


def _read_catalog(path: Path, key: str) -> Catalog | None:
    try:
        return parse_catalog(path.read_text(encoding="utf-8"), key)
    except (OSError, UnicodeDecodeError):
        return None


def _parse_cached(content: bytes | None, key: str) -> Catalog | None:
    return parse_catalog(content.decode(), key) if content is not None else None


def _open_reference_store(lexicon: Lexicon) -> SqlStore:
    """Open a store in memory with the reference database: imported now, or before and kept."""
    key = f"{compute_package_key()} {sys.version}"
    snapshot = read_cached(REFERENCE_FILE, key)
    store = SqlStore.open(IN_MEMORY, snapshot or b"")
    if snapshot is None:
        try:
            import_register(store, partial(_load_register, lexicon), compute_register_digest())
            write_cached(REFERENCE_FILE, key, store.database.take_snapshot())
        except BaseException:
            store.close()
            raise
    return store


def build_queries(
    store: Store,
    lexicon: Lexicon,
    watchers: tuple[Watcher, ...] = (),
    *,
    elements: ElementCatalogue | None = None,
    is_cached: bool = False,
    operational_warnings: tuple[Callable[[], str], ...] = (),
) -> Queries:
    """Return the queries over a store, the legal ones among them; by default with the shipped elements.

    With `is_cached`, the law is kept in memory until the store learns something new.
    """
    if elements is None:
        from controlwatch.adapters.catalog.element_loader import load_elements

        elements = load_elements(lexicon)
    names = Names(lexicon=lexicon, watchers=watchers)
    sources = SourceStates(polling=store.polling, watchers=watchers, next_poll=_compute_next_poll)
    known_law: KeptLaw = store.law
    cache: RevisionCache | None = None
    if is_cached:
        from controlwatch.services.cached_law import CachedLaw, RevisionCache

        cache = RevisionCache(store.queries.find_revision)
        known_law = CachedLaw(store.law, cache)
    about_elements = ElementQueries(catalogue=elements, lexicon=lexicon, law=known_law)
    law = LegalQueries(
        names=names,
        law=known_law,
        register=store.register,
        history_source=store.queries,
        reviews=store.reviews,
        sources=sources,
        subjects=SubjectResolver(names=names, elements=about_elements),
        recall=load_now if cache is None else cache.recall,
    )
    return Queries(
        names=names,
        law=law,
        parties=PartyQueries(law=known_law, limits=law),
        notices=store.queries,
        dossiers=store.custody,
        leads=store.leads,
        reviews=store.reviews,
        subscriptions=store.subscriptions,
        channel_health=store.health,
        held=store.references,
        sources=sources,
        operational_warnings=operational_warnings,
        cache=cache,
    )


# --------------------------------------------------------------------------- loaded when first needed


def _load_register(lexicon: Lexicon) -> Register:
    from controlwatch.adapters.catalog.register_loader import load_register

    return load_register(lexicon)


def _load_second_reader() -> WordingModel:
    from controlwatch.adapters.catalog.lexicon_loader import load_second_reader

    return load_second_reader()


def _compute_next_poll(watcher: Watcher, after: datetime) -> datetime | None:
    from controlwatch.adapters.system.poll_times import compute_next_poll

    return compute_next_poll(watcher, after)


def _find_stamp_warning(settings: Settings, store: Store) -> str:
    if settings.tsa_url is None:
        return ""
    from controlwatch.bootstrap.stamps import find_stamp_warning

    return find_stamp_warning(settings, store)
