"""Links to this installation in messages, each with a token that only its secret can sign."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Literal

#: What a link is for: a token of one purpose is worth nothing for another.
TokenPurpose = Literal["unsubscribe", "confirm", "alert", "acknowledge"]

#: The largest number that a database stores.
MAX_SUBJECT = 2**63 - 1
#: 17.K5chvXusEbegjP9G3kjIxygOGfBYFmhyurqk2MbA6FU
TOKEN_FORM = re.compile(r"([1-9][0-9]{0,18})\.[A-Za-z0-9_-]{43}")


def sign_token(secret: bytes, purpose: TokenPurpose, subject: int) -> str:
    """Return the token of a subject (a positive number), fit for use in a URL.

    >>> sign_token(b"a secret of the operator's", "confirm", 17)
    '17.K5chvXusEbegjP9G3kjIxygOGfBYFmhyurqk2MbA6FU'
    """
    signature = hmac.digest(secret, f"{purpose}:{subject}".encode(), "sha256")
    return f"{subject}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def verify_token(secret: bytes, purpose: TokenPurpose, token: str) -> int | None:
    """Return the subject of a token that was signed with this secret for this purpose, else None."""
    shape = TOKEN_FORM.fullmatch(token)
    if shape is None or not secret:
        return None
    subject = int(shape[1])
    if subject > MAX_SUBJECT:
        return None
    # The written tokens are compared, not their bytes: Base64 has several ways to write some.
    return subject if hmac.compare_digest(sign_token(secret, purpose, subject), token) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLinks:
    """Builds links from the public address and the signing secret; without either, every link is ""."""

    public_url: str = ""  #: without a trailing slash
    secret: bytes = field(default=b"", repr=False)

    def build_unsubscribe_url(self, subscription_id: int) -> str:
        """Return the URL that ends a subscription, or ""."""
        return self._build_url("unsubscribe", subscription_id)

    def build_confirm_url(self, subscription_id: int) -> str:
        """Return the URL that confirms a subscription, or ""."""
        return self._build_url("confirm", subscription_id)

    def build_acknowledge_url(self, delivery_id: int) -> str:
        """Return the URL that acknowledges all alerts in the mail of a delivery, or ""."""
        return self._build_url("acknowledge", delivery_id)

    def build_evidence_url(self, alert_id: int) -> str:
        """Return the URL of the page with the evidence of each conclusion of an alert, or ""."""
        return self._build_url("alert", alert_id)

    def build_copy_url(self, alert_id: int) -> str:
        """Return the URL of the bytes that an alert's notice was read from, or ""."""
        url = self.build_evidence_url(alert_id)
        return f"{url}/copy" if url else ""

    def _build_url(self, purpose: TokenPurpose, subject: int) -> str:
        if not self.public_url or not self.secret:
            return ""
        return f"{self.public_url}/{purpose}/{sign_token(self.secret, purpose, subject)}"
