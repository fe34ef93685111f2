"""Deliveries as a log shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: replayed: due now; under-way: it is being sent, or waits for its first try; muted: it is not to be sent;
#: ended: its subscription has ended; unknown: the subscription has no such delivery.
ReplayResult = Literal["replayed", "under-way", "muted", "ended", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """A delivery of an alert, its state and the reason of a failure."""

    id: int
    key: str  #: sent with it; a receiver recognizes a repetition by it
    message: str | None  #: key of the message that carried it, the Idempotency-Key of a webhook
    alert: int
    kind: str
    title: str
    number: str | None  #: of the notice
    made_at: datetime
    state: str  #: pending, leased, sent, refused or muted
    why: str  #: why the subscription gets it
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    receipt: str | None  #: what the receiver answered
    reason: str | None  #: of the last failure
