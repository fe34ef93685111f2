"""Addresses of our own that stand in messages, each with its signed token."""

from __future__ import annotations

from dataclasses import dataclass, field

from controlwatch.core.alerting.tokens import sign_token


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLinks:
    """Where people reach us from outside, and what we sign with; without an address there are no links."""

    public_url: str = ""  #: without a slash at its end
    secret: bytes = field(default=b"", repr=False)

    def build_unsubscribe_url(self, subscription_id: int) -> str:
        """Return the address that ends a subscription, or ""."""
        return self._build_url("unsubscribe", sign_token(self.secret, "unsubscribe", subscription_id))

    def build_confirm_url(self, subscription_id: int) -> str:
        """Return the address that confirms a subscription, or ""."""
        return self._build_url("confirm", sign_token(self.secret, "confirm", subscription_id))

    def build_acknowledge_url(self, delivery_id: int) -> str:
        """Return the address that acknowledges all that left in the mail of a delivery, or ""."""
        return self._build_url("acknowledge", sign_token(self.secret, "acknowledge", delivery_id))

    def build_evidence_url(self, alert_id: int) -> str:
        """Return the address at which an alert's notice is shown with what proves each conclusion, or ""."""
        return self._build_url("alert", sign_token(self.secret, "alert", alert_id))

    def build_copy_url(self, alert_id: int) -> str:
        """Return the address of the bytes that an alert's notice was read from, or ""."""
        address = self.build_evidence_url(alert_id)
        return f"{address}/copy" if address else ""

    def _build_url(self, place: str, token: str) -> str:
        return f"{self.public_url}/{place}/{token}" if self.public_url and self.secret else ""
