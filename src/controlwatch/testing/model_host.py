"""A stand-in for the host of a language model: real HTTP, both interfaces, their refusals and faults."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar, Literal

from controlwatch.core.second_opinion.sent_text import BEGIN_MARK, END_MARK
from controlwatch.testing.sites import Asked, LoopbackServer

Json = dict[str, Any]
#: What goes wrong: nothing; the host is down, limits, or answers something else than one whole JSON object.
Fault = Literal[
    "",
    "server error",
    "rate limit",
    "slow bytes",
    "too long",
    "broken JSON",
    "a stream",
    "a list",
    "cut off",
    "no content",
    "deep nesting",
    "redirect",
    "connection closed",
]
#: What the model is to say about a text: lists of values with quotes, or a text.
Script = Callable[[str], Json]
HUGE_BODY = 10_000_000  #: bytes
SLOW_STEP = 0.05  #: seconds between two bytes


#: What is sent instead of a sound answer, by fault.
FAULTY_ANSWERS: Mapping[Fault, Callable[[bytes], tuple[int, bytes]]] = {
    "server error": lambda _sound: (503, b"the model is overloaded"),
    "rate limit": lambda _sound: (429, b'{"error": {"message": "Rate limit reached"}}'),
    "too long": lambda _sound: (200, b'{"choices": "' + b"x" * HUGE_BODY + b'"}'),
    "broken JSON": lambda sound: (200, sound[: len(sound) // 2]),
    "redirect": lambda _sound: (307, b""),
    "a stream": lambda _sound: (200, b"data: {}\n\n"),
    "a list": lambda _sound: (200, b"[1, 2, 3]"),
    "deep nesting": lambda _sound: (200, b"[" * 200_000),
}


def say_nothing(_text: str) -> Json:
    """Return an answer without an entry."""
    return {}


@dataclass(slots=True)
class ModelHost:
    """Answers as a model would, or as a host does that is in trouble."""

    say: Script = say_nothing
    key: str = "key-of-the-stand-in"
    fault: Fault = ""
    #: parameters that it refuses by name, as hosts do that do not know them
    unknown_parameters: tuple[str, ...] = ()
    asked: list[Asked] = field(default_factory=list)  #: every request, in order
    told: list[str] = field(default_factory=list)  #: every text that it was sent, without the marks
    released: threading.Event = field(default_factory=threading.Event)  #: set: nothing is slow any more
    _server: LoopbackServer = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> ModelHost:
        self._server = LoopbackServer(("127.0.0.1", 0), _build_handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="model", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def origin(self) -> str:
        """The address of the host."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def chat_url(self) -> str:
        """The address for readers with the interface `/chat/completions`."""
        return f"{self.origin}/v1"

    def answer(self, asked: Asked) -> tuple[int, Json]:
        """Return status and body for a sound request; refuses what the real interfaces refuse."""
        body = json.loads(asked.body)
        if asked.path == "/v1/chat/completions":
            return self._answer_chat(asked.headers, body)
        if asked.path == "/v1/messages":
            return self._answer_messages(asked.headers, body)
        return 404, {"error": {"message": f"no such path: {asked.path}"}}

    def _answer_chat(self, headers: Mapping[str, str], body: Json) -> tuple[int, Json]:
        if headers.get("authorization") != f"Bearer {self.key}":
            return 401, {"error": {"message": f"wrong key: {headers.get('authorization', '')}"}}
        schema_form = "json_schema" if body["response_format"]["type"] == "json_schema" else ""
        for name in self.unknown_parameters:
            if name in body or name == schema_form:
                return 400, {"error": {"message": _refuse_parameter(name)}}
        text = json.dumps(self._say(body["messages"][-1]["content"]), ensure_ascii=False)
        message = {"role": "assistant", "content": "" if self.fault == "no content" else text}
        reason = "length" if self.fault == "cut off" else "stop"
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return 200, {"choices": [choice], "usage": {"total_tokens": 1234}}

    def _answer_messages(self, headers: Mapping[str, str], body: Json) -> tuple[int, Json]:
        if headers.get("x-api-key") != self.key or "anthropic-version" not in headers:
            return 401, {"type": "error", "error": {"message": "invalid x-api-key"}}
        if body["tool_choice"] != {"type": "tool", "name": body["tools"][0]["name"]}:
            return 400, {"type": "error", "error": {"message": "one tool must be forced"}}
        for name in self.unknown_parameters:
            if name in body:
                return 400, {"type": "error", "error": {"message": f"`{name}` is deprecated for this model."}}
        found = self._say(body["messages"][0]["content"])
        call = {"type": "tool_use", "id": "1", "name": body["tools"][0]["name"], "input": found}
        reason = "max_tokens" if self.fault == "cut off" else "tool_use"
        content = [{"type": "text", "text": "Ignored."}] if self.fault == "no content" else [call]
        usage = {"input_tokens": 1000, "output_tokens": 234}
        return 200, {"content": content, "stop_reason": reason, "usage": usage}

    def _say(self, message: str) -> Json:
        text = message.removeprefix(f"{BEGIN_MARK}\n").removesuffix(f"\n{END_MARK}")
        self.told.append(text)
        return self.say(text)


def _refuse_parameter(name: str) -> str:
    """Return the words with which OpenAI refuses a parameter."""
    other = ". Use 'max_completion_tokens' instead." if name == "max_tokens" else "."
    return f"Unsupported parameter: '{name}' is not supported with this model{other}"


def _spoil_answer(fault: Fault, status: int, sound: bytes) -> tuple[int, bytes]:
    """Return what is sent instead of a sound answer, with its status."""
    spoil = FAULTY_ANSWERS.get(fault)
    return (status, sound) if spoil is None else spoil(sound)


def _build_handler(host: ModelHost) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        served: ClassVar[ModelHost] = host

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(
                method="POST",
                host=self.headers.get("Host") or "",
                path=self.path,
                query="",
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            self.served.asked.append(asked)
            self._send(*self.served.answer(asked))

        def _send(self, status: int, body: Json) -> None:
            text = json.dumps(body, ensure_ascii=False).encode()
            fault = self.served.fault
            if fault == "connection closed":
                self.close_connection = True
            elif fault == "slow bytes":
                self._send_slowly(text)
            else:
                self._send_whole(*_spoil_answer(fault, status, text))

        def _send_whole(self, status: int, body: bytes) -> None:
            self.send_response(status)
            is_stream = self.served.fault == "a stream"
            self.send_header("Content-Type", "text/event-stream" if is_stream else "application/json")
            self.send_header("Content-Length", str(len(body)))
            if status == 307:
                self.send_header("Location", "http://elsewhere.example/v1/chat/completions")
            self.end_headers()
            self.wfile.write(body)

        def _send_slowly(self, body: bytes) -> None:
            """Send one byte after the other: no single wait is long, the whole takes for ever."""
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for byte in body:
                if self.served.released.is_set():
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(SLOW_STEP)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Handler
