"""The address of a model: one request, one whole JSON answer, within limits of time and of bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from controlwatch.adapters.limits.bounded_http import AnswerTooLong, BoundedHttpClient, HttpAnswer
from controlwatch.core.model.errors import UnusableAnswer
from controlwatch.core.model.text_safety import to_one_line

MAX_ANSWER_BYTES = 1 << 20
MAX_WORDS = 200  #: characters of a host's own words in an error


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAddress:
    """Where a model is, and the key for it, which appears in no message."""

    url: str  #: without a slash at its end
    key: str = field(default="", repr=False)
    seconds: float = 30.0  #: for the whole exchange

    @property
    def host(self) -> str:
        """The host that texts are sent to."""
        return urlsplit(self.url).hostname or self.url


class ModelEndpoint:
    """Posts JSON to the address of a model."""

    def __init__(self, address: ModelAddress) -> None:
        self.address = address
        # No redirects: a text and a key that are meant for one host must not reach another.
        self._client = BoundedHttpClient(seconds=address.seconds, max_bytes=MAX_ANSWER_BYTES)

    def post_json(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any], str]:
        """Return status, JSON object and words of an answer; of a refusal, the object may be empty.

        Raises `UnusableAnswer` where the host does not answer, or sends something else than one JSON object.
        """
        sent = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "controlwatch",
        }
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        host = self.address.host
        try:
            answer = self._client.send(
                "POST", f"{self.address.url}{path}", body=content, headers=sent | {**headers}
            )
        except AnswerTooLong as error:
            raise UnusableAnswer(f"{host} gave no answer: {error}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnusableAnswer(f"{host} gave no answer: {type(error).__name__}") from error
        words = self._quote_words(answer)
        if not answer.is_success:
            return answer.status, {}, words
        if answer.headers.get("content-type", "").partition(";")[0].strip() == "text/event-stream":
            raise UnusableAnswer(f"{host} sent a stream, which was not asked for")
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise UnusableAnswer(f"{host} sent something else than JSON") from None
        if not isinstance(found, dict):
            raise UnusableAnswer(f"{host} sent JSON of another form than its interface has")
        return answer.status, found, words

    def _quote_words(self, answer: HttpAnswer) -> str:
        """Return the beginning of an answer in one line, without the key that it may repeat."""
        text = answer.text[: 4 * MAX_WORDS]
        key = self.address.key
        return to_one_line(text.replace(key, "…") if key else text, MAX_WORDS)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._client.close()


def find_value(found: object, *path: str | int) -> object:
    """Return a value within JSON by its keys and places; None where there is none.

    >>> find_value({"choices": [{"index": 0}]}, "choices", 0, "index")
    0
    """
    for step in path:
        if isinstance(step, int):
            found = found[step] if isinstance(found, list) and len(found) > step else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found


def find_count(found: object, *path: str | int) -> int | None:
    """Return a number of tokens within JSON, None where there is none."""
    value = find_value(found, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None
