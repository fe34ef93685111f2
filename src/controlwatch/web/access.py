"""Who a request comes from, and whether it may be answered.

As long as no account exists, the pages and the API are served to the machine itself only: the server listens
on loopback, no public address is declared, and the request came neither through a proxy nor by a name that
another site could point at loopback. Once an account exists, every request needs a session or a token.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from fastapi import Request

from controlwatch.core.model.account import LOCAL_VISITOR, Actor, Role, Visitor
from controlwatch.services.access import AccessStore, hash_token

#: A session's token. With https it has the prefix that binds it to this host.
SESSION_COOKIE = "controlwatch_session"
SECURE_SESSION_COOKIE = f"__Host-{SESSION_COOKIE}"
#: A path of this site. Browsers take a backslash for a slash, and leave control characters out.
LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\s\x00-\x1f\x7f]{0,2000}")
#: What proxies add: such a request does not come from this machine, whatever its address.
PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class AccessError(Exception):
    """A request that may not be answered."""


class LoginRequired(AccessError):
    """An account exists, and the request has neither a session nor a token that is valid."""


class NotLocal(AccessError):
    """No account exists, and the request did not come from this machine."""


class RoleRequired(AccessError):
    """The person may not do this; the message is the role that may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessGuard:
    """Identifies who a request comes from."""

    accounts: AccessStore
    is_local_server: bool  #: it listens on loopback, and no public address is declared
    is_https: bool = False  #: the public address is https: a cookie without its prefix counts for nothing

    def identify(self, request: Request) -> Visitor:
        """Return who a request comes from; raises `LoginRequired` or `NotLocal`."""
        now = datetime.now(UTC)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            found = self.accounts.find_token_visitor(hash_token(token.strip()), now=now)
            if found is None:
                raise LoginRequired
            return found
        cookie = self.find_session_token(request)
        if cookie:
            found = self.accounts.find_session_visitor(hash_token(cookie), now=now)
            if found is not None:
                return found
        if self.accounts.has_accounts():
            raise LoginRequired
        if not (self.is_local_server and is_local_request(request)):
            raise NotLocal
        return LOCAL_VISITOR

    def find_session_token(self, request: Request) -> str:
        """Return the token of the session that a browser has, valid or not; "" where it has none."""
        return request.cookies.get(choose_session_cookie(request, is_https=self.is_https), "")

    def allow(self, role: Role, *, tokens_may_change: bool = False) -> Callable[[Request], None]:
        """Return a dependency that lets people of a role pass; raises as `identify`, and `RoleRequired`.

        The visitor is in `request.state.visitor` afterwards. A token of the API reads pages, as far as its
        scopes go; with `tokens_may_change` it may also send what changes something.
        """

        def check(request: Request) -> None:
            visitor = self.identify(request)
            request.state.visitor = visitor
            if visitor.scopes is not None and not (tokens_may_change or request.method in {"GET", "HEAD"}):
                raise LoginRequired
            # What a token may change, the API lets it change; on the pages it may look things up.
            is_beyond_token = visitor.scopes is not None and (
                role is not Role.READER or "read" not in visitor.scopes
            )
            if is_beyond_token or not visitor.role.includes(role):
                raise RoleRequired(role.value)

        return check


def choose_session_cookie(request: Request, *, is_https: bool) -> str:
    """Return the name of the cookie with the token of a session."""
    return SECURE_SESSION_COOKIE if is_https or request.url.scheme == "https" else SESSION_COOKIE


def get_client_address(request: Request) -> str:
    """Return the network address of a client; "" where it is not known."""
    return request.client.host if request.client is not None else ""


def get_actor(request: Request) -> Actor:
    """Return who acts, once a dependency of `AccessGuard` let the request pass."""
    return Actor(who=get_visitor(request).name, address=get_client_address(request))


def to_local_path(wanted: str) -> str:
    """Return the path of a page of this site; "/" for anything that leads elsewhere, or to the login.

    >>> to_local_path("/notices?q=a#b"), to_local_path("//a.example/"), to_local_path("https://a.example")
    ('/notices?q=a#b', '/', '/')
    """
    is_local = bool(LOCAL_PATH.fullmatch(wanted)) and not wanted.startswith(("/login", "/logout"))
    return wanted if is_local else "/"


def get_visitor(request: Request) -> Visitor:
    """Return who a request comes from, once a dependency of `AccessGuard` let it pass."""
    visitor: Visitor = request.state.visitor
    return visitor


def is_local_request(request: Request) -> bool:
    """Return whether a request was sent from this machine, by its own name, and through no proxy."""
    host = request.url.hostname or ""
    return (
        is_loopback(get_client_address(request))
        and (host == "localhost" or is_loopback(host))
        and not any(name in request.headers for name in PROXY_HEADERS)
    )


def is_loopback(host: str) -> bool:
    """Return whether a host is an address of the machine itself.

    >>> is_loopback("127.0.0.1"), is_loopback("[::1]"), is_loopback("192.0.2.7"), is_loopback("localhost.cn")
    (True, True, False, False)
    """
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
