"""What can be exported as a table."""

from __future__ import annotations

from typing import Literal, get_args

ExportSubject = Literal["notices", "alerts", "entities", "calendar"]
EXPORT_SUBJECTS: tuple[ExportSubject, ...] = get_args(ExportSubject)
