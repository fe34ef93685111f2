"""Tokens for links in messages: without our secret nobody can make one, for a subscription or an alert."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from typing import Literal

#: What a link is for: a token of one purpose is worth nothing for another.
TokenPurpose = Literal["unsubscribe", "confirm", "alert", "acknowledge"]

#: The largest number that a database keeps.
MAX_SUBJECT = 2**63 - 1
#: 17.K5chvXusEbegjP9G3kjIxygOGfBYFmhyurqk2MbA6FU
TOKEN_FORM = re.compile(r"([1-9][0-9]{0,18})\.[A-Za-z0-9_-]{43}")


def sign_token(secret: bytes, purpose: TokenPurpose, subject: int) -> str:
    """Return the token of a subject (a positive number), fit to stand in an address.

    >>> sign_token(b"a secret of the operator's", "confirm", 17)
    '17.K5chvXusEbegjP9G3kjIxygOGfBYFmhyurqk2MbA6FU'
    """
    mark = hmac.digest(secret, f"{purpose}:{subject}".encode(), "sha256")
    return f"{subject}.{urlsafe_b64encode(mark).decode().rstrip('=')}"


def verify_token(secret: bytes, purpose: TokenPurpose, token: str) -> int | None:
    """Return the subject of a token that we signed for this purpose, else None."""
    shape = TOKEN_FORM.fullmatch(token)
    if shape is None or not secret:
        return None
    subject = int(shape[1])
    if subject > MAX_SUBJECT:
        return None
    # The written tokens are compared, not the bytes they stand for: Base64 has several ways to write some.
    return subject if hmac.compare_digest(sign_token(secret, purpose, subject), token) else None
