"""What a person decided about a document that the reader did not conclude on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: change: it changes the rules; no-change: it does not.
Verdict = Literal["change", "no-change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The decision of a person about a document that needed review."""

    verdict: Verdict
    who: str  #: a Slack user, or a name at the command line
    at: datetime
    note: str = ""  #: the reason, in the person's words
