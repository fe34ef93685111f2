"""Without any account, only the machine itself sees the pages."""

from __future__ import annotations

import httpx
import pytest

from controlwatch.web.access import PROXY_HEADERS
from tests.browser.conftest import Site, site

__all__ = ["site"]


def test_the_machine_itself_sees_the_pages(site: Site) -> None:
    assert httpx.get(f"{site.url}/").status_code == 200


@pytest.mark.parametrize("header", PROXY_HEADERS)
def test_what_came_through_a_proxy_is_not_from_this_machine(site: Site, header: str) -> None:
    answer = httpx.get(f"{site.url}/", headers={header: "192.0.2.7"})
    assert answer.status_code == 403
    assert "controlwatch users add" in answer.text


def test_another_name_of_loopback_is_not_this_machine(site: Site) -> None:
    """A site could point its own name at 127.0.0.1 and read the pages through somebody's browser."""
    assert httpx.get(f"{site.url}/", headers={"Host": "rebound.example"}).status_code == 403


def test_a_session_that_does_not_exist_opens_nothing_more(site: Site) -> None:
    answer = httpx.get(
        f"{site.url}/", cookies={"controlwatch_session": "x" * 43}, headers={"Via": "1.1 proxy"}
    )
    assert answer.status_code == 403


def test_a_token_that_does_not_exist_is_refused(site: Site) -> None:
    answer = httpx.get(f"{site.url}/", headers={"Authorization": "Bearer " + "x" * 43})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
