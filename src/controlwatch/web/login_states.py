"""What a browser keeps while it logs in: signed, for some minutes, and good for one use.

Logging in by passkey or at a provider takes two requests. What the second must match is in a cookie of the
browser that sent the first, so that nothing is stored for people who never come back.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from fastapi import Request, Response
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from controlwatch.services.account_refusals import LOGIN_TOO_OLD, AccountRefusal
from controlwatch.web.site_address import SiteAddress

LoginPurpose = Literal["passkey", "new-passkey", "provider"]
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginState:
    """A login that has begun."""

    value: str  #: random
    next_path: str  #: where it leads
    secret: bytes = field(repr=False)

    @property
    def challenge(self) -> bytes:
        """What a passkey signs."""
        return self.derive_value("challenge").encode()

    def derive_value(self, use: str) -> str:
        """Return a value that only this server can know before it is used: for example a nonce."""
        digest = hmac.digest(self.secret, f"{use}:{self.value}".encode(), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")


class LoginStates:
    """Begins logins and lets each be finished once, by the browser that began it."""

    def __init__(self, secret: bytes, site: SiteAddress) -> None:
        self._secret = hmac.digest(secret, b"login states", "sha256")
        self._key = OctKey.import_key(self._secret)
        self._site = site
        self._guard = threading.Lock()
        self._used: dict[str, float] = {}  #: until when each used value would be valid

    def begin_login(self, next_path: str) -> LoginState:
        """Return a login that begins; `keep_in_browser` gives it to the browser."""
        return LoginState(value=secrets.token_urlsafe(32), next_path=next_path, secret=self._secret)

    def keep_in_browser(
        self, request: Request, response: Response, purpose: LoginPurpose, state: LoginState, now: datetime
    ) -> None:
        """Let the browser keep a login until it is finished."""
        claims = {
            "aud": purpose,
            "state": state.value,
            "next": state.next_path,
            "exp": int((now + LIFETIME).timestamp()),
        }
        self._site.set_cookie(
            request,
            response,
            self._name_cookie(purpose),
            jwt.encode({"alg": "HS256"}, claims, self._key),
            seconds=int(LIFETIME.total_seconds()),
        )

    def finish_login(self, request: Request, purpose: LoginPurpose, now: datetime) -> LoginState:
        """Return the login that this browser began; raises `AccountRefusal` too late, or twice."""
        try:
            kept = jwt.decode(
                request.cookies.get(self._name_cookie(purpose), ""), self._key, algorithms=["HS256"]
            ).claims
        except (JoseError, ValueError, TypeError) as error:
            raise AccountRefusal(LOGIN_TOO_OLD) from error
        until, stamp = float(kept["exp"]), now.timestamp()
        with self._guard:
            self._used = {value: end for value, end in self._used.items() if end > stamp}
            if kept["aud"] != purpose or until <= stamp or kept["state"] in self._used:
                raise AccountRefusal(LOGIN_TOO_OLD)
            self._used[kept["state"]] = until
        return LoginState(value=kept["state"], next_path=kept["next"], secret=self._secret)

    def forget_in_browser(self, request: Request, response: Response, purpose: LoginPurpose) -> None:
        """Take a login that is finished from the browser."""
        self._site.set_cookie(request, response, self._name_cookie(purpose), "", seconds=0)

    def _name_cookie(self, purpose: LoginPurpose) -> str:
        prefix = "__Host-" if self._site.is_https else ""
        return f"{prefix}controlwatch_login_{purpose}"
