"""Forms that only our own pages can send.

Each browser gets a random value in a cookie that no script and no other site can read, and each form a
token made of it with the secret of the installation. A request that another site caused is refused by what
the browser says of its origin as well.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from fastapi import Request, Response
from starlette.datastructures import FormData

FORM_COOKIE = "controlwatch_form"
#: Name of the hidden field, and of the header that our script sends.
TOKEN_FIELD, TOKEN_HEADER = "form_token", "x-form-token"
#: Fields of a form; more are refused.
MAX_FIELDS, MAX_FILES = 200, 1


class ForgedForm(Exception):
    """A form that none of our pages sent to this browser."""


@dataclass(frozen=True, slots=True)
class FormGuard:
    """Makes and checks the tokens of forms."""

    secret: bytes = field(repr=False)

    def find_browser_value(self, request: Request) -> str:
        """Return the random value of a browser: that of its cookie, or a new one."""
        known: str | None = getattr(request.state, "form_value", None) or request.cookies.get(FORM_COOKIE)
        value = known if known and len(known) <= 64 else secrets.token_urlsafe(32)
        request.state.form_value = value
        return value

    def build_token(self, request: Request) -> str:
        """Return the token for the forms of a page."""
        value = self.find_browser_value(request)
        return hmac.new(self.secret, f"form:{value}".encode(), "sha256").hexdigest()

    def set_cookie(self, request: Request, response: Response) -> None:
        """Give the browser its random value, where it has none yet."""
        value = self.find_browser_value(request)
        if request.cookies.get(FORM_COOKIE) != value:
            is_secure = request.url.scheme == "https"
            response.set_cookie(FORM_COOKIE, value, httponly=True, samesite="strict", secure=is_secure)

    async def check(self, request: Request) -> None:
        """Let a request of our own pages pass, with its form in `request.state.form`.

        A dependency of every route that changes something. Raises `ForgedForm`.
        """
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site not in {"same-origin", "none"}:
            raise ForgedForm
        form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS)
        given = request.headers.get(TOKEN_HEADER) or form.get(TOKEN_FIELD)
        has_cookie = FORM_COOKIE in request.cookies
        expected = self.build_token(request)
        if not (
            has_cookie and isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())
        ):
            raise ForgedForm
        request.state.form = form


def get_form(request: Request) -> FormData:
    """Return the form of a request that `FormGuard.check` let pass."""
    form: FormData = request.state.form
    return form


def get_text(form: FormData, name: str, *, most: int = 500) -> str:
    """Return a field of a form as stripped text of at most `most` characters; "" where it is missing."""
    value = form.get(name)
    return value.strip()[:most] if isinstance(value, str) else ""
