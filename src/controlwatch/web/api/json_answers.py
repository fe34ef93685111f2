"""Answers of the API as JSON, each with a tag by which a client asks whether it has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from fastapi import Request, Response

from controlwatch.core.rendering.json_values import to_json_value

JSON_TYPE = "application/json"


def render_json(
    request: Request, value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a value as JSON; 304 without a body where the client has it already."""
    text = json.dumps(to_json_value(value), ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "replace")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    common = dict(headers or {})
    if request.method == "GET" and status == 200:
        # No proxy may give one person's answer to another, and a browser asks each time.
        common |= {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
        if has_tag(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=common)
    return Response(body, status_code=status, media_type=JSON_TYPE, headers=common)


def has_tag(given: str, tag: str) -> bool:
    """Return whether If-None-Match names a tag; `*` names every one.

    >>> has_tag('W/"a", "b"', '"a"'), has_tag("*", '"a"'), has_tag('"c"', '"a"')
    (True, True, False)
    """
    tags = {item.strip().removeprefix("W/") for item in given.split(",")}
    return tag in tags or "*" in tags
