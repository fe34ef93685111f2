"""The log of what people did: who, what, to which subject, from where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from controlwatch.core.model.account import AuditAction
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.services.account_records import AuditRecords

MAX_DETAIL = 500  #: characters


@dataclass(frozen=True, slots=True)
class AuditLog:
    """Records actions that are stored elsewhere; those on people record themselves."""

    records: AuditRecords
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def record_action(
        self, who: str, what: str, subject: str = "", detail: str = "", address: str = ""
    ) -> None:
        """Record what somebody did: `what` is one of `AUDIT_KINDS`, `subject` for example "subscription 3".

        `address` is the network address of the client, "" on the command line.
        """
        action = AuditAction(
            at=self.clock(),
            who=to_one_line(who, 100),
            what=what,
            subject=to_one_line(subject, MAX_DETAIL),
            detail=to_one_line(detail, MAX_DETAIL),
            address=to_one_line(address, 100),
        )
        self.records.add_action(action)
