"""What a person can do about a mail server that did not take a mail."""

from __future__ import annotations

import smtplib
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controlwatch.core.model.errors import DeliveryError

#: What went wrong → what to do; the first that fits is said.
ADVICE_BY_ERROR: tuple[tuple[type[Exception], str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "The certificate is for another host name, or of an authority that this machine does not trust: "
        "write the name in CONTROLWATCH_SMTP_URL that the certificate bears.",
    ),
    (
        ssl.SSLError,
        "The server speaks no TLS on this port from the first byte on: smtps:// is for port 465, "
        "smtp://…:587?starttls=true for 587.",
    ),
    (socket.gaierror, "No such host: check the name in CONTROLWATCH_SMTP_URL."),
    (
        ConnectionRefusedError,
        "Nothing listens there: 587 is usual with ?starttls=true, 465 with smtps://, 25 without either.",
    ),
    (
        TimeoutError,
        "No answer: a firewall may stand between (many networks block port 25), or the port wants TLS "
        "from the first byte on: smtps://.",
    ),
    (
        smtplib.SMTPServerDisconnected,
        "The server hung up: it may want TLS from the first byte on (smtps://), or refuse this machine.",
    ),
    (
        smtplib.SMTPAuthenticationError,
        "Check user and password in CONTROLWATCH_SMTP_URL; #, / and @ are written %23, %2F and %40, and some "
        "providers want a password made for this one program.",
    ),
    (
        smtplib.SMTPNotSupportedError,
        "The server does not offer that on this port: logins often need ?starttls=true or smtps://.",
    ),
    (
        smtplib.SMTPSenderRefused,
        "The server does not let us send as CONTROLWATCH_MAIL_FROM says, or wants a login.",
    ),
    (
        smtplib.SMTPDataError,
        "It was refused by its content or sender: check what the domain of CONTROLWATCH_MAIL_FROM allows "
        "(SPF, DKIM, DMARC).",
    ),
)


def find_advice(error: DeliveryError) -> str:
    """Return what to do about a mail that was not taken."""
    cause = error.__cause__
    if error.target:
        return "The server knows this address not, or no more: check its spelling."
    if isinstance(cause, smtplib.SMTPRecipientsRefused):
        return "The server takes no mail for this address from us: it may want a login, or us to wait."
    return next(
        (said for kind, said in ADVICE_BY_ERROR if isinstance(cause, kind)),
        "Check CONTROLWATCH_SMTP_URL, then try again.",
    )
