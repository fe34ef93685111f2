"""What people do by the API is entered in the log of what people did."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from controlwatch.services.audit import AuditLog
from controlwatch.web.access import get_client_address, get_visitor


@dataclass(frozen=True, slots=True)
class ApiActionLog:
    """Records what the visitor of a request did."""

    audit: AuditLog

    def record_action(self, request: Request, what: str, subject: str, detail: str = "") -> None:
        """Record an action: `what` is one of `AUDIT_KINDS`, `subject` for example "subscription 3"."""
        who, address = get_visitor(request).name, get_client_address(request)
        self.audit.record_action(who, what, subject, detail, address)
