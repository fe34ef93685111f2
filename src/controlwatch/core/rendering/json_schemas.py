"""Corrections of JSON schemas that are made from types of Python."""

from __future__ import annotations

from typing import Any

#: A time of day without a zone: the format "time" of JSON Schema demands one.
LOCAL_TIME = {"type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$"}


def correct_schema(schema: Any) -> Any:
    """Return a schema in which a time of day has no zone.

    >>> correct_schema({"format": "time", "title": "At"})["type"]
    'string'
    """
    if isinstance(schema, list):
        return [correct_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    corrected = {name: correct_schema(item) for name, item in schema.items()}
    if corrected.get("format") == "time":
        del corrected["format"]
        corrected |= LOCAL_TIME
    return corrected
