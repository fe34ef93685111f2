"""Notices over the API: filters, pages without gaps, tags, keys that are addresses, evidence."""

from __future__ import annotations

import io
import json
import random
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from controlwatch.core.model import Direction, Notice, NoticeKind
from tests.processes import typed
from tests.store.steps import announcement
from tests.web.api_client import Api, is_problem, path_of, served


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with served(tmp_path_factory.mktemp("state"), api_requests_per_minute=100_000) as opened:
        yield opened


@pytest.fixture
def fresh_api(tmp_path: Path) -> Iterator[Api]:
    with served(tmp_path, api_requests_per_minute=100_000) as opened:
        yield opened


def walk(api: Api, limit: int, **parameters: object) -> Iterator[list[str]]:
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/notices", limit=limit, **parameters, **cursor)
        yield [item["key"] for item in page["items"]]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


def test_a_notice_has_the_keys_that_the_command_line_prints(fresh_api: Api) -> None:
    env = {"CONTROLWATCH_STATE_DIR": str(fresh_api.app.settings.state_dir), "PATH": "/usr/bin:/bin"}
    printed = json.loads(typed(("latest", "--limit", "5", "--json"), env=env).stdout)
    assert fresh_api.get("/notices", limit=5)["items"] == printed
    shown = json.loads(typed(("show", "2025-61", "--json"), env=env).stdout)
    got = fresh_api.get(path_of("MOFCOM 2025-61"))
    assert got.pop("status")["state"]
    assert got == {name: value for name, value in shown.items() if name != "revisions"}
    assert fresh_api.get(path_of("MOFCOM 2025-61") + "/versions")["items"] == shown["revisions"]


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_pages_together_are_the_whole_list_in_its_order(api: Api, limit: int) -> None:
    whole = [key for page in walk(api, 200) for key in page]
    pages = list(walk(api, limit)) if limit > 1 else list(walk(api, 1, category="battery"))
    found = [key for page in pages for key in page]
    if limit > 1:
        assert found == whole
    assert len(found) == len(set(found))
    assert all(len(page) == limit for page in pages[:-1])
    days = [item["published"] for item in api.get("/notices", limit=200)["items"]]
    assert days == sorted(days, key=lambda day: day or "", reverse=True)


def test_no_notice_is_left_out_or_given_twice_while_others_are_added(fresh_api: Api) -> None:
    api = fresh_api
    before = {key for page in walk(api, 200) for key in page}
    rng = random.Random(17)
    stop = threading.Event()

    def add_some() -> None:
        for number in range(500, 560):
            day = rng.choice([None, date(2026, rng.randrange(1, 10), 3), date(2024, 5, rng.randrange(1, 28))])
            api.publish(number, published=day)
            if stop.is_set():
                return

    adding = threading.Thread(target=add_some)
    adding.start()
    try:
        for _ in range(3):
            walked = [key for page in walk(api, 3) for key in page]
            assert len(walked) == len(set(walked))
            assert before <= set(walked)
    finally:
        stop.set()
        adding.join()


def test_filters_are_those_of_the_pages(api: Api) -> None:
    keys = {
        "category": [item["key"] for item in api.get("/notices", category="镓")["items"]],
        "issuer": [item["key"] for item in api.get("/notices", issuer="海关总署")["items"]],
        "text": [item["key"] for item in api.get("/notices", text="稀土")["items"]],
    }
    assert "MOFCOM 2023-23" in keys["category"]
    assert "MOFCOM 2025-61" in keys["text"]
    assert keys["issuer"]
    lines = api.get("/notices", **{"from": "2025-10-09", "to": "2025-10-09"})["items"]
    assert {line["published"] for line in lines} == {"2025-10-09"}
    for line in api.get("/notices", direction="suspend", limit=200)["items"]:
        assert line["direction"] == "suspend"
    for line in api.get("/notices", changes_only=True, limit=200)["items"]:
        assert line["is_change"]
    american = api.get("/notices", destination="美国", limit=200)["items"]
    assert any(line["key"] == "MOFCOM 2024-46" for line in american)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"catgory": "battery"}, "invalid-request"),
        ({"limit": 0}, "invalid-request"),
        ({"limit": 201}, "invalid-request"),
        ({"limit": 10**30}, "invalid-request"),
        ({"from": "1700000000"}, "invalid-request"),
        ({"from": "20251009"}, "invalid-request"),
        ({"from": "2025-10-09T00:00:00"}, "invalid-request"),
        ({"to": "tomorrow"}, "invalid-request"),
        ({"from": "2025-10-10", "to": "2025-10-09"}, "refused"),
        ({"text": "x" * 201}, "invalid-request"),
        ({"text": "a\x00b"}, "invalid-request"),
        ({"direction": "sideways"}, "invalid-request"),
        ({"category": "unobtainium"}, "unknown-name"),
        ({"issuer": "MOFCON"}, "unknown-name"),
        ({"cursor": "x"}, "invalid-cursor"),
        ({"cursor": "ZDBkODFkOGJlZGY3ZWU5NS4yMDI2LTA5LTI4LngK"}, "invalid-cursor"),
        ({"cursor": "é"}, "invalid-cursor"),
        ({"cursor": "x" * 301}, "invalid-request"),
    ],
    ids=str,
)
def test_what_is_not_understood_is_refused_and_never_overlooked(
    api: Api, parameters: dict[str, object], name: str
) -> None:
    is_problem(api.ask("/notices", params=parameters), 422, name)


