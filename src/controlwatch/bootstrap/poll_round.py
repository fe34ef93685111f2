"""What a round of polls needs, and no more: what reads and what sends is loaded once there is something.

A command that polls, as cron would run it, finds nothing new nine times of ten. Loading the whole application
takes longer than the polls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from rich.console import Console

from controlwatch.adapters.catalog.register_files import compute_register_digest
from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.system.disk_space import find_disk_warning
from controlwatch.bootstrap.source_checks import build_source_checker, build_source_states
from controlwatch.bootstrap.state_marks import check_state_folder, mark_state
from controlwatch.bootstrap.store_setup import import_register, subscribe_console
from controlwatch.core.model import ChannelName
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.poll import Poller
from controlwatch.services.source_checker import SourceChecker
from controlwatch.settings import Settings

if TYPE_CHECKING:
    from controlwatch.bootstrap.app import App
    from controlwatch.core.law.register import Register
    from controlwatch.services.ports import Channel

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRound:
    """The parts of a round of polls."""

    watchers: tuple[Watcher, ...]  #: the declared ones, and the mailbox where one is set up
    poller: Poller
    checker: SourceChecker
    deliver_all: Callable[[Clock], tuple[int, int]]  #: sends what is due; the numbers sent and failed


@contextmanager
def open_poll_round(settings: Settings, *, console: Console) -> Iterator[PollRound]:
    """Open what a round of polls needs, and close it at the end; raises as `open_app` does."""
    if settings.is_cluster or settings.mailbox_url is not None:
        from controlwatch.bootstrap.app import open_app

        with open_app(settings, console=console) as app:
            yield PollRound(
                watchers=app.watchers,
                poller=app.poller,
                checker=app.reminder.checker,
                deliver_all=app.deliverer.deliver_all,
            )
        return
    check_state_folder(settings)
    if settings.smtp_url is not None:
        settings.get_mail_sender()  # a setting that is missing is found before there is a mail to send
    watchers = load_watchers(settings.find_watchers_folder())
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        store = SqlStore.open(settings.database)
        stack.callback(store.close)
        fetch = HttpFetcher(connect_to=settings.connect_to)
        stack.callback(fetch.close)
        mark_state(settings, store)
        subscribe_console(settings, store)
        import_register(store, _load_register, compute_register_digest())
        deferred = _DeferredApp(settings, watchers, store, fetch, console)
        stack.callback(deferred.close)
        yield PollRound(
            watchers=watchers,
            poller=Poller(
                fetch=fetch,
                polling=store.polling,
                references=store.references,
                open_ingester=lambda: deferred.app.ingester,
                find_known_day=store.register.find_date,
            ),
            checker=build_source_checker(
                store, build_source_states(store, watchers), partial(find_disk_warning, settings.state_dir)
            ),
            deliver_all=deferred.deliver_all,
        )


class _DeferredApp:
    """The whole application, over the same open store: loaded when something is to be read or sent."""

    def __init__(
        self,
        settings: Settings,
        watchers: tuple[Watcher, ...],
        store: SqlStore,
        fetch: HttpFetcher,
        console: Console,
    ) -> None:
        self._settings, self._watchers, self._store, self._fetch = settings, watchers, store, fetch
        self._console = console
        self._channels: dict[ChannelName, Channel] = {}

    @cached_property
    def app(self) -> App:
        """The whole application."""
        from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
        from controlwatch.bootstrap.app import build_app
        from controlwatch.bootstrap.connections import build_channels

        self._channels = build_channels(self._settings, self._console)
        return build_app(
            self._settings,
            lexicon=load_lexicon(),
            watchers=self._watchers,
            store=self._store,
            fetch=self._fetch,
            channels=self._channels,
            register=_load_register,
        )

    def deliver_all(self, clock: Clock) -> tuple[int, int]:
        """Send what is due; return the numbers of deliveries sent and failed."""
        outbox = self._store.outbox
        is_needed = outbox.has_unrouted() or outbox.list_due_channels(now=clock())
        return self.app.deliverer.deliver_all(clock) if is_needed else (0, 0)

    def close(self) -> None:
        """Close the channels."""
        for channel in self._channels.values():
            channel.close()


def _load_register() -> Register:
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.adapters.catalog.register_loader import load_register

    return load_register(load_lexicon())
