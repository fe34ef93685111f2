"""New, amended, a copy, a report, or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from controlwatch.core.alerting.decide import decide, to_report
from controlwatch.core.alerting.redline import fingerprint_text
from controlwatch.core.model import (
    Attention,
    Direction,
    Document,
    DocumentNumber,
    Notice,
    NoticeKind,
    NoticeRef,
    Relation,
    ReviewReason,
    Subscription,
    Verb,
)
from controlwatch.core.model.state import (
    KnownNotice,
    MatchContext,
    Observation,
    PendingReference,
    VersionText,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NUMBER = DocumentNumber(issuers=("MOFCOM",), year=2026, n=61)
RULE = Notice(
    title="商务部公告2026年第61号",
    language="zh-Hans",
    number=NUMBER,
    kind=NoticeKind.ANNOUNCEMENT,
    published=date(2026, 3, 2),
    is_change=True,
    direction=Direction.TIGHTEN,
)
NEWS = replace(RULE, number=None, kind=NoticeKind.NEWS, is_change=False, direction=Direction.NEUTRAL)
LISTENER = (Subscription(id=1, channel="console", target="-"),)


def seen(
    notice: Notice = RULE,
    *,
    text: str = "决定自2026年4月1日起实施出口管制。",
    rings: bool = True,
    **changes: object,
) -> Observation:
    due = PendingReference(
        id=1,
        ref=NoticeRef(url="https://a.example/1", title="t"),
        may_alert=rings,
        alert_since=None,
        first_seen_at=NOW,
        was_read=False,
    )
    values: dict[str, object] = {
        "watcher": "w",
        "official": True,
        "address": "a.example/1",
        "url": "https://a.example/1",
        "document": Document(url="https://a.example/1", title="t", text=text),
        "notice": notice,
        "text": text,
        "fingerprint": fingerprint_text(text),
        "reference": due,
    }
    return Observation(**(values | changes))  # type: ignore[arg-type]


def known(
    *,
    text: str,
    here: bool,
    rung: bool = True,
    shelved: date = date(2026, 3, 2),
    first: str = "other",
    **version: object,
) -> KnownNotice:
    held = VersionText(
        id=1, title=RULE.title, text=text, fingerprint=fingerprint_text(text), notice=RULE, **version
    )  # type: ignore[arg-type]
    return KnownNotice(
        notice_id=1,
        watcher=first,
        alerted=rung,
        tracked_since=shelved,
        version_here=held if here else None,
        latest=held,
    )


def outcome(
    sight: Observation, found: KnownNotice | None = None, **more: bool
) -> tuple[str | None, str | None]:
    decision = decide(sight, MatchContext(known=found, subscriptions=LISTENER, **more), now=NOW)
    return decision.change and decision.change.kind, decision.alert and decision.alert.kind


def test_a_change_first_seen_is_new_and_told() -> None:
    assert outcome(seen()) == ("new", "new")


def test_news_first_seen_is_kept_and_not_told() -> None:
    assert outcome(seen(NEWS)) == ("new", None)


def test_a_draft_is_told_because_comments_close() -> None:
    assert outcome(seen(replace(NEWS, kind=NoticeKind.DRAFT))) == ("new", "new")


def test_an_answer_that_explains_a_known_rule_is_told() -> None:
    explains = replace(
        NEWS,
        kind=NoticeKind.SPOKESPERSON,
        direction=Direction.CLARIFY,
        relations=(Relation(verb=Verb.CLARIFIES, target="MOFCOM 2025-61", quote="q"),),
    )
    assert outcome(seen(explains)) == ("new", "new")


def test_what_stood_there_before_we_came_is_shelved_quietly() -> None:
    assert outcome(seen(rings=False)) == ("new", None)


def test_the_same_words_again_are_nothing() -> None:
    assert outcome(seen(), known(text="决定自2026年4月1日起实施出口管制。", here=True)) == (None, None)


def test_other_words_at_a_known_address_are_an_amendment() -> None:
    assert outcome(seen(), known(text="决定自2026年5月1日起实施出口管制。", here=True)) == (
        "amended",
        "amended",
    )


def test_an_edit_of_an_old_quiet_notice_is_still_news() -> None:
    assert outcome(seen(rings=False), known(text="别的文字", here=True, rung=False)) == ("amended", "amended")


def test_the_same_words_elsewhere_are_an_alias() -> None:
    assert outcome(seen(), known(text="决定自2026年4月1日起实施出口管制。", here=False)) == (None, None)


def test_other_words_elsewhere_are_a_copy_and_not_told() -> None:
    assert outcome(seen(), known(text="别的文字", here=False)) == ("copy", None)


def test_a_notice_that_one_watcher_shelved_and_another_sees_appear_is_told() -> None:
    same = known(text="决定自2026年4月1日起实施出口管制。", here=False, rung=False)
    assert outcome(seen(), same) == (None, "new")


def test_but_not_when_it_was_published_before_we_came() -> None:
    same = known(text="决定自2026年4月1日起实施出口管制。", here=False, rung=False, shelved=date(2026, 3, 9))
    assert outcome(seen(), same) == (None, None)


def test_nor_when_the_same_watcher_sees_it_at_another_path() -> None:
    same = known(text="决定自2026年4月1日起实施出口管制。", here=False, rung=False, first="w")
    assert outcome(seen(), same) == (None, None)


def test_a_page_that_cannot_be_read_is_told_from_its_title() -> None:
    assert outcome(seen(replace(NEWS, kind=NoticeKind.EMPTY), text="", fallback=True)) == ("new", "new")


def test_a_page_that_becomes_readable_is_told_again_as_amended() -> None:
    assert outcome(seen(), known(text="", here=True, fallback=True)) == ("amended", "amended")


def test_a_known_notice_whose_page_fails_stays_as_it_was() -> None:
    assert outcome(seen(text="", fallback=True), known(text="决定实施出口管制。", here=True)) == (None, None)


def test_press_is_a_report_and_never_a_change() -> None:
    press = replace(
        NEWS,
        reports_change=True,
        relations=(Relation(verb=Verb.REPORTS, target="MOFCOM 2026-61", quote="q"),),
    )
    sight = seen(press, official=False)
    assert outcome(sight) == ("new", "report")
    assert sight.key == "a.example/1"
    assert sight.about == "MOFCOM 2026-61"


def test_a_report_of_a_known_official_notice_is_tied_to_it_quietly() -> None:
    press = seen(replace(NEWS, reports_change=True), official=False)
    assert outcome(press, official_known=True) == ("new", None)
    assert outcome(press, reported_before=True) == ("new", None)


def test_press_that_reports_no_change_is_quiet() -> None:
    assert outcome(seen(NEWS, official=False)) == ("new", None)


def test_reading_our_own_copy_anew_never_rings() -> None:
    assert outcome(seen(reread=True), known(text="别的文字", here=True)) == ("reread", None)
    assert outcome(seen(reread=True), known(text="决定自2026年4月1日起实施出口管制。", here=True)) == (
        None,
        None,
    )


REASON = ReviewReason(reason="It names what is watched.", quote="出口管制", rule="review.instrument")
UNSURE = replace(
    RULE, is_change=False, direction=Direction.NEUTRAL, review=(REASON,), possible_categories=("graphite",)
)


@pytest.mark.parametrize(
    ("notice", "official", "kind"),
    [
        (UNSURE, True, "review"),
        (replace(UNSURE, number=None, kind=NoticeKind.NEWS), False, "review"),
        (replace(UNSURE, number=None, kind=NoticeKind.NEWS, reports_change=True), False, "review"),
        (replace(NEWS, reports_change=True), False, "report"),
    ],
)
def test_what_may_be_the_instrument_itself_is_told_as_a_question(
    notice: Notice, official: bool, kind: str
) -> None:
    decision = decide(seen(notice, official=official), MatchContext(subscriptions=LISTENER), now=NOW)
    assert decision.alert is not None
    assert decision.alert.kind == kind


def test_press_that_may_be_an_instrument_is_tied_to_the_official_notice_where_that_is_known() -> None:
    about = Relation(verb=Verb.REPORTS, target="MOFCOM 2026-61", quote="第61号")
    press = replace(UNSURE, number=None, kind=NoticeKind.NEWS, relations=(about,))
    context = MatchContext(subscriptions=LISTENER, official_known=True)
    assert decide(seen(press, official=False), context, now=NOW).alert is None


def test_a_page_that_could_not_be_read_is_told_as_unread_and_not_as_a_question() -> None:
    decision = decide(seen(UNSURE, fallback=True), MatchContext(subscriptions=LISTENER), now=NOW)
    assert decision.alert is not None
    assert (decision.alert.kind, decision.alert.unread) == ("new", "page")


def test_a_copy_that_decides_answers_the_question_that_another_raised() -> None:
    before = known(text="学习有关文件。", here=False)
    before = replace(before, latest=replace(before.latest, notice=UNSURE), is_in_review=True)
    decision = decide(seen(RULE), MatchContext(known=before, subscriptions=LISTENER), now=NOW)
    assert decision.alert is not None
    assert decision.change is not None
    assert (decision.alert.kind, decision.change.kind) == ("new", "amended")


def test_an_article_that_has_the_form_of_an_instrument_only_is_told_as_a_report_with_the_doubt() -> None:
    guess = replace(REASON, reason="A second reader takes it for an instrument.", rule="review.second-reader")
    article = replace(NEWS, reports_change=True, review=(guess,), possible_categories=("graphite",))
    report = to_report(article)
    assert report.attention is Attention.REPORT
    assert report.doubts == (guess.reason,)
    assert to_report(replace(article, reports_change=False)).attention is Attention.REVIEW
    assert to_report(replace(article, review=(guess, REASON))).attention is Attention.REVIEW
