"""Time stamps (RFC 3161) of chain heads: an authority signs that a head existed by a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from controlwatch.core.evidence.custody import ChainHead, parse_line

#: The service requests one time stamp in this interval, if the head has changed.
STAMP_INTERVAL = timedelta(days=1)
#: When entries have waited for this long the authority is probably gone, and a person must check it.
OVERDUE_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampToken:
    """A time stamp as it is stored."""

    head: ChainHead  #: the head that it claims to stamp
    body: bytes  #: the complete response of the authority (TimeStampResp)

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"{self.head.seq}-{self.head.hash}.tsr"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedTimestamp:
    """The contents of a token that has been verified."""

    head: ChainHead
    at: datetime  #: UTC, by the clock of the authority
    by: str  #: the authority, as its certificate names it
    #: its certificate leads to a root that the operator trusts; otherwise anybody may have signed
    rooted: bool

    def __str__(self) -> str:
        checked = "" if self.rooted else " (not checked against a root)"
        return f"entry {self.head.seq} by {self.by} at {self.at:%Y-%m-%d %H:%M:%S} UTC{checked}"


def select_proving_tokens(
    tokens: Iterable[TimestampToken], entries: Iterable[int], head: ChainHead
) -> tuple[TimestampToken, ...]:
    """Return, of the tokens up to a head, the first at or after each entry: the best proof of it."""
    ordered = sorted(
        (token for token in tokens if token.head.seq <= head.seq), key=lambda token: token.head.seq
    )
    first = {next((token for token in ordered if token.head.seq >= seq), None) for seq in entries}
    return tuple(token for token in ordered if token in first)


def parse_entry_time(line: str) -> datetime | None:
    """Return the aware time of an entry from its line; None where it has none."""
    at = (parse_line(line) or {}).get("at")
    try:
        return datetime.fromisoformat(at) if isinstance(at, str) else None
    except ValueError:
        return None


def describe_overdue(waiting_since: datetime | None, *, now: datetime) -> str:
    """Return a sentence about entries that have waited too long for a time stamp, or ""."""
    if waiting_since is None or now - waiting_since < OVERDUE_AFTER:
        return ""
    return (
        f"entries of the chain of custody have waited for a time stamp since {waiting_since:%Y-%m-%d}; "
        "controlwatch stamp says why"
    )
