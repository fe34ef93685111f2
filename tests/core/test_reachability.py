"""Why no source answers is told from what the failures have in common."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controlwatch.core.alerting.reachability import SourceFailure, explain_common_failure
from controlwatch.core.model.state import PollReport
from controlwatch.services.first_round import FirstRound

NO_NAME = SourceFailure(
    kind="unreachable", reason="www.mofcom.gov.cn has no address: Name or service not known"
)
NO_ROUTE = SourceFailure(
    kind="unreachable", reason="https://www.mofcom.gov.cn/: [Errno 101] Network is unreachable"
)
NO_ANSWER = SourceFailure(kind="timed-out", reason="https://www.mofcom.gov.cn/ did not answer within 30 s")
NO_PASSAGE = SourceFailure(
    kind="unreachable", reason="https://www.mofcom.gov.cn/: the proxy refuses: 403 Forbidden"
)
CHALLENGE = SourceFailure(kind="blocked", reason="a bot challenge")


@pytest.mark.parametrize(
    ("failures", "has_proxy", "cause"),
    [
        ([NO_NAME] * 5, False, "the name service"),
        ([NO_NAME] * 4 + [NO_ANSWER], False, "the name service"),
        ([NO_NAME] * 5, True, "the name service"),
        ([NO_ROUTE] * 5, False, "no route to them, or a proxy is needed"),
        ([NO_ANSWER] * 5, False, "no route to them, or a proxy is needed"),
        ([NO_ANSWER] * 5, True, "the proxy does not let"),
        ([NO_PASSAGE] * 5, True, "the proxy does not let"),
    ],
)
def test_the_cause_is_what_most_failures_show(
    failures: list[SourceFailure], has_proxy: bool, cause: str
) -> None:
    found = explain_common_failure(failures, asked=5, has_proxy=has_proxy)
    assert found is not None
    assert found.message.startswith("none of 5 sources answered: ")
    assert cause in found.message


@pytest.mark.parametrize(
    ("failures", "asked"),
    [([NO_NAME] * 4, 5), ([NO_NAME] * 4 + [CHALLENGE], 5), ([NO_NAME] * 2, 2), ([], 0)],
)
def test_one_answer_or_too_few_questions_show_no_common_cause(
    failures: list[SourceFailure], asked: int
) -> None:
    assert explain_common_failure(failures, asked=asked, has_proxy=False) is None


def report(watcher: str, *, is_reached: bool) -> PollReport:
    started_at = datetime(2026, 11, 1, tzinfo=UTC)
    if is_reached:
        return PollReport(watcher=watcher, started_at=started_at, outcome="unchanged")
    return PollReport(
        watcher=watcher, started_at=started_at, outcome="failed", kind="unreachable", reason=NO_NAME.reason
    )


def test_the_first_round_of_the_service_tells_once_when_every_source_was_asked() -> None:
    sources = ("a", "b", "c")
    first_round = FirstRound(sources, has_proxy=False)
    told = [first_round.add_report(report(name, is_reached=False)) for name in ("a", "b", "a", "c", "c")]
    assert [found is not None for found in told] == [False, False, False, True, False]


def test_a_source_that_is_reached_in_the_first_round_ends_the_worry() -> None:
    first_round = FirstRound(("a", "b", "c", "d"), has_proxy=False)
    assert [
        first_round.add_report(report(name, is_reached=name == "d")) for name in ("a", "b", "c", "d")
    ] == [None] * 4
