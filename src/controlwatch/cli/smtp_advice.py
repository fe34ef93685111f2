"""Advice for the errors of a mail server."""

from __future__ import annotations

import smtplib
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controlwatch.core.model.errors import DeliveryError

#: Error → what to do; the first that matches counts.
ADVICE_BY_ERROR: tuple[tuple[type[Exception], str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "The certificate is for another host name, or of an authority that this machine does not trust: "
        "use the name of the certificate in CONTROLWATCH_SMTP_URL.",
    ),
    (
        ssl.SSLError,
        "The server does not start with TLS on this port: use smtps:// for port 465, "
        "smtp://…:587?starttls=true for port 587.",
    ),
    (socket.gaierror, "No such host: check the name in CONTROLWATCH_SMTP_URL."),
    (
        ConnectionRefusedError,
        "Nothing listens there: usual are port 587 with ?starttls=true, 465 with smtps://, 25 without both.",
    ),
    (
        TimeoutError,
        "No answer: a firewall may block the port (many networks block 25), or the port expects TLS "
        "from the start: use smtps://.",
    ),
    (
        smtplib.SMTPServerDisconnected,
        "The server closed the connection: it may expect TLS from the start (smtps://), or refuse "
        "this machine.",
    ),
    (
        smtplib.SMTPAuthenticationError,
        "Check user and password in CONTROLWATCH_SMTP_URL: write #, / and @ as %23, %2F and %40. Some "
        "providers require an app password.",
    ),
    (
        smtplib.SMTPNotSupportedError,
        "The server does not offer this on the port: logins often need ?starttls=true or smtps://.",
    ),
    (
        smtplib.SMTPSenderRefused,
        "The server does not accept CONTROLWATCH_MAIL_FROM as the sender, or requires a login.",
    ),
    (
        smtplib.SMTPDataError,
        "The mail was refused for its content or sender: check SPF, DKIM and DMARC of the domain of "
        "CONTROLWATCH_MAIL_FROM.",
    ),
)


def find_advice(error: DeliveryError) -> str:
    """Return what to do about a mail that could not be sent."""
    cause = error.__cause__
    if error.target:
        return "The server does not know this address: check its spelling."
    if isinstance(cause, smtplib.SMTPRecipientsRefused):
        return "The server refuses mail for this address: it may require a login, or a later attempt."
    return next(
        (advice for kind, advice in ADVICE_BY_ERROR if isinstance(cause, kind)),
        "Check CONTROLWATCH_SMTP_URL, then try again.",
    )
