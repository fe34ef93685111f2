"""A model behind the interface `/chat/completions`: OpenAI, vLLM, Ollama, llama.cpp, Qwen, DeepSeek.

Hosts differ in the parameters that they know. A refused request costs nothing, so a parameter that a host
names in its refusal is left out or replaced, and the host is asked like that from then on.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from controlwatch.adapters.second_readers.model_endpoint import (
    ModelAddress,
    ModelEndpoint,
    find_count,
    find_value,
)
from controlwatch.core.model.errors import UnusableAnswer
from controlwatch.core.second_opinion.instructions import ReaderQuestion, ReaderReply

PATH = "/chat/completions"
#: Statuses of a request that was refused for its form.
REFUSED_STATUSES = frozenset({400, 404, 422})
SEED = 7
#: What a refusal names → the parameter that is not sent any more.
PARAMETER_WORDS = (
    ("json_schema", "json_schema"),
    ("response_format", "json_schema"),
    ("max_completion_tokens", "max_tokens"),
    ("temperature", "temperature"),
    ("seed", "seed"),
)


class ChatCompletionsReader:
    """Asks for one answer in the form of a JSON schema, or where the host knows none, for any JSON."""

    def __init__(self, address: ModelAddress, model: str) -> None:
        self.model, self.host = model, address.host
        self._endpoint = ModelEndpoint(address)
        self._headers = {"Authorization": f"Bearer {address.key}"} if address.key else {}
        self._guard = threading.Lock()
        self._unknown: frozenset[str] = frozenset()  #: parameters that the host has refused

    def ask(self, question: ReaderQuestion) -> ReaderReply:
        """Return the answer to a question; raises `UnusableAnswer`."""
        unknown = self._unknown
        for _ in range(len(PARAMETER_WORDS)):
            body = self._build_body(question, unknown)
            status, found, words = self._endpoint.post_json(PATH, body, self._headers)
            if 200 <= status < 300:
                with self._guard:
                    self._unknown = unknown
                return self._read_reply(found)
            refused = find_refused_parameter(words, unknown) if status in REFUSED_STATUSES else None
            if refused is None:
                break
            unknown |= {refused}
        raise UnusableAnswer(f"{self.host} answered {status} {words}".rstrip())

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()

    def _build_body(self, question: ReaderQuestion, unknown: frozenset[str]) -> dict[str, Any]:
        instructions = question.instructions
        response_format: dict[str, Any] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": question.schema},
        }
        if "json_schema" in unknown:
            response_format = {"type": "json_object"}
            schema = json.dumps(question.schema, ensure_ascii=False)
            instructions += f"\nThe JSON schema of the object: {schema}"
        limit = "max_completion_tokens" if "max_tokens" in unknown else "max_tokens"
        optional = {"temperature": 0, "seed": SEED}
        return {
            "model": self.model,
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": question.message},
            ],
            "response_format": response_format,
            "stream": False,
            limit: question.answer_tokens,
            **{name: value for name, value in optional.items() if name not in unknown},
        }

    def _read_reply(self, found: dict[str, Any]) -> ReaderReply:
        if find_value(found, "choices", 0, "finish_reason") in {"length", "content_filter"}:
            raise UnusableAnswer(f"{self.host} cut its answer off")
        text = find_value(found, "choices", 0, "message", "content")
        if not isinstance(text, str) or not text.strip():
            raise UnusableAnswer(f"{self.host} sent an answer without content")
        return ReaderReply(text=text, tokens=find_count(found, "usage", "total_tokens"))


def find_refused_parameter(words: str, unknown: frozenset[str]) -> str | None:
    """Return the parameter that a refusal is about, None where it names none that could be left out."""
    folded = words.lower()
    named = (parameter for word, parameter in PARAMETER_WORDS if word in folded)
    return next((parameter for parameter in named if parameter not in unknown), None)
