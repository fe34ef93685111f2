"""A generic channel: one signed POST a message, for whatever else should hear of it.

The body is JSON as docs/webhook.md describes. `X-Controlwatch-Signature` is `v1=` and the HMAC-SHA256, in
hex, of the timestamp, a dot and the body; `Idempotency-Key` is the same for every try of one delivery.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import httpx

from controlwatch.core.alerting.delivery_failures import from_http_status
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from controlwatch.core.model import ChannelName
    from controlwatch.core.rendering.message import Message

TIMEOUT = 20.0


class WebhookChannel:
    """Posts messages to addresses of the operator's choice."""

    name: ChannelName = "webhook"

    def __init__(self, secret: str, *, timeout: float = TIMEOUT) -> None:
        self._secret = secret.encode()
        # No redirects: what was signed for one place goes to no other.
        self._client = httpx.Client(timeout=timeout, follow_redirects=False)

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Post and return what the receiver answered; raises `DeliveryError`."""
        body = json.dumps(build_payload(message, key), ensure_ascii=False).encode("utf-8", "replace")
        try:
            answer = self._client.post(target, content=body, headers=self._build_headers(body, key))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryError(f"the webhook could not be reached: {type(error).__name__}") from error
        if answer.is_success:
            return f"{answer.status_code}"
        raise _to_delivery_error(answer)

    def close(self) -> None:
        """Part from every receiver."""
        self._client.close()

    def _build_headers(self, body: bytes, key: str) -> dict[str, str]:
        stamp = str(int(time.time()))
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "controlwatch",
            "Idempotency-Key": key,
            "X-Controlwatch-Timestamp": stamp,
            "X-Controlwatch-Signature": sign_body(self._secret, stamp, body),
        }


def sign_body(secret: bytes, stamp: str, body: bytes) -> str:
    """Return the signature of a body sent at a moment (seconds since 1970, as text)."""
    return "v1=" + hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def build_payload(message: Message, key: str) -> dict[str, object]:
    """Return what is posted: the cards of a message as plain values."""
    cards = [asdict(card) for card in message.cards]
    return {"key": key, "subject": message.subject, "thread": message.thread, "cards": cards}


def _to_delivery_error(answer: httpx.Response) -> DeliveryError:
    said = f"the webhook answered {answer.status_code} {to_one_line(answer.text, 120)}".rstrip()
    return from_http_status(said, answer.status_code, wait=answer.headers.get("Retry-After", ""))
