"""A generic channel: one signed POST for each message.

The body is JSON as docs/webhook.md describes. `X-Controlwatch-Signature` is `v1=` and the HMAC-SHA256, in
hex, of the timestamp, a dot and the body; `Idempotency-Key` is the same for every attempt at one delivery.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import asdict

import httpx

from controlwatch.adapters.limits.bounded_http import BoundedHttpClient
from controlwatch.core.alerting.delivery_failures import from_http_status
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.message import Message

TIMEOUT = 20.0  #: seconds for the whole exchange


class WebhookChannel:
    """Posts messages to addresses that the operator chose."""

    name: ChannelName = "webhook"

    def __init__(self, secret: str, *, timeout: float = TIMEOUT) -> None:
        self._secret = secret.encode()
        # No redirects: a message signed for one receiver must not reach another.
        self._client = BoundedHttpClient(seconds=timeout)

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Post and return the status of the answer; raises `DeliveryError`."""
        body = json.dumps(build_payload(message, key), ensure_ascii=False).encode("utf-8", "replace")
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "controlwatch",
            "Idempotency-Key": key,
            "X-Controlwatch-Timestamp": stamp,
            "X-Controlwatch-Signature": sign_body(self._secret, stamp, body),
        }
        try:
            answer = self._client.send("POST", target, body=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryError(f"the webhook could not be reached: {type(error).__name__}") from error
        if answer.is_success:
            return f"{answer.status}"
        reason = f"the webhook answered {answer.status} {to_one_line(answer.text, 120)}".rstrip()
        raise from_http_status(reason, answer.status, wait=answer.headers.get("Retry-After", ""))

    def close(self) -> None:
        """Close the connections to all receivers."""
        self._client.close()


def sign_body(secret: bytes, stamp: str, body: bytes) -> str:
    """Return the signature of a body sent at a time (seconds since 1970, as text)."""
    return "v1=" + hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def build_payload(message: Message, key: str) -> dict[str, object]:
    """Return the JSON values to post: the cards of a message."""
    cards = [asdict(card) for card in message.cards]
    return {"key": key, "subject": message.subject, "thread": message.thread, "cards": cards}
