"""Links to this installation in messages, each with a token that only its secret can sign."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

#: What a link is for: a token of one purpose is worth nothing for another.
TokenPurpose = Literal[
    "unsubscribe",
    "confirm",
    "resubscribe",
    "alert",
    "acknowledge",
    "calendar",
    "filter-calendar",
    "filter-feed",
    "password",
]

#: How long links can be used. That to unsubscribe has no end, since mails are kept for years and every mail
#: program must find it working (RFC 8058); neither has that to the evidence of an alert, which is read only.
#: Calendars and feeds are read by programs for years: they end with the subscription or the saved filter.
LIFETIMES: dict[TokenPurpose, timedelta] = {
    "confirm": timedelta(days=14),
    "resubscribe": timedelta(days=30),
    "acknowledge": timedelta(days=180),
}

#: The largest number that a database stores.
MAX_SUBJECT = 2**63 - 1
#: 17.K5chvXusEbegjP9G3kjIxygOGfBYFmhyurqk2MbA6FU, 17.20270401.…
TOKEN_FORM = re.compile(r"([1-9][0-9]{0,18})(?:\.([0-9]{8}))?\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkToken:
    """What a token says."""

    subject: int
    last_day: date | None = None  #: in UTC, on which it can be used; None: without an end

    def has_expired(self, now: datetime) -> bool:
        """Return whether its time is over."""
        return self.last_day is not None and now.astimezone(UTC).date() > self.last_day


def sign_token(secret: bytes, purpose: TokenPurpose, subject: int, *, last_day: date | None = None) -> str:
    """Return the token of a subject (a positive number), fit for use in a URL.

    >>> sign_token(b"a secret of the operator's", "confirm", 17)
    '17.K5chvXusEbegjP9G3kjIxygOGfBYFmhyurqk2MbA6FU'
    """
    words = f"{subject}.{last_day:%Y%m%d}" if last_day is not None else f"{subject}"
    signature = hmac.digest(secret, f"{purpose}:{words}".encode(), "sha256")
    return f"{words}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def build_calendar_path(secret: bytes, subscription_id: int) -> str:
    """Return the path of the calendar of a subscription; everyone who knows it may read the calendar."""
    return f"/calendar/{sign_token(secret, 'calendar', subscription_id)}.ics"


def verify_token(secret: bytes, purpose: TokenPurpose, token: str) -> int | None:
    """Return the subject of a token that was signed with this secret for this purpose, else None."""
    found = read_token(secret, purpose, token)
    return found.subject if found is not None else None


def read_token(secret: bytes, purpose: TokenPurpose, token: str) -> LinkToken | None:
    """Return what a token says, whether its time is over or not; None as for `verify_token`.

    Tokens of mails that were sent before links had an end are valid too.
    """
    shape = TOKEN_FORM.fullmatch(token)
    if shape is None or not secret:
        return None
    subject = int(shape[1])
    if subject > MAX_SUBJECT:
        return None
    try:
        last_day = date.fromisoformat(shape[2]) if shape[2] else None
    except ValueError:
        return None
    # The written tokens are compared, not their bytes: Base64 has several ways to write some.
    signed = sign_token(secret, purpose, subject, last_day=last_day)
    return LinkToken(subject=subject, last_day=last_day) if hmac.compare_digest(signed, token) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLinks:
    """Builds links from the public address and the signing secret; without either, every link is "".

    `on` is the day on which a link is made, from which its lifetime counts; without it, it has no end.
    """

    public_url: str = ""  #: without a trailing slash
    secret: bytes = field(default=b"", repr=False)

    def build_unsubscribe_url(self, subscription_id: int) -> str:
        """Return the URL that ends a subscription, or ""."""
        return self._build_url("unsubscribe", subscription_id)

    def build_calendar_url(self, subscription_id: int) -> str:
        """Return the URL of the calendar of a subscription, or ""."""
        if not self.public_url or not self.secret:
            return ""
        return f"{self.public_url}{build_calendar_path(self.secret, subscription_id)}"

    def build_confirm_url(self, subscription_id: int, *, on: date | None = None) -> str:
        """Return the URL that confirms a subscription, or ""."""
        return self._build_url("confirm", subscription_id, on)

    def build_resubscribe_url(self, subscription_id: int, *, on: date | None = None) -> str:
        """Return the URL that continues a subscription that has ended, or ""."""
        return self._build_url("resubscribe", subscription_id, on)

    def build_acknowledge_url(self, delivery_id: int, *, on: date | None = None) -> str:
        """Return the URL that acknowledges all alerts in the mail of a delivery, or ""."""
        return self._build_url("acknowledge", delivery_id, on)

    def build_evidence_url(self, alert_id: int) -> str:
        """Return the URL of the page with the evidence of each conclusion of an alert, or ""."""
        return self._build_url("alert", alert_id)

    def build_copy_url(self, alert_id: int) -> str:
        """Return the URL of the bytes that an alert's notice was read from, or ""."""
        url = self.build_evidence_url(alert_id)
        return f"{url}/copy" if url else ""

    def _build_url(self, purpose: TokenPurpose, subject: int, on: date | None = None) -> str:
        if not self.public_url or not self.secret:
            return ""
        last_day = on + LIFETIMES[purpose] if on is not None else None
        return f"{self.public_url}/{purpose}/{sign_token(self.secret, purpose, subject, last_day=last_day)}"
