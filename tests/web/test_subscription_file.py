"""Export and import of subscriptions on the pages: previewed, all or none, and only what a person may."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from controlwatch.adapters.files.subscription_file import format_subscription_file
from controlwatch.core.model import Subscription
from controlwatch.services.import_subscriptions import import_subscriptions
from controlwatch.web.form_guard import TOKEN_FIELD
from tests.web.pages import TOKEN, Pages, served_pages

ADA = Subscription(channel="email", target="ada@desk.example", categories=("battery",), health=False)
BO = Subscription(channel="email", target="bo@desk.example", terms=("</textarea><script>alert(1)</script>",))
PAGE = "/subscriptions/import"
HELD = re.compile(r'<textarea name="text" hidden>(.*?)</textarea>', re.DOTALL)


@pytest.fixture
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with served_pages(tmp_path_factory.mktemp("state")) as opened:
        yield opened


def upload(pages: Pages, text: str | bytes, **fields: str) -> httpx.Response:
    """Send a file with the form of the page."""
    with httpx.Client(base_url=pages.url, timeout=30) as browser:
        found = TOKEN.search(browser.get(PAGE).text)
        assert found is not None
        return browser.post(PAGE, data={TOKEN_FIELD: found[1], **fields}, files={"file": ("s.json", text)})


def list_targets(pages: Pages) -> list[str]:
    return [item.target for item in pages.world.store.subscriptions.list_active()]


def test_a_preview_changes_nothing_and_its_confirmation_does(pages: Pages) -> None:
    text = format_subscription_file([ADA, BO])
    preview = upload(pages, text)
    assert "+ email ada@desk.example: battery" in preview.text
    assert "<script>alert(1)" not in preview.text
    assert list_targets(pages) == ["-"]
    answer = pages.send(PAGE, PAGE, step="save", text=text)
    assert (answer.status_code, answer.headers["location"]) == (303, "/subscriptions?done=saved")
    assert list_targets(pages) == ["-", "ada@desk.example", "bo@desk.example"]
    assert "Nothing: every subscription" in upload(pages, text).text


def test_what_is_exported_is_imported_without_a_change(pages: Pages) -> None:
    pages.world.store.subscriptions.subscribe(BO, pages.world.now)
    text = pages.open("/subscriptions/export").text
    assert {entry["target"] for entry in json.loads(text)["subscriptions"]} == {"-", "bo@desk.example"}
    assert "Nothing: every subscription" in upload(pages, text).text


def test_those_not_in_the_file_end_only_where_that_was_asked_for(pages: Pages) -> None:
    text = format_subscription_file([ADA])
    pages.send(PAGE, PAGE, step="save", text=text)
    assert list_targets(pages) == ["-", "ada@desk.example"]
    pages.send(PAGE, PAGE, step="save", text=text, end_others="yes")
    assert list_targets(pages) == ["ada@desk.example"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"\xff\xfe{", "line 1: this is not text in UTF-8"),
        (b"{", "this is not JSON"),
        (b"x" * 600_000, "larger than 500 kB"),
        (format_subscription_file([ADA]).replace("battery", "unobtainium").encode(), "line 7: category"),
        (
            format_subscription_file([ADA, BO]).replace("bo@desk", "bo desk").encode(),
            "is not an e-mail address",
        ),
    ],
)
def test_a_bad_file_imports_nothing_and_says_what_is_wrong(pages: Pages, text: bytes, problem: str) -> None:
    answer = upload(pages, text)
    assert answer.status_code == 422
    assert problem in answer.text
    assert list_targets(pages) == ["-"]


def test_a_form_of_another_site_is_refused(pages: Pages) -> None:
    answer = httpx.post(pages.url + PAGE, data={"step": "save", "text": format_subscription_file([ADA])})
    assert answer.status_code == 403
    assert list_targets(pages) == ["-"]


def test_two_imports_of_the_same_file_at_once_add_it_once(pages: Pages) -> None:
    store = pages.world.store.subscriptions

    def add(_: int) -> None:
        import_subscriptions(store.transaction, [ADA, BO], end_others=False, owner="", now=pages.world.now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(8)))
    assert sorted(list_targets(pages)) == ["-", "ada@desk.example", "bo@desk.example"]
