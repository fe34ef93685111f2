"""The composition root: the only place where the parts meet."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from controlwatch.adapters.archive import timestamp_authority
from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.adapters.archive.timestamp_store import TimestampFolder
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import compute_register_digest, load_register
from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.adapters.channels.apprise import INSTALL_HINT, AppriseChannel, is_installed
from controlwatch.adapters.channels.console import ConsoleChannel
from controlwatch.adapters.channels.email import EmailChannel, SmtpServer
from controlwatch.adapters.channels.slack import SlackChannel
from controlwatch.adapters.channels.webhook import WebhookChannel
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.fetch.imap import ImapAccount, ImapMailbox
from controlwatch.adapters.files import documents
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.system.disk_space import find_disk_warning
from controlwatch.adapters.system.scheduler import compute_next_poll
from controlwatch.adapters.system.signing_secret import load_or_create_secret
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.alerting.source_health import compute_effective_state
from controlwatch.core.evidence.timestamps import describe_overdue
from controlwatch.core.model import ChannelName, Subscription
from controlwatch.core.model.errors import DeclarationError, UsageError
from controlwatch.services.mailbox import ID as MAILBOX
from controlwatch.services.mailbox import LARGEST, collect, watcher_of
from controlwatch.services.poll import Pipeline
from controlwatch.services.queries import Queries
from controlwatch.settings import ImapUrl, Settings, SmtpUrl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.law.register import Register
    from controlwatch.core.model.state import PollReport, WatcherState
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.poll import Progress
    from controlwatch.services.ports import Channel, MailboxReader


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that a command needs."""

    settings: Settings
    store: SqlStore
    fetch: HttpFetcher
    pipeline: Pipeline
    queries: Queries
    watchers: tuple[Watcher, ...]  #: the declared ones, and the mailbox where there is one
    mailbox: MailboxReader | None = None

    def poll(self, watcher: Watcher, *, now: datetime, progress: Progress | None = None) -> PollReport:
        """Look once at a source, be it a site or the mailbox; never raises for what it does."""
        if self.mailbox is not None and watcher.id == MAILBOX:
            return collect(watcher, self.mailbox, self.pipeline, now=now)
        return self.pipeline.poll(watcher, now=now, progress=progress)


@contextmanager
def open_app(
    settings: Settings, *, console: Console | None = None, unlearnt: frozenset[str] = frozenset()
) -> Iterator[App]:
    """Put the parts together, and take them apart at the end. Raises `DeclarationError`.

    `unlearnt` are keys of notices that this installation is not to know from the register.
    """
    mailbox = build_mailbox(settings) if settings.mailbox_url is not None else None
    watchers = load_watchers(settings.find_watchers_folder())
    watchers = (*watchers, watcher_of(mailbox)) if mailbox is not None else watchers
    lexicon = load_lexicon()
    channels = _build_channels(settings, console)
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = SqlStore.open(settings.database)
    fetch = HttpFetcher(connect_to=settings.connect_to)
    try:
        _subscribe_console(store, channels)
        known = partial(_load_known_register, lexicon, unlearnt)
        _import_register(
            store,
            known,
            f"{compute_register_digest()}-{len(unlearnt)}" if unlearnt else compute_register_digest(),
        )
        machine = partial(find_disk_warning, settings.state_dir)
        pipeline = Pipeline(
            fetch=fetch,
            archive=FolderArchive(settings.state_dir / "snapshots"),
            store=store,
            documents=_DocumentReaders(),
            channels=channels,
            lexicon=lexicon,
            register=known,
            links=build_signed_links(settings),
            watched=tuple(watcher for watcher in watchers if watcher.enabled),
            next_poll=compute_next_poll,
            began=datetime.now(UTC),
            lacks=machine,
            owner=f"{socket.gethostname()}:{os.getpid()}",
        )
        queries = Queries(
            books=store,
            lexicon=lexicon,
            watched=watchers,
            stands=_assess_health,
            lacks=machine,
            unstamped=partial(find_stamp_warning, settings, store),
        )
        yield App(
            settings=settings,
            store=store,
            fetch=fetch,
            pipeline=pipeline,
            queries=queries,
            watchers=watchers,
            mailbox=mailbox,
        )
    finally:
        for channel in channels.values():
            channel.close()
        fetch.close()
        store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnlyApp:
    """What proves, opened so that it cannot be changed."""

    store: SqlStore
    archive: FolderArchive
    queries: Queries
    lexicon: Lexicon
    stamps: TimestampFolder
    check: Callable[[TimestampToken], VerifiedTimestamp] | None  #: None where the extra is missing


