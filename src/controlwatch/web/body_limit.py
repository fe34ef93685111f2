"""Bodies of requests are bounded before anything reads them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of a body; uploads of names may be larger.
MAX_BODY_BYTES = 1_000_000
MAX_UPLOAD_BYTES = 20_000_000


class _TooLargeBody(Exception):
    """More bytes arrived than are read."""


class BodyLimit:
    """Answers 413 where the body of a request is larger than its path allows."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        upload_paths: frozenset[str],
        render_refusal: Callable[[str, str], Response],  #: of a path, with the reason in words
    ) -> None:
        self._app = app
        self._upload_paths = upload_paths
        self._render_refusal = render_refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count its bytes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = MAX_UPLOAD_BYTES if scope["path"] in self._upload_paths else MAX_BODY_BYTES
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        arrived, has_started = 0, False
        refused = self._render_refusal(scope["path"], f"The request is larger than {most // 1_000_000} MB.")

        async def bounded_receive() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > most:
                raise _TooLargeBody
            return message

        async def send_unless_refused(message: Message) -> None:
            nonlocal has_started
            if arrived <= most or has_started:  # what parses the body may have made an answer of the error
                has_started = True
                await send(message)

        if declared.isdigit() and int(declared) > most:
            await refused(scope, receive, send)
            return
        with suppress(_TooLargeBody):
            await self._app(scope, bounded_receive, send_unless_refused)
        if arrived > most and not has_started:
            await refused(scope, receive, send)
