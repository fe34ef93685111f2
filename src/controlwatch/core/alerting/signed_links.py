"""Addresses of our own that stand in messages, each with its signed token."""

from __future__ import annotations

from dataclasses import dataclass, field

from controlwatch.core.alerting.tokens import sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where people reach us from outside, and what we sign with; without an address there are no links."""

    public_url: str = ""  #: without a slash at its end
    secret: bytes = field(default=b"", repr=False)

    def unsubscribe(self, subscription_id: int) -> str:
        """Return the address that ends a subscription, or ""."""
        return self._to("unsubscribe", sign(self.secret, "unsubscribe", subscription_id))

    def confirm(self, subscription_id: int) -> str:
        """Return the address that confirms a subscription, or ""."""
        return self._to("confirm", sign(self.secret, "confirm", subscription_id))

    def acknowledge(self, delivery_id: int) -> str:
        """Return the address that acknowledges all that left in the mail of a delivery, or ""."""
        return self._to("acknowledge", sign(self.secret, "acknowledge", delivery_id))

    def evidence(self, alert_id: int) -> str:
        """Return the address at which an alert's notice is shown with what proves each conclusion, or ""."""
        return self._to("alert", sign(self.secret, "alert", alert_id))

    def copy(self, alert_id: int) -> str:
        """Return the address of the bytes that an alert's notice was read from, or ""."""
        address = self.evidence(alert_id)
        return f"{address}/copy" if address else ""

    def _to(self, place: str, token: str) -> str:
        return f"{self.public_url}/{place}/{token}" if self.public_url and self.secret else ""
