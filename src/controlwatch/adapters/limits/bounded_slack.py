"""Slack's clients, with a limit of the whole time and of the bytes of each request.

The SDK sends requests through urllib, which limits the wait for each piece only, and reads an answer to its
end. The method that sends one request is replaced; everything else is the SDK's.
"""

from __future__ import annotations

import io
import ssl
from email.message import Message
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request

import httpx
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient, WebhookResponse

from controlwatch.adapters.limits.bounded_http import BoundedHttpClient, HttpAnswer

#: Bytes of an answer of Slack. That to a message repeats it, with all its blocks.
MAX_BYTES = 1 << 22


class BoundedSlackClient(WebClient):
    """A client of Slack's Web API; `timeout` is in seconds, for each request as a whole."""

    def __init__(self, *arguments: Any, http: BoundedHttpClient | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if http is None:
            tls = self.ssl or ssl.create_default_context()
            http = BoundedHttpClient(seconds=self.timeout, max_bytes=MAX_BYTES, tls=tls)
        self.http = http

    def copy_for(self, *, token: str | None, team_id: str | None) -> BoundedSlackClient:
        """Return a client for one request to us, over the same connections."""
        return BoundedSlackClient(
            token=token,
            base_url=self.base_url,
            timeout=self.timeout,
            ssl=self.ssl,
            headers=self.headers,
            team_id=team_id,
            logger=self.logger,
            retry_handlers=list(self.retry_handlers),
            http=self.http,
        )

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        answer = _send_request(self.http, url, req)
        return {"status": answer.status, "headers": answer.headers, "body": answer.text}


class BoundedResponseClient(WebhookClient):
    """A client of one response URL."""

    def __init__(self, url: str, *, http: BoundedHttpClient) -> None:
        super().__init__(url, retry_handlers=[])
        self._http = http

    def respond(self, text: str = "", **fields: Any) -> WebhookResponse:
        """Answer, with the arguments of Bolt's `respond`."""
        return self.send(text=text, **fields)

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        answer = _send_request(self._http, url, req)
        return WebhookResponse(
            url=url, status_code=answer.status, body=answer.text, headers=dict(answer.headers)
        )


def _send_request(http: BoundedHttpClient, url: str, request: Request) -> HttpAnswer:
    """Send a request of urllib; raises the errors of urllib, which the SDK expects."""
    body = request.data
    headers = {name: str(value) for name, value in request.header_items()}
    try:
        answer = http.send(
            request.get_method(), url, body=body if isinstance(body, bytes) else None, headers=headers
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise URLError(f"{type(error).__name__}: {error}".removesuffix(": ")) from error
    if not answer.is_success:
        fields = Message()
        for name, value in answer.headers.multi_items():
            fields[name] = value
        phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
        raise HTTPError(url, answer.status, phrase, fields, io.BytesIO(answer.body))
    return answer
