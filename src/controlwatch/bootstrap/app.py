"""Put the application together: the only place where the parts meet."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from rich.console import Console

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_files import compute_register_digest
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.files import documents
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.system.disk_space import find_disk_warning
from controlwatch.bootstrap.archive_addresses import open_archive
from controlwatch.bootstrap.cluster import (
    Cluster,
    Presence,
    build_presence,
    check_cluster_settings,
    join_cluster,
)
from controlwatch.bootstrap.connections import (
    build_channels,
    build_mailbox,
    build_signed_links,
    share_turns,
)
from controlwatch.bootstrap.question_app import (
    IN_MEMORY,
    build_queries,
    choose_question_database,
)
from controlwatch.bootstrap.second_reader_setup import build_second_opinions, choose_prose_sources
from controlwatch.bootstrap.source_checks import build_source_checker, build_source_states
from controlwatch.bootstrap.stamps import find_stamp_warning
from controlwatch.bootstrap.state_marks import adopt_database, check_state_folder, mark_state
from controlwatch.bootstrap.store_setup import import_register, subscribe_console
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.register import Register
from controlwatch.core.model import ChannelName
from controlwatch.core.rendering.message import list_no_doubts
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.deliver import Deliverer
from controlwatch.services.ingest import Ingester
from controlwatch.services.intake import build_mailbox_watcher
from controlwatch.services.poll import MailboxReader, Poller
from controlwatch.services.ports import Channel
from controlwatch.services.queries import Queries
from controlwatch.services.remind import Reminder
from controlwatch.services.second_opinions import SecondOpinions
from controlwatch.services.source_states import SourceStates
from controlwatch.services.store import Store
from controlwatch.settings import LOG_DAYS, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that a command needs."""

    settings: Settings
    lexicon: Lexicon
    watchers: tuple[Watcher, ...]  #: the declared ones, and the mailbox where one is set up
    store: Store
    fetch: HttpFetcher
    channels: Mapping[ChannelName, Channel]
    links: SignedLinks
    ingester: Ingester
    poller: Poller
    deliverer: Deliverer
    reminder: Reminder
    queries: Queries
    second_opinions: SecondOpinions | None = None  #: None: no second reader is set up
    cluster: Cluster | None = None  #: what it shares with others, where there are any
    presence: Presence | None = None  #: tells others of a service alone on a database server

    @property
    def is_in_memory(self) -> bool:
        """Whether no state exists, so that the register alone answers."""
        return self.settings.database == IN_MEMORY

    def stop(self) -> None:
        """Let polls and deliveries end at their next step."""
        self.fetch.stop()
        self.poller.stopped.set()
        self.deliverer.stopped.set()
        if self.second_opinions is not None:
            self.second_opinions.stopped.set()


@contextmanager
def open_app_for_question(settings: Settings, *, console: Console | None = None) -> Iterator[App]:
    """Build the application for a question: without a state, nothing is created.

    The register answers then, from a store in memory.
    """
    with open_app(choose_question_database(settings), console=console) as app:
        yield app


