"""Find values in parsed JSON and in items of feeds by dotted paths."""

from __future__ import annotations


def find_field(row: object, keys: str) -> str:
    """Return the first of several comma-separated places that holds a text or a number, or ""."""
    values = (follow_path(row, key.strip()) for key in keys.split(",") if key.strip())
    texts = (str(value) for value in values if isinstance(value, str | int | float))
    return next((text for text in texts if text.strip()), "")


def follow_path(value: object, path: str) -> object:
    """Follow a dotted path through objects and (by number) arrays; None where it leads nowhere."""
    for key in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
