"""Law, listed parties, categories and sources over the API: the answers of the command line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from tests.processes import typed
from tests.web.api_client import Api, is_problem, served

DAY = "2026-11-28"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with served(tmp_path_factory.mktemp("state"), api_requests_per_minute=100_000) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "words", "part"),
    [
        (f"/status?subject=2024-46&on={DAY}", ("status", "2024-46", "--on", DAY), ""),
        (f"/status?subject=MOFCOM No. 61 of 2025&on={DAY}", ("status", "2025-61", "--on", DAY), ""),
        (f"/status?subject=镓&on={DAY}", ("status", "gallium", "--on", DAY), ""),
        (f"/lookup?query=8507.60&on={DAY}", ("lookup", "8507.60", "--on", DAY), ""),
        (f"/entities?name=Shield AI&on={DAY}", ("entity", "Shield AI", "--on", DAY), ""),
        (
            "/upcoming?days=300&on=2026-01-01&category=battery&category=gallium",
            ("upcoming", "--days", "300", "--on", "2026-01-01", "--category", "battery", "--category", "gallium"),
            "items",
        ),
        (
            "/compare?from=2025-11-01&to=2025-11-15",
            ("compare", "--from", "2025-11-01", "--to", "2025-11-15"),
            "items",
        ),
        ("/categories?search=gallium", ("categories", "gallium"), "items"),
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_is_what_the_command_line_prints(
    api: Api, path: str, words: tuple[str, ...], part: str
) -> None:
    env = {"CONTROLWATCH_STATE_DIR": str(api.app.settings.state_dir), "PATH": "/usr/bin:/bin"}
    printed = typed((*words, "--json"), env=env)
    assert printed.returncode == 0, printed.stderr
    answer = api.get(path)
    assert (answer[part] if part else answer) == json.loads(printed.stdout)
    assert part in {"", "items"}
    if path.startswith(("/upcoming", "/compare")):
        assert answer["cautions"]


def test_the_names_of_a_batch_have_the_matches_of_a_search(api: Api) -> None:
    names = ["Shield AI", "Sample Trading of Nowhere", "护盾人工智能公司"]
    answer = api.post("/entities/screening", {"names": names, "on": DAY})
    assert answer.status_code == 200
    screened = answer.json()
    assert [item["name"] for item in screened["names"]] == names
    for item in screened["names"]:
        assert item["matches"] == api.get("/entities", name=item["name"], on=DAY)["matches"]
    assert screened["cautions"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"names": []},
        {"names": ["a"] * 50_001},
        {"names": ["a" * 301]},
        {"names": ["a\x00"]},
        {"names": [7]},
        {"names": "Shield AI"},
        {"names": ["a"], "more": 1},
        {"names": ["a"], "on": 0},
        [],
        "x",
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_batch_out_of_bounds_is_refused(api: Api, body: object) -> None:
    is_problem(api.post("/entities/screening", body), 422, "invalid-request")


def test_one_screening_runs_at_a_time_and_the_next_is_told_to_come_back(api: Api) -> None:
    names = [f"Sample Trading {n} of Nowhere" for n in range(3_000)]
    answers = []

    def screen() -> None:
        answers.append(api.post("/entities/screening", {"names": names}))

    threads = [threading.Thread(target=screen) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert set(statuses) <= {200, 503}
    for answer in answers:
        if answer.status_code == 503:
            is_problem(answer, 503, "busy")
            assert int(answer.headers["retry-after"]) > 0
    assert api.post("/entities/screening", {"names": ["x"]}).status_code == 200


def test_sources_are_listed_with_their_health(api: Api) -> None:
    items = api.get("/sources")["items"]
    assert {item["id"] for item in items} == {watcher.id for watcher in api.app.watchers}
    assert all(item["health"] == "new" for item in items if item["enabled"])


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/status?subject=galium", 422, "unknown-name"),
        ("/status?subject=2999-9999", 422, "unknown-name"),
        ("/status", 422, "invalid-request"),
        ("/status?subject=gallium&on=today", 422, "invalid-request"),
        ("/status?subject=gallium&when=2026-01-01", 422, "invalid-request"),
        ("/lookup?query=%20", 422, "unknown-name"),
        ("/upcoming?days=0", 422, "invalid-request"),
        ("/upcoming?days=3661", 422, "invalid-request"),
        ("/compare?from=2026-02-01&to=2026-01-01", 422, "refused"),
        ("/compare?to=2026-01-01", 422, "invalid-request"),
        ("/entities?name=%20", 422, "refused"),
        ("/categories?search=unobtainium", 422, "unknown-name"),
    ],
)
def test_a_question_without_a_meaning_is_refused(api: Api, path: str, status: int, name: str) -> None:
    is_problem(api.ask(path), status, name)
