"""What was done by the API is logged, with who did it."""

from __future__ import annotations

import structlog
from fastapi import Request

from controlwatch.core.model.account import Visitor

log = structlog.get_logger()


def record_action(request: Request, visitor: Visitor, what: str, subject: str, detail: str = "") -> None:
    """Record that somebody did something by the API."""
    address = request.client.host if request.client is not None else ""
    log.info("done by the API", who=visitor.name, what=what, subject=subject, detail=detail, address=address)
