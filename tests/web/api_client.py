"""An installation whose API is served, and programs that ask it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from controlwatch.bootstrap.app import App, open_app
from controlwatch.core.model import Notice
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.known import known
from tests.store.steps import NOW, announcement, make_observation, observe
from tests.waiting import PATIENCE
from tests.web.people import add_person, add_token, bearer

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Api:
    """An open application, and the address of its API."""

    app: App
    url: str
    headers: dict[str, str]

    def ask(self, path: str, *, method: str = "GET", **more: Any) -> httpx.Response:
        """Send a request with the token, where there is one."""
        headers = self.headers | more.pop("headers", {})
        return httpx.request(method, self.url + path, headers=headers, timeout=PATIENCE, **more)

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the answer to a question that has one."""
        answer = self.ask(path, params=parameters or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Send a body."""
        return self.ask(path, method="POST", json=body, **more)

    def with_token(self, role: str, *scopes: str) -> Api:
        """Return the API as a new person of a role asks it, with a token of these scopes."""
        name = f"{role}-{'-'.join(scopes)}"
        return replace(self, headers=bearer(add_token(self.app, add_person(self.app, name, role), *scopes)))

    def publish(self, number: int, **more: Any) -> str:
        """Take in a notice, and return its key."""
        notice = announcement(
            number, **{name: more.pop(name) for name in ("title", "category") if name in more}
        )
        return self.take_in(replace(notice, **more), url=f"https://a.example/{number}.html")

    def take_in(self, notice: Notice, *, url: str, words: str = "") -> str:
        """Take in a notice, and return its key."""
        store: Any = self.app.store
        observe(store, make_observation(store, notice, url=url, words=words), NOW + timedelta(minutes=1))
        return notice.number.key if notice.number else url


@contextmanager
def served(folder: Path, **more: Any) -> Iterator[Api]:
    """Serve the API of an installation that knows the reference database, to this machine."""
    chosen = Settings(state_dir=known(folder), watchers_dir=shipped_watchers(), listen="127.0.0.1:0", **more)
    with (
        open_app(chosen) as app,
        serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as web,
    ):
        yield Api(app, f"{web}/api/v1", {})


def path_of(key: str) -> str:
    """Return the path of the notice of a key."""
    return f"/notices/{quote(key, safe='')}"


def is_problem(answer: httpx.Response, status: int, name: str = "") -> None:
    """Check that an answer is problem details of a status and a kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == f"urn:controlwatch:problem:{name}" or not name
    assert body["title"]
