"""Answers that a program has already need not be sent again."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response

#: Programs ask each time, and get 304 where nothing changed.
REVALIDATE = "private, no-cache"


def answer_unless_known(request: Request, body: bytes, *, media_type: str, name: str) -> Response:
    """Return a body with its ETag, or 304 without it where the request has that ETag already.

    `name` is the name of the file where a browser saves it.
    """
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": REVALIDATE, "Vary": "Cookie, Authorization"}
    known = {item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(body, media_type=media_type, headers=headers)
