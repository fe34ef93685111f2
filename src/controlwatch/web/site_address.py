"""The address at which people reach the pages: what cookies, passkeys and links depend on."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Request, Response

from controlwatch.adapters.identity.webauthn_passkeys import PasskeySite
from controlwatch.core.model.account import SESSION_LIFETIME
from controlwatch.web.access import choose_session_cookie


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """The public address; without one, the pages are reached as each request says."""

    public_url: str | None

    @property
    def is_https(self) -> bool:
        """Whether people reach the pages by https."""
        return (self.public_url or "").startswith("https:")

    def find_base_url(self, request: Request) -> str:
        """Return the address that links to pages begin with, without a slash at the end."""
        return self.public_url or str(request.base_url).rstrip("/")

    def find_passkey_site(self, request: Request) -> PasskeySite | None:
        """Return the site of passkeys; None where browsers refuse them: at a bare address, or without https.

        Without a public address, this is `localhost`.
        """
        parts = urlsplit(self.find_base_url(request))
        host = parts.hostname or ""
        if _is_address(host) or request.url.hostname != host:
            return None
        if parts.scheme != "https" and host != "localhost":
            return None
        return PasskeySite(rp_id=host, origin=f"{parts.scheme}://{parts.netloc.lower()}")

    def set_session_cookie(self, request: Request, response: Response, token: str) -> None:
        """Give the browser the token of its session."""
        self.set_cookie(
            request,
            response,
            choose_session_cookie(request, is_https=self.is_https),
            token,
            seconds=int(SESSION_LIFETIME.total_seconds()),
        )

    def forget_session_cookie(self, request: Request, response: Response) -> None:
        """Take the token of its session from the browser."""
        name = choose_session_cookie(request, is_https=self.is_https)
        self.set_cookie(request, response, name, "", seconds=0)

    def set_cookie(
        self, request: Request, response: Response, name: str, value: str, *, seconds: int
    ) -> None:
        """Give the browser a value that no script reads; with 0 seconds, take it away."""
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            httponly=True,
            samesite="lax",
            secure=self.is_https or request.url.scheme == "https",
        )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
