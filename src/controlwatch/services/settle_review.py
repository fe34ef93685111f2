"""Settle documents that need review: a person says whether they change the rules."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from controlwatch.core.alerting.judgements import ReviewCase, plan_judgement_alert
from controlwatch.core.alerting.reminders import PlannedAlert
from controlwatch.core.law.answers import OpenReviews, ReviewLabel, ReviewLine
from controlwatch.core.model import Judgement, Verdict, describe_judgement
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import strip_hidden

MAX_NOTE = 1_000  #: characters of a note


class ReviewTransaction(Protocol):
    """One transaction over documents that need review."""

    def find_case(self, review_id: int) -> ReviewCase | None:
        """Return a document with all that its judgement depends on; None where there is none."""

    def record_judgement(self, review_id: int, judgement: Judgement, planned: PlannedAlert | None) -> bool:
        """Close a review, with the alert about it and the actions on those before; False: it is closed."""

    def reopen(self, review_id: int, *, who: str, note: str, now: datetime) -> bool:
        """Open a review again; False where it is open."""


class Reviews(Protocol):
    """Documents that need review, in the store."""

    def transaction(self) -> AbstractContextManager[ReviewTransaction]:
        """Open a transaction; judgements and new texts of one notice take turns."""

    def list_reviews(self, *, settled: bool = False) -> tuple[ReviewLine, ...]:
        """Return the open reviews, oldest first; with `settled`, the closed ones too."""

    def find_by_notice(self, key: str) -> ReviewLine | None:
        """Return the review of the notice of a key, open or not."""

    def count_open(self) -> OpenReviews:
        """Return how many documents wait that caused an alert."""

    def find_by_delivery(self, key: str, targets: Iterable[str]) -> ReviewLine | None:
        """Return the review that a delivery is about, where it went to one of these targets."""

    def list_delivered(self, targets: Iterable[str]) -> tuple[tuple[ReviewLine, str], ...]:
        """Return the open reviews that these targets were alerted to, oldest first, with a delivery's key."""

    def list_labels(self) -> tuple[ReviewLabel, ...]:
        """Return every judgement that was not taken back, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of a judgement."""

    line: ReviewLine  #: as it was before
    judgement: Judgement  #: the one that counts
    is_first: bool  #: False: another one was there before, and counts

    @property
    def sentence(self) -> str:
        """What became of it, for the person who judged."""
        earlier = "" if self.is_first else "Nothing has changed: "
        return f"{earlier}{describe_judgement(self.judgement)}: {self.line.title}"


def settle_review(
    reviews: Reviews, review_id: int, *, verdict: Verdict, who: str, note: str = "", now: datetime
) -> Settlement:
    """Record the judgement of a person and the alert about it; the first judgement counts.

    Raises `UsageError` where the number is unknown, or a later text has answered the question.
    """
    judgement = Judgement(verdict=verdict, who=who, at=now, note=strip_hidden(note).strip()[:MAX_NOTE])
    with reviews.transaction() as transaction:
        case = transaction.find_case(review_id)
        if case is None:
            raise UsageError(f"no document {review_id} needs review; to list them: controlwatch review")
        if case.line.state == "open":
            planned = plan_judgement_alert(case, judgement, now=now)
            if transaction.record_judgement(review_id, judgement, planned):
                return Settlement(line=case.line, judgement=judgement, is_first=True)
    if case.line.judgement is None:
        raise UsageError(
            f"document {review_id} needs no review any more: its text was read again; see: controlwatch show"
        )
    return Settlement(line=case.line, judgement=case.line.judgement, is_first=False)


def reopen_review(reviews: Reviews, review_id: int, *, who: str, note: str = "", now: datetime) -> ReviewLine:
    """Open a settled review again; raises `UsageError` where there is none, or it is open."""
    with reviews.transaction() as transaction:
        case = transaction.find_case(review_id)
        if case is None:
            raise UsageError(
                f"no document {review_id} needed review; to list them: controlwatch review --all"
            )
        if not transaction.reopen(review_id, who=who, note=strip_hidden(note).strip()[:MAX_NOTE], now=now):
            raise UsageError(f"document {review_id} is open already")
    return case.line
