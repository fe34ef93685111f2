"""What is kept of a second reader: what waits for it, what it answered, and what it has cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from controlwatch.core.model import Notice
from controlwatch.core.second_opinion.opinion import Purpose

#: wanted: a person asked for it; asked: sent, no answer yet, and never sent again; answered; failed: no
#: usable answer; refused: an answer that states what the text does not.
OpinionState = Literal["wanted", "asked", "answered", "failed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionSubject:
    """A version of a notice that a second reader is asked about."""

    version_id: int
    key: str  #: of the notice
    title: str
    text: str
    notice: Notice  #: as the rules read it
    watcher: str
    url: str
    was_told: bool  #: an alert about these words was made that was no question


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedProse:
    """A translation or an explanation that a person asked for."""

    opinion_id: int
    purpose: Purpose
    language: str
    wanted_at: datetime
    subject: OpinionSubject


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseLine:
    """A translation or an explanation of a notice, or how far it is."""

    purpose: Purpose
    language: str
    state: OpinionState
    model: str
    text: str  #: "" unless it was answered
    reason: str  #: why there is none
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionCounts:
    """What a second reader has done so far."""

    by_state: Mapping[str, int] = field(default_factory=dict)
    doubts: int = 0
    reviews: int = 0
    refused: int = 0  #: entries that failed a gate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAnswer:
    """An answer as it is kept in a file: to which words, by which model, to which text."""

    prompt: str  #: version of the question
    model: str
    text_sha256: str
    answer: str  #: the JSON text as it came
    tokens: int
