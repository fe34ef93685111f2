"""People for tests: an account, and a client that logs in as a browser would, over real HTTP."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import httpx

from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.people import build_account_use_cases
from controlwatch.core.model.account import Account, Actor, Role

PASSWORD = "four words that fit nowhere"
BY = Actor(who="test")
FIELD = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


def create_account(app: App, name: str, role: Role = Role.READER, password: str | None = PASSWORD) -> Account:
    """Create a person in an open state."""
    people = build_account_use_cases(app.settings, app.store).people
    return people.create_person(name, role=role, password=password, by=BY, now=datetime.now(UTC))


class FormClient(httpx.Client):
    """A browser without scripts: keeps cookies, and sends the token that a page has in its forms."""

    def send_form(self, path: str, page: str = "/login", **fields: object) -> httpx.Response:
        """Send a form of a page."""
        token = FIELD.search(self.get(page).text)
        assert token is not None, f"{page} has no form"
        return self.post(path, data={"form_token": token[1], **fields})

    def log_in(self, name: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Log in by password."""
        return self.send_form("/login", name=name, password=password, **fields)


def find_alert(answer: httpx.Response) -> str:
    """Return the error that a page shows, or ""."""
    found = re.search(r'<p class="notice error" role="alert">(.*?)</p>', answer.text)
    return html.unescape(found[1]) if found is not None else ""
