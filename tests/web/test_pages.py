"""What the pages show and change, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from controlwatch.core.model import Direction, Subscription
from tests.languages import find_english
from tests.services.test_news import GALLIUM
from tests.services.world import WATCHER
from tests.web.pages import HOSTILE, Pages, served_pages

ALL_PATHS = (
    "/", "/notices", "/items", "/items/gallium", "/entities", "/entities?q=a", "/subscriptions", "/alerts?all=yes",
    "/reviews", "/sources", "/operations", "/calendar?month=2026-04", "/calendar?month=2026-04&view=list",
    "/report?week=2026-W10", "/feeds/notices.atom",
)  # fmt: skip
#: Addresses that ask for what does not exist.
MISTAKES = (
    "/notices?category=zzz", "/notices?direction=zzz", "/notices?from=2026-99-99", "/items/zzz", "/items/3A001", "/items/8507.60",
    "/report?week=zz", "/calendar?month=zz", "/notices/MOFCOM%209999-1", "/sources/zzz", "/nothing",
)  # fmt: skip
NUMBER = "MOFCOM-GACC 2026-40"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with served_pages(tmp_path_factory.mktemp("state"), GALLIUM, HOSTILE) as opened:
        for delivery in iter(lambda: opened.world.claim(opened.world.now), ()):
            opened.world.mark_sent(delivery)
        yield opened


def test_the_proving_words_are_marked_in_the_original_and_lead_to_their_conclusion(pages: Pages) -> None:
    text = pages.open(f"/notices/{quote(NUMBER)}").text
    marked = re.search(
        r'<span id="q(\d+)"></span><mark><a href="#c(\d+)">本公告自2026年4月1日起正式实施', text
    )
    assert marked is not None
    assert f'<a href="#q{marked[1]}">' in text
    assert f'<li id="c{marked[2]}">' in text


def test_a_notice_bears_the_kind_of_measure_that_the_list_gives_it(pages: Pages) -> None:
    badge = re.compile(r'<span class="badge red">\s*([^<]+?)\s*</span>')
    listed = badge.search(pages.open("/notices?category=gallium").text)
    shown = badge.search(pages.open(f"/notices/{quote(NUMBER)}").text.partition("<h1>")[0])
    assert listed is not None
    assert shown is not None
    assert shown[1] == listed[1]


def test_the_status_is_that_of_the_day_that_is_asked_for(pages: Pages) -> None:
    path = f"/notices/{quote(NUMBER)}?on="
    assert "not yet in force" in pages.open(f"{path}2026-03-15").text
    assert "in force" in pages.open(f"{path}2026-04-01").text


def test_a_day_that_is_none_is_refused_with_an_example(pages: Pages) -> None:
    answer = pages.open(f"/notices/{quote(NUMBER)}?on=tomorrow")
    assert answer.status_code == 400
    assert "2026-11-30" in answer.text


@pytest.mark.parametrize("path", ALL_PATHS)
def test_text_of_a_notice_is_never_markup(pages: Pages, path: str) -> None:
    text = pages.open(path).text
    assert "<script>alert" not in text
    assert "<img" not in text


@pytest.mark.parametrize("path", [*(path for path in ALL_PATHS if "/feeds/" not in path), *MISTAKES])
def test_a_chinese_page_has_no_english_sentence(pages: Pages, path: str) -> None:
    found = LexborHTMLParser(pages.open(f"{path}{'&' if '?' in path else '?'}lang=zh").text)
    for part in found.css("head, script, code, pre, [lang=en]"):
        part.decompose()
    assert found.body is not None
    lines = found.body.text(separator="\n").splitlines()
    names = (WATCHER.name, HOSTILE.title, "<img src=x onerror=alert(3)>", ", ".join(Direction))
    assert find_english(lines, names) == []


def test_the_page_of_a_hostile_notice_shows_its_words_as_text(pages: Pages) -> None:
    text = pages.open("/notices/MOFCOM%202026-66").text
    assert "<img" not in text
    assert "<script>" not in text
    assert "{{ 7 * 7 }}" in text


def test_the_list_is_limited_by_what_its_address_says(pages: Pages) -> None:
    assert NUMBER in pages.open("/notices?category=gallium&direction=tighten&from=2026-03-01").text
    assert NUMBER not in pages.open("/notices?category=battery").text
    assert NUMBER not in pages.open("/notices?to=2026-01-01").text


def test_a_filter_with_an_unknown_name_says_which_are_near(pages: Pages) -> None:
    answer = pages.open("/notices?category=galium")
    assert answer.status_code == 422
    assert "gallium" in answer.text


def test_an_item_shows_what_controls_it_and_a_timeline(pages: Pages) -> None:
    text = pages.open("/items/gallium?on=2026-05-01").text
    assert NUMBER in text
    assert 'class="bar in-force"' in text


def test_the_history_of_an_item_is_in_the_language_of_the_page_and_leads_to_its_notices(pages: Pages) -> None:
    for language, word in (("en", "takes effect"), ("zh", "生效")):
        history = pages.open(f"/items/gallium?lang={language}").text.partition('id="history-heading"')[2]
        assert word in history
        assert f'<a href="/notices/{quote("MOFCOM 2026-40")}">{NUMBER}</a>' in history
        assert language == "en" or "takes effect" not in history


def test_a_category_is_muted_for_some_days_and_a_muted_one_is_named(pages: Pages) -> None:
    subscriptions = pages.world.store.subscriptions
    number = subscriptions.subscribe(Subscription(channel="slack", target="C0MUTE"), pages.world.now)
    pages.send("/subscriptions", f"/subscriptions/{number}/mute", category="镓", days="14")
    muted = subscriptions.find_active(number)
    assert muted is not None
    assert [mute.category for mute in muted.muted] == ["minor_metals.gallium"]
    assert "minor_metals.gallium muted until" in pages.open("/subscriptions").text
    subscriptions.unsubscribe(number)


def test_the_evidence_of_a_notice_is_a_zip(pages: Pages) -> None:
    answer = pages.open(f"/evidence?key={quote(NUMBER)}")
    assert answer.content[:4] == b"PK\x03\x04"
    assert answer.headers["content-disposition"] == 'attachment; filename="evidence-MOFCOM-GACC-2026-40.zip"'


def test_an_alert_is_acknowledged_once_and_says_by_whom(pages: Pages) -> None:
    line = next(
        item for item in pages.world.store.actions.list_alerts(open_only=True) if item.number == NUMBER
    )
    fields = {"key": line.key, "target": line.target, "what": "acknowledged"}
    assert pages.send("/alerts", "/alerts/act", **fields).headers["location"] == "/alerts?done=yes"
    acted = next(item for item in pages.world.store.actions.list_alerts() if item.key == line.key)
    assert (acted.what, acted.who) == ("acknowledged", "local")


def test_a_subscription_is_previewed_then_made_then_paused_then_ended(pages: Pages) -> None:
    form = {
        "channel": "email",
        "target": "desk@example.com",
        "rate": "daily",
        "language": "en",
        "categories": "battery",
    }
    assert "Preview" in pages.send("/subscriptions/new", "/subscriptions/new", step="preview", **form).text
    before = pages.world.store.subscriptions.list_active()
    assert pages.send("/subscriptions/new", "/subscriptions/new", step="save", **form).status_code == 303
    (made,) = set(pages.world.store.subscriptions.list_active()) - set(before)
    assert (made.target, made.categories, made.rate) == ("desk@example.com", ("battery",), "daily")
    assert pages.send("/subscriptions", f"/subscriptions/{made.id}/pause").status_code == 303
    assert next(item.paused for item in pages.world.store.subscriptions.list_active() if item.id == made.id)
    pages.send("/subscriptions", f"/subscriptions/{made.id}/end")
    assert pages.world.store.subscriptions.list_active() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target", "nowhere"),
        ("categories", "no such thing"),
        ("quiet", "always"),
        ("at", "25:99"),
        ("timezone", "Mars"),
    ],
)
def test_a_form_that_has_no_meaning_says_why_and_keeps_what_was_entered(
    pages: Pages, field: str, value: str
) -> None:
    form = {"channel": "email", "target": "desk@example.com", "rate": "daily", "language": "en", field: value}
    answer = pages.send("/subscriptions/new", "/subscriptions/new", step="save", **form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    "path",
    ["/alerts/act", "/subscriptions/new", "/subscriptions/1/end", "/operations/retry", "/entities/screening"],
)
def test_a_form_without_its_token_changes_nothing(pages: Pages, path: str) -> None:
    before = pages.world.store.subscriptions.list_active()
    assert httpx.post(pages.url + path, data={"what": "x"}).status_code == 403
    assert pages.world.store.subscriptions.list_active() == before


def test_a_form_that_another_site_sent_is_refused(pages: Pages) -> None:
    with httpx.Client(base_url=pages.url) as browser:
        browser.get("/alerts")
        answer = browser.post("/operations/retry", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_a_list_of_names_is_screened_into_a_file_without_formulas(pages: Pages) -> None:
    answer = pages.send("/entities", "/entities/screening", names="=1+1\nSome Trading Ltd", format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "\n=1+1" not in answer.text
    assert "Some Trading Ltd" in answer.text


def test_typed_names_are_never_cut_in_silence(pages: Pages) -> None:
    answer = pages.send("/entities", "/entities/screening", names="A long name\n" * 20_000)
    assert answer.status_code == 400
    assert "as a file" in answer.text


def test_more_names_than_are_screened_at_once_are_refused(pages: Pages) -> None:
    file = "\n".join(f"Name {n}" for n in range(50_001)).encode()
    with httpx.Client(base_url=pages.url, timeout=60) as browser:
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', browser.get("/entities").text)
        assert token is not None
        answer = browser.post(
            "/entities/screening", data={"form_token": token[1]}, files={"file": ("names.txt", file)}
        )
    assert "50000" in answer.text


def test_a_body_that_is_too_large_is_refused_before_it_is_read(pages: Pages) -> None:
    answer = httpx.post(f"{pages.url}/alerts/act", content=b"x" * 1_100_000, timeout=30)
    assert answer.status_code == 413


def test_a_page_that_does_not_exist_says_so(pages: Pages) -> None:
    answer = pages.open("/nothing/here")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_paused_target_is_resumed_by_an_operator(pages: Pages) -> None:
    subscriptions = pages.world.store.subscriptions
    number = subscriptions.subscribe(Subscription(channel="slack", target="C0TEST"), pages.world.now)
    subscriptions.pause(number, "channel_not_found", pages.world.now)
    assert "channel_not_found" in pages.open("/operations").text
    pages.send("/operations", "/operations/resume", number=number)
    assert not next(item.paused for item in subscriptions.list_active() if item.id == number)
