"""A model behind Anthropic's interface `/v1/messages`: it must answer by one tool, which does nothing."""

from __future__ import annotations

import json
from typing import Any

from controlwatch.adapters.second_readers.model_endpoint import (
    ModelAddress,
    ModelEndpoint,
    find_count,
)
from controlwatch.core.model.errors import UnusableAnswer
from controlwatch.core.second_opinion.instructions import ReaderQuestion, ReaderReply

PATH = "/v1/messages"
INTERFACE_VERSION = "2023-06-01"
TOOL_NAME = "answer"


class MessagesToolReader:
    """Asks for one call of a tool whose input has the form of a JSON schema."""

    def __init__(self, address: ModelAddress, model: str) -> None:
        self.model, self.host = model, address.host
        self._endpoint = ModelEndpoint(address)
        self._headers = {"anthropic-version": INTERFACE_VERSION, "x-api-key": address.key}
        self._takes_temperature = True  #: until the host has refused it; a refused request costs nothing

    def ask(self, question: ReaderQuestion) -> ReaderReply:
        """Return the answer to a question; raises `UnusableAnswer`."""
        body = {
            "model": self.model,
            "max_tokens": question.answer_tokens,
            "system": question.instructions,
            "messages": [{"role": "user", "content": question.message}],
            "tools": [
                {
                    "name": TOOL_NAME,
                    "description": "Takes the answer.",
                    "input_schema": question.schema,
                }
            ],
            "tool_choice": {"type": "tool", "name": TOOL_NAME},
            "stream": False,
        }
        takes_temperature = self._takes_temperature
        parameters = {"temperature": 0} if takes_temperature else {}
        status, found, words = self._endpoint.post_json(PATH, body | parameters, self._headers)
        if takes_temperature and status == 400 and "temperature" in words.lower():
            self._takes_temperature = False
            status, found, words = self._endpoint.post_json(PATH, body, self._headers)
        if not 200 <= status < 300:
            raise UnusableAnswer(f"{self.host} answered {status} {words}".rstrip())
        return self._read_reply(found)

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()

    def _read_reply(self, found: dict[str, Any]) -> ReaderReply:
        if found.get("stop_reason") == "max_tokens":
            raise UnusableAnswer(f"{self.host} cut its answer off")
        blocks = found.get("content")
        calls = [
            block.get("input")
            for block in (blocks if isinstance(blocks, list) else [])
            if isinstance(block, dict) and block.get("type") == "tool_use" and block.get("name") == TOOL_NAME
        ]
        if len(calls) != 1 or not isinstance(calls[0], dict):
            raise UnusableAnswer(f"{self.host} did not answer by the one call that was asked for")
        counts = [find_count(found, "usage", name) for name in ("input_tokens", "output_tokens")]
        total = sum(count for count in counts if count is not None)
        return ReaderReply(
            text=json.dumps(calls[0], ensure_ascii=False), tokens=total if None not in counts else None
        )
