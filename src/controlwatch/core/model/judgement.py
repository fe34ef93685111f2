"""What a person decided about a document that the reader did not conclude on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from controlwatch.core.model.timezones import to_beijing_day

#: change: it changes the rules; no-change: it does not.
Verdict = Literal["change", "no-change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The decision of a person about a document that needed review."""

    verdict: Verdict
    who: str  #: a Slack user, or a name at the command line
    at: datetime
    note: str = ""  #: the reason, in the person's words


def describe_judgement(judgement: Judgement) -> str:
    """Return a judgement in words: what, by whom, on which day (Beijing), and the note."""
    what = "a change" if judgement.verdict == "change" else "no change"
    note = f" ({judgement.note})" if judgement.note else ""
    return f"judged {what} by {judgement.who} on {to_beijing_day(judgement.at)}{note}"
