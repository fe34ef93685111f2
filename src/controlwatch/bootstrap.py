"""The composition root: the only place where the parts meet."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from rich.console import Console

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
from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp, describe_overdue
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.register import Register
from controlwatch.core.model import ChannelName, Subscription
from controlwatch.core.model.errors import DeclarationError, UsageError
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.deliver import Channel, Deliverer
from controlwatch.services.ingest import Ingester
from controlwatch.services.intake import MAX_MAIL_BYTES, build_mailbox_watcher
from controlwatch.services.legal_queries import LegalQueries
from controlwatch.services.names import Names
from controlwatch.services.poll import MailboxReader, Poller
from controlwatch.services.queries import Queries
from controlwatch.services.remind import Reminder
from controlwatch.services.source_states import SourceStates
from controlwatch.services.store import Store
from controlwatch.settings import ImapUrl, Settings, SmtpUrl


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

    def stop(self) -> None:
        """Let polls and deliveries end at their next step."""
        self.fetch.stop()
        self.poller.stopped.set()
        self.deliverer.stopped.set()


@contextmanager
def open_app(
    settings: Settings, *, console: Console | None = None, unlearnt: frozenset[str] = frozenset()
) -> Iterator[App]:
    """Build the application, and close it at the end. Raises `DeclarationError`.

    `unlearnt` are keys of notices that this installation is not to know from the register.
    """
    mailbox = build_mailbox(settings) if settings.mailbox_url is not None else None
    watchers = load_watchers(settings.find_watchers_folder())
    if mailbox is not None:
        watchers = (*watchers, build_mailbox_watcher(mailbox.address))
    lexicon = load_lexicon()
    channels = _build_channels(settings, console)
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = SqlStore.open(settings.database)
    fetch = HttpFetcher(connect_to=settings.connect_to)
    try:
        _subscribe_console(store, channels)

        def register() -> Register:
            return load_register(lexicon).exclude_keys(unlearnt)

        digest = compute_register_digest()
        _import_register(store, register, f"{digest}-{len(unlearnt)}" if unlearnt else digest)
        yield build_app(
            settings,
            lexicon=lexicon,
            watchers=watchers,
            store=store,
            fetch=fetch,
            channels=channels,
            mailbox=mailbox,
            register=register,
        )
    finally:
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
    # What was due before this process started is not overdue.
    sources = SourceStates(
        polling=store.polling,
        watchers=watchers,
        next_poll=compute_next_poll,
        started_at=datetime.now(UTC),
    )
    enabled = replace(sources, watchers=tuple(watcher for watcher in watchers if watcher.enabled))
    ingester = Ingester(
        archive=FolderArchive(settings.state_dir / "snapshots"),
        polling=store.polling,
        references=store.references,
        notices=store.notices,
        documents=documents,
        lexicon=lexicon,
        register=register,
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
        poller=Poller(fetch=fetch, ingester=ingester, mailbox=mailbox),
        deliverer=Deliverer(
            outbox=store.outbox,
            subscriptions=store.subscriptions,
            law=store.law,
            channels=channels,
            sources=enabled,
            lexicon=lexicon,
            owner=f"{socket.gethostname()}:{os.getpid()}",
            links=links,
        ),
        reminder=build_reminder(store, sources, disk_warning),
        queries=build_queries(
            store,
            lexicon,
            watchers,
            operational_warnings=(disk_warning, partial(find_stamp_warning, settings, store)),
        ),
    )


def build_reminder(store: Store, sources: SourceStates, disk_warning: Callable[[], str] = str) -> Reminder:
    """Return what makes the alerts that no page causes."""
    return Reminder(
        polling=store.polling,
        subscriptions=store.subscriptions,
        health=store.health,
        reminders=store.reminders,
        follow_ups=store.actions,
        leads=store.leads,
        maintenance=store.maintenance,
        sources=sources,
        disk_warning=disk_warning,
    )


def build_queries(
    store: Store,
    lexicon: Lexicon,
    watchers: tuple[Watcher, ...] = (),
    *,
    operational_warnings: tuple[Callable[[], str], ...] = (),
) -> Queries:
    """Return the queries over a store, the legal ones among them."""
    names = Names(lexicon=lexicon, watchers=watchers)
    sources = SourceStates(polling=store.polling, watchers=watchers, next_poll=compute_next_poll)
    return Queries(
        names=names,
        law=LegalQueries(
            names=names,
            law=store.law,
            register=store.register,
            history_source=store.queries,
            sources=sources,
        ),
        notices=store.queries,
        dossiers=store.custody,
        leads=store.leads,
        sources=sources,
        operational_warnings=operational_warnings,
    )


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

    Raises `UsageError` where the store does not exist, or is of another revision.
    """
    lexicon = load_lexicon()
    with SqlStore.open_read_only(settings.database) as store:
        yield ReadOnlyApp(
            store=store,
            archive=FolderArchive(settings.state_dir / "snapshots"),
            queries=build_queries(store, lexicon),
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


def find_stamp_warning(settings: Settings, store: Store) -> str:
    """Say that the authority has given no stamp for too long; "" where it has, or none is set."""
    if settings.tsa_url is None:
        return ""
    last = open_stamp_folder(settings).find_newest()
    return describe_overdue(
        store.custody.find_entry_time_after(last[0].seq if last else 0), now=datetime.now(UTC)
    )


def _import_register(store: Store, known: Callable[[], Register], digest: str) -> None:
    """Import the shipped register where it is new to this store, without an alert."""
    if store.register.find_digest() != digest:
        store.register.import_entries(replace(known(), digest=digest), datetime.now(UTC))


def build_signed_links(settings: Settings) -> SignedLinks:
    """Return what builds the links in messages; without a public address it builds none."""
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
    channel = app.channels.get("apprise")
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
    for item in app.store.subscriptions.list_active():
        if item.channel == "apprise" and "apprise" in app.channels:
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
    return ImapMailbox(account, largest=MAX_MAIL_BYTES)


def _subscribe_console(store: Store, channels: dict[ChannelName, Channel]) -> None:
    """Subscribe the console where neither Slack nor SMTP is set up and nothing is subscribed."""
    if set(channels) == {"console"} and not store.subscriptions.list_active():
        store.subscriptions.subscribe(Subscription(channel="console", target="-"), datetime.now(UTC))