@contextmanager
def open_app(
    settings: Settings,
    *,
    console: Console | None = None,
    unlearnt: frozenset[str] = frozenset(),
    adopt: bool = False,
    is_worker: bool = False,
) -> Iterator[App]:
    """Build the application, and close it at the end; in a cluster a worker gives signs of life.

    Raises `DeclarationError`, and `UsageError` where the state is incomplete or the database belongs to
    another state folder; with `adopt`, it belongs to this one from now on. `unlearnt` are keys of notices
    that this installation is not to know from the register.
    """
    check_state_folder(settings)
    if settings.is_cluster:
        check_cluster_settings(settings)
    mailbox = build_mailbox(settings) if settings.mailbox_url is not None else None
    watchers = load_watchers(settings.find_watchers_folder())
    if mailbox is not None:
        watchers = (*watchers, build_mailbox_watcher(mailbox.address))
    lexicon = load_lexicon()
    channels = build_channels(settings, console)
    if settings.database != IN_MEMORY:
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = SqlStore.open(settings.database, is_cluster=settings.is_cluster)
    cluster = join_cluster(settings, store, channels, is_worker=is_worker) if settings.is_cluster else None
    turns = cluster.turns if cluster is not None else None
    if turns is not None:
        share_turns(channels, turns)
    fetch = HttpFetcher(connect_to=settings.connect_to, turns=turns)
    opinions: SecondOpinions | None = None
    try:
        if settings.database != IN_MEMORY:
            (adopt_database if adopt else mark_state)(settings, store)
            subscribe_console(settings, store)

        def register() -> Register:
            return load_register(lexicon).exclude_keys(unlearnt)

        opinions = build_second_opinions(settings, store, lexicon, watchers)
        digest = compute_register_digest()
        import_register(store, register, f"{digest}-{len(unlearnt)}" if unlearnt else digest)
        app = build_app(
            settings,
            lexicon=lexicon,
            watchers=watchers,
            store=store,
            fetch=fetch,
            channels=channels,
            mailbox=mailbox,
            register=register,
        )
        presence = build_presence(settings, store)
        yield replace(app, second_opinions=opinions, cluster=cluster, presence=presence)
    finally:
        if opinions is not None:
            opinions.reader.close()
        for channel in channels.values():
            channel.close()
        fetch.close()
        store.close()


def build_app(
    settings: Settings,
    *,
    lexicon: Lexicon,
    watchers: tuple[Watcher, ...],
    store: Store,
    fetch: HttpFetcher,
    channels: Mapping[ChannelName, Channel],
    mailbox: MailboxReader | None = None,
    register: Callable[[], Register] = Register,
) -> App:
    """Compose the use cases of open parts."""
    links = build_signed_links(settings)
    disk_warning = partial(find_disk_warning, settings.state_dir)
    sources = build_source_states(store, watchers)
    enabled = replace(sources, watchers=tuple(watcher for watcher in watchers if watcher.enabled))
    ingester = Ingester(
        archive=open_archive(settings, store),
        polling=store.polling,
        references=store.references,
        notices=store.notices,
        documents=documents,
        lexicon=lexicon,
        register=register,
        issuers={watcher.id: watcher.issuer for watcher in watchers},
    )
    deliverer = Deliverer(
        outbox=store.outbox,
        subscriptions=store.subscriptions,
        health=store.health,
        law=store.law,
        channels=channels,
        sources=enabled,
        lexicon=lexicon,
        owner=f"{socket.gethostname()}:{os.getpid()}",
        links=links,
        count_reviews=store.reviews.count_open,
        list_doubts=store.opinions.list_alert_doubts
        if settings.second_reader is not None
        else list_no_doubts,
        prose_sources=choose_prose_sources(settings, watchers),
    )
    return App(
        settings=settings,
        lexicon=lexicon,
        watchers=watchers,
        store=store,
        fetch=fetch,
        channels=channels,
        links=links,
        ingester=ingester,
        poller=Poller(
            fetch=fetch,
            polling=store.polling,
            references=store.references,
            open_ingester=lambda: ingester,
            mailbox=mailbox,
            find_known_day=store.register.find_date,
        ),
        deliverer=deliverer,
        reminder=build_reminder(store, sources, disk_warning, log_days=settings.log_days),
        queries=build_queries(
            store,
            lexicon,
            watchers,
            is_cached=True,
            operational_warnings=(
                store.find_problem,
                disk_warning,
                partial(find_stamp_warning, settings, store),
                deliverer.find_warning,
            ),
        ),
    )


def build_reminder(
    store: Store, sources: SourceStates, disk_warning: Callable[[], str] = str, *, log_days: int = LOG_DAYS
) -> Reminder:
    """Return what makes the alerts that no page causes."""
    return Reminder(
        checker=build_source_checker(store, sources, disk_warning),
        polling=store.polling,
        subscriptions=store.subscriptions,
        health=store.health,
        reminders=store.reminders,
        follow_ups=store.actions,
        leads=store.leads,
        reviews=store.reviews,
        maintenance=store.maintenance,
        log_age=timedelta(days=log_days),
    )