def test_an_unknown_name_comes_with_the_nearest_known_ones(api: Api) -> None:
    assert "MOFCOM" in api.ask("/notices", params={"issuer": "MOFCON"}).json()["candidates"]
    unknown = api.ask(path_of("MOFCOM 2025-9961"))
    is_problem(unknown, 404, "unknown-notice")
    assert unknown.json()["candidates"]


def test_a_cursor_is_of_one_list_with_one_filter(api: Api) -> None:
    cursor = api.get("/notices", limit=1)["next"]
    assert api.ask("/notices", params={"cursor": cursor, "limit": 3}).status_code == 200
    is_problem(api.ask("/notices", params={"cursor": cursor, "category": "battery"}), 422, "invalid-cursor")
    is_problem(api.ask("/alerts", params={"cursor": cursor}), 422, "invalid-cursor")


def test_an_answer_that_has_not_changed_is_not_sent_again(fresh_api: Api) -> None:
    for path in ("/notices?limit=3", path_of("MOFCOM 2025-61"), "/categories", "/status?subject=gallium"):
        first = fresh_api.ask(path)
        tag = first.headers["etag"]
        for given in (tag, f'"x", W/{tag}', "*"):
            again = fresh_api.ask(path, headers={"If-None-Match": given})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert fresh_api.ask(path, headers={"If-None-Match": '"x"'}).content == first.content
    tag = fresh_api.ask("/notices?limit=3").headers["etag"]
    fresh_api.publish(77, published=date(2026, 11, 29))
    assert fresh_api.ask("/notices?limit=3", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/公告/2026-3?id=7&x=%2F#versions",
        "https://a.example/notices/versions",
        "https://a.example/a b/evidence.zip",
    ],
)
def test_the_key_of_a_notice_may_be_an_address(fresh_api: Api, url: str) -> None:
    notice = replace(announcement(1), number=None, kind=NoticeKind.NEWS)
    fresh_api.take_in(notice, url=url)
    (key,) = (
        item["key"] for item in fresh_api.get("/notices", limit=200)["items"] if "a.example" in item["key"]
    )
    assert fresh_api.get(path_of(key))["line"]["url"] == url
    assert fresh_api.get(f"{path_of(key)}/versions")["items"][0]["kind"] == "new"
    assert fresh_api.get(f"{path_of(key)}/evidence")["key"] == key
    is_problem(fresh_api.ask(f"/notices/{key}"), 404, "unknown-path")  # an address that is not encoded


@pytest.mark.parametrize(
    "key", ["%ff", "%00", "%E5%85", "a%0Ab", "x" * 3_000, "%2e%2e", "'; DROP TABLE notice; --"]
)
def test_a_key_that_is_none_is_not_found(api: Api, key: str) -> None:
    is_problem(api.ask(f"/notices/{key}"), 404, "unknown-notice")


def test_evidence_is_conclusions_with_sentences_and_a_file_to_keep(api: Api) -> None:
    found = api.get(path_of("MOFCOM 2025-61") + "/evidence")
    assert found["key"] == "MOFCOM 2025-61"
    assert all({"about", "value", "rule", "means", "quote"} == set(one) for one in found["conclusions"])
    packed = api.ask(path_of("MOFCOM 2025-61") + "/evidence.zip")
    assert packed.headers["content-type"] == "application/zip"
    assert packed.headers["content-disposition"].startswith("attachment")
    assert zipfile.ZipFile(io.BytesIO(packed.content)).testzip() is None


HOSTILE = "<script>alert(1)</script>'; DROP TABLE notice; --\u202e\x1b[2J{{7*7}}=cmd|' /C calc'!A1"


def test_hostile_text_in_every_field_is_data(fresh_api: Api) -> None:
    notice = replace(
        announcement(66, title=f"公布 {HOSTILE}"),
        number_raw=HOSTILE,
        doubts=(HOSTILE,),
        direction=Direction.TIGHTEN,
    )
    fresh_api.take_in(notice, url=f"https://a.example/{'%20'.join(HOSTILE.split())}"[:300], words=HOSTILE * 5)
    for path in (
        "/notices", path_of(notice.number.key), path_of(notice.number.key) + "/versions",
        path_of(notice.number.key) + "/evidence", "/status?subject=rare_earth", "/lookup?query=2846901100",
        "/compare?from=2026-01-01&to=2026-05-01", "/upcoming?on=2026-03-02",
    ):  # fmt: skip
        answer = fresh_api.ask(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        json.loads(answer.content)
    for text in (HOSTILE[:60].replace("\x1b", ""), "%", "_", "\\", "%' OR 1=1 --", "镓镓镓"):
        found = fresh_api.get("/notices", text=text)["items"]
        assert all(item["key"] == notice.number.key for item in found if text == HOSTILE[:60])


def test_text_is_searched_exactly_as_typed(fresh_api: Api) -> None:
    one = Notice(title="Notice on 100% of a_b", language="en", published=date(2026, 3, 2))
    fresh_api.take_in(one, url="https://a.example/one.html", words="It has  two spaces and 100% of a_b.")
    for text, is_found in (
        ("100% of", True),
        ("1%", False),
        ("a_b", True),
        ("a_c", False),
        ("has  two", True),
        ("has two", False),
    ):
        found = fresh_api.get("/notices", text=text)["items"]
        assert any(item["url"] == "https://a.example/one.html" for item in found) == is_found, text
