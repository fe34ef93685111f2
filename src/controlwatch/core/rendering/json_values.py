"""Answers as plain JSON values: the same for the command line, the API and the MCP server."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum

from controlwatch.core.extraction.report.reading_json import to_json
from controlwatch.core.model import Notice


def to_json_value(value: object) -> object:
    """Convert values to plain JSON ones; a notice becomes what `controlwatch read` prints."""
    if isinstance(value, Notice):
        return to_json(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_json_value(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, dict):
        return {name: to_json_value(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json_value(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value
