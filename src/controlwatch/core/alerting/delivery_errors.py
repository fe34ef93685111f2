"""What a refusal speaks of: this message, this target whatever the message, or us.

Of a message that is refused, the delivery is put down as refused; of a target, the subscription is paused;
what speaks of us, or mends by itself, is tried again.
"""

from __future__ import annotations

import re

from controlwatch.core.model.errors import DeliveryError

#: Seconds to wait for somebody to mend what no repetition mends.
REPAIR_WAIT = 3600.0
#: What mends by itself: too early, too many, a conflict with the same delivery on its way.
TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
#: There is nobody at this address any more.
GONE_STATUSES = frozenset({404, 410})
#: The message is not taken as it stands.
REJECTED_STATUSES = frozenset({400, 413, 415, 422})

#: An enhanced status code (RFC 3463): "5.1.1 <a@b.example>: no such user"; its second part is the class.
ENHANCED_STATUS = re.compile(r"5\.(\d{1,3})\.\d{1,3}\b")
#: Classes that speak of the address, its mailbox and the way there; 5.7.1 is "we relay nothing for you".
ADDRESS_CLASSES = frozenset({"1", "2", "4"})
#: What servers without such codes write when it is us whom they refuse: "550 relay not permitted"
RELAY_REFUSED = re.compile(r"\brelay", re.IGNORECASE)


def from_http_status(said: str, status: int, *, wait: str = "") -> DeliveryError:
    """Return the error for an HTTP status that is none of success; `wait` is its Retry-After, in seconds."""
    if status in TRANSIENT_STATUSES or status >= 500:
        return DeliveryError(said, retry_after=float(wait) if wait.isdecimal() and wait.isascii() else None)
    gone = status in GONE_STATUSES
    # A key that is wrong or a redirect is mended by somebody: it is tried again, later and later.
    return DeliveryError(
        said,
        permanent=gone or status in REJECTED_STATUSES,
        target=gone,
        retry_after=None if gone else REPAIR_WAIT,
    )


def is_about_address(status: re.Match[str]) -> bool:
    """Say whether an enhanced status code, as `ENHANCED_STATUS` finds it, speaks of the address."""
    return status[1] in ADDRESS_CLASSES
