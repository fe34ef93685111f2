"""Build what reaches out: channels, destinations, the mailbox, links in messages.

A channel is loaded where it is set up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console

from controlwatch.adapters.channels.console import ConsoleChannel
from controlwatch.adapters.system.signing_secret import load_or_create_secret
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.alerting.subscription_targets import parse_target
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import DeclarationError, UsageError
from controlwatch.core.model.mail_servers import ImapUrl, SmtpUrl
from controlwatch.services.intake import MAX_MAIL_BYTES
from controlwatch.services.ports import Channel, Subscriptions, Turns
from controlwatch.settings import Settings

if TYPE_CHECKING:
    from controlwatch.adapters.channels.email import EmailChannel
    from controlwatch.adapters.fetch.imap import ImapMailbox


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


def build_channels(settings: Settings, console: Console | None) -> dict[ChannelName, Channel]:
    """Open every channel that is set up; the console always is. Raises `DeclarationError`."""
    channels: dict[ChannelName, Channel] = {"console": ConsoleChannel(console)}
    if settings.slack_bot_token is not None:
        from controlwatch.adapters.channels.slack import SlackChannel

        token = settings.slack_bot_token.get_secret_value()
        channels["slack"] = SlackChannel(token, api_url=settings.slack_api_url)
    if settings.smtp_url is not None:
        channels["email"] = build_mail_channel(settings)
    if settings.webhook_secret is not None:
        from controlwatch.adapters.channels.webhook import WebhookChannel

        channels["webhook"] = WebhookChannel(settings.webhook_secret.get_secret_value())
    if settings.destinations:
        from controlwatch.adapters.channels.apprise import AppriseChannel

        channels["apprise"] = AppriseChannel(settings.destinations)
    return channels


def share_turns(channels: Mapping[ChannelName, Channel], turns: Turns) -> None:
    """Let messages to one Slack channel leave in turn with those of other machines."""
    from controlwatch.adapters.channels.slack import SlackChannel

    slack = channels.get("slack")
    if isinstance(slack, SlackChannel):
        slack.share_turns(turns)


def resolve_destination(channels: Mapping[ChannelName, Channel], name: str) -> str:
    """Return the name of a destination that messages can go to.

    Raises `UsageError` with the names that there are, `DeclarationError` where its address is none.
    """
    from controlwatch.adapters.channels.apprise import INSTALL_HINT, AppriseChannel, is_installed

    channel = channels.get("apprise")
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


def resolve_target(channels: Mapping[ChannelName, Channel], channel: ChannelName, target: str) -> str:
    """Return a target as its channel knows it; raises `UsageError`, and as `resolve_destination`."""
    return resolve_destination(channels, target) if channel == "apprise" else parse_target(channel, target)


def check_destinations(channels: Mapping[ChannelName, Channel], subscriptions: Subscriptions) -> None:
    """Open every destination, and find that of each subscription; raises as `resolve_destination` does.

    Other commands than `run` do without: loading them all takes a second.
    """
    from controlwatch.adapters.channels.apprise import AppriseChannel

    channel = channels.get("apprise")
    if not isinstance(channel, AppriseChannel):
        return
    for name in channel.destination_names:
        resolve_destination(channels, name)
    for item in subscriptions.list_active():
        if item.channel == "apprise":
            try:
                resolve_destination(channels, item.target)
            except UsageError as error:
                reason = f"subscription {item.id}: {error}; to end it: controlwatch unsubscribe {item.id}"
                raise UsageError(reason) from None


def build_mail_channel(settings: Settings) -> EmailChannel:
    """Return the way to send mail; raises `DeclarationError` where a setting for it is missing."""
    from controlwatch.adapters.channels.email import EmailChannel, SmtpServer

    url = settings.smtp_url
    if url is None:
        raise DeclarationError(
            "environment",
            "CONTROLWATCH_SMTP_URL",
            "is needed to send mail: smtp://user:pass@host:587?starttls=true, or smtps://…",
        )
    smtp = SmtpUrl.parse(url.get_secret_value())
    server = SmtpServer(host=smtp.host, port=smtp.port, user=smtp.user, password=smtp.password, tls=smtp.tls)
    return EmailChannel(server, sender=settings.get_mail_sender())


def build_mailbox(settings: Settings) -> ImapMailbox:
    """Return the mailbox that newsletters come to; raises `DeclarationError` where none is set."""
    if settings.mailbox_url is None:
        raise DeclarationError("environment", "CONTROLWATCH_MAILBOX_URL", f"is needed: {ImapUrl.example}")
    from controlwatch.adapters.fetch.imap import ImapAccount, ImapMailbox

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