@contextmanager
def open_read_only_app(settings: Settings) -> Iterator[ReadOnlyApp]:
    """Open what is kept to be looked at: no upgrade, no file, no folder, no lock.

    Raises `UsageError` where there is no store, or one of another revision.
    """
    lexicon = load_lexicon()
    with SqlStore.open_read_only(settings.database) as store:
        yield ReadOnlyApp(
            store=store,
            archive=FolderArchive(settings.state_dir / "snapshots"),
            queries=Queries(books=store, lexicon=lexicon, watched=()),
            lexicon=lexicon,
            stamps=open_stamp_folder(settings),
            check=build_stamp_checker(settings).verify_token if timestamp_authority.is_installed() else None,
        )


def open_stamp_folder(settings: Settings) -> TimestampFolder:
    """Return where the time stamps of this state are."""
    return TimestampFolder(settings.state_dir / "stamps")


def build_stamp_checker(settings: Settings) -> timestamp_authority.TokenVerifier:
    """Return what checks time stamps; raises `DeclarationError` where the roots cannot be read."""
    path = settings.tsa_certificates
    if path is None:
        return timestamp_authority.TokenVerifier()
    key = "CONTROLWATCH_TSA_CERTIFICATES"
    try:
        return timestamp_authority.TokenVerifier(timestamp_authority.load_certificates(path.read_bytes()))
    except OSError as error:
        raise DeclarationError("environment", key, f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DeclarationError("environment", key, f"{path} holds no certificates in PEM") from error


def build_timestamp_authority(settings: Settings) -> timestamp_authority.Rfc3161Authority | None:
    """Return the authority that stamps the chain; None where none is set. Raises `DeclarationError`."""
    if settings.tsa_url is None:
        return None
    if not timestamp_authority.is_installed():
        raise DeclarationError("environment", "CONTROLWATCH_TSA_URL", timestamp_authority.INSTALL_HINT)
    return timestamp_authority.Rfc3161Authority(
        settings.tsa_url.get_secret_value(), build_stamp_checker(settings)
    )


def find_stamp_warning(settings: Settings, store: SqlStore) -> str:
    """Say that the authority has given no stamp for too long; "" where it has, or none is set."""
    if settings.tsa_url is None:
        return ""
    last = open_stamp_folder(settings).find_newest()
    return describe_overdue(store.find_entry_time_after(last[0].seq if last else 0), now=datetime.now(UTC))


def _assess_health(watcher: Watcher, state: WatcherState) -> WatcherState:
    """Return how a source fares by now."""
    return compute_effective_state(state, watcher, now=datetime.now(UTC), next_poll=compute_next_poll)


def _load_known_register(lexicon: Lexicon, unlearnt: frozenset[str]) -> Register:
    register = load_register(lexicon)
    return register.exclude_keys(unlearnt) if unlearnt else register


def _import_register(store: SqlStore, known: Callable[[], Register], digest: str) -> None:
    """Take the shipped register in where it is new to this store: quietly, nobody is told."""
    if store.find_register_digest() != digest:
        store.import_register(replace(known(), digest=digest), datetime.now(UTC))


def build_signed_links(settings: Settings) -> SignedLinks:
    """Return what links in messages are made of: none where nobody reaches us from outside."""
    if settings.public_url is None:
        return SignedLinks()
    return SignedLinks(public_url=settings.public_url, secret=load_signing_secret(settings))


def load_signing_secret(settings: Settings) -> bytes:
    """Return the secret that was set, else the one that this state keeps."""
    if settings.secret is not None:
        return settings.secret.get_secret_value().strip().encode()
    return load_or_create_secret(settings.state_dir)


def _build_channels(settings: Settings, console: Console | None) -> dict[ChannelName, Channel]:
    channels: dict[ChannelName, Channel] = {"console": ConsoleChannel(console)}
    if settings.slack_bot_token is not None:
        token = settings.slack_bot_token.get_secret_value()
        channels["slack"] = SlackChannel(token, api_url=settings.slack_api_url)
    if settings.smtp_url is not None:
        channels["email"] = build_mail_channel(settings)
    if settings.webhook_secret is not None:
        channels["webhook"] = WebhookChannel(settings.webhook_secret.get_secret_value())
    if settings.destinations:
        channels["apprise"] = AppriseChannel(settings.destinations)
    return channels


def resolve_destination(app: App, name: str) -> str:
    """Return the name of a destination that messages can go to.

    Raises `UsageError` with the names that there are, `DeclarationError` where its address is none.
    """
    channel = app.pipeline.channels.get("apprise")
    if not isinstance(channel, AppriseChannel):
        missing = "" if is_installed() else f"; apprise {INSTALL_HINT}"
        raise UsageError(
            f"no destination is declared: set CONTROLWATCH_APPRISE, see docs/channels.md{missing}"
        )
    if name not in channel.destination_names:
        raise UsageError(
            f"no destination {name!r}; CONTROLWATCH_APPRISE declares {', '.join(channel.destination_names)}"
        )
    channel.check_destination(name)
    return name


def check_destinations(app: App) -> None:
    """Open every destination, and find that of each subscription; raises as `resolve_destination` does.

    Other commands than `run` do without: loading them all takes a second.
    """
    for name in app.settings.destinations:
        resolve_destination(app, name)
    for item in app.store.list_subscriptions():
        if item.channel == "apprise" and "apprise" in app.pipeline.channels:
            try:
                resolve_destination(app, item.target)
            except UsageError as error:
                reason = f"subscription {item.id}: {error}; to end it: controlwatch unsubscribe {item.id}"
                raise UsageError(reason) from None


def build_mail_channel(settings: Settings) -> EmailChannel:
    """Return the way to send mail; raises `DeclarationError` where a setting for it is missing."""
    url, sender = settings.smtp_url, settings.mail_from
    if url is None:
        raise DeclarationError(
            "environment",
            "CONTROLWATCH_SMTP_URL",
            "is needed to send mail: smtp://user:pass@host:587?starttls=true, or smtps://…",
        )
    if sender is None:
        raise DeclarationError(
            "environment",
            "CONTROLWATCH_MAIL_FROM",
            "is needed with CONTROLWATCH_SMTP_URL: the sender's address",
        )
    smtp = SmtpUrl.parse(url.get_secret_value())
    server = SmtpServer(host=smtp.host, port=smtp.port, user=smtp.user, password=smtp.password, tls=smtp.tls)
    return EmailChannel(server, sender=sender)


def build_mailbox(settings: Settings) -> ImapMailbox:
    """Return the mailbox that newsletters come to; raises `DeclarationError` where none is set."""
    if settings.mailbox_url is None:
        raise DeclarationError("environment", "CONTROLWATCH_MAILBOX_URL", f"is needed: {ImapUrl.example}")
    imap = ImapUrl.parse(settings.mailbox_url.get_secret_value())
    account = ImapAccount(
        host=imap.host,
        port=imap.port,
        user=imap.user or "",
        password=imap.password or "",
        tls=imap.tls,
        folder=imap.path or "INBOX",
    )
    return ImapMailbox(account, largest=LARGEST)


def _subscribe_console(store: SqlStore, channels: dict[ChannelName, Channel]) -> None:
    """With no Slack and no SMTP, and nobody subscribed, alerts go to the console."""
    if set(channels) == {"console"} and not store.list_subscriptions():
        store.subscribe(Subscription(channel="console", target="-"), datetime.now(UTC))


class _DocumentReaders:
    """The functions of `documents`, as the port wants them."""

    read_document = staticmethod(documents.read_document)
    read_annex = staticmethod(documents.read_annex)
