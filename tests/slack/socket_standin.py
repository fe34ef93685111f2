"""Slack's side of Socket Mode: a real websocket that says hello, sends envelopes and collects what comes back."""

from __future__ import annotations

import base64
import hashlib
import json
import queue
import socket
import threading
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from controlwatch.testing.sites import Answer, Asked, Sites
from tests.waiting import PATIENCE

#: What a websocket's handshake adds to the key (RFC 6455).
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class DeafSocket:
    """Shakes hands, says hello, and then hears nothing and answers no ping: a socket that only looks open."""

    def __init__(self) -> None:
        self.sessions: queue.Queue[socket.socket] = queue.Queue()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._take, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _take(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            asked = connection.recv(4_000).decode()
            key = next(
                line[19:] for line in asked.splitlines() if line.lower().startswith("sec-websocket-key")
            )
            accept = base64.b64encode(hashlib.sha1(key.strip().encode() + MAGIC).digest()).decode()
            hello = json.dumps({"type": "hello", "num_connections": 1, "debug_info": {}}).encode()
            connection.sendall(
                f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
                + bytes([0x81, len(hello)])
                + hello
            )
            self.sessions.put(connection)


class SocketStandIn:
    """Opens as many sessions as are asked for; the latest one is spoken to."""

    def __init__(self, *, token: str = "xapp-stand-in") -> None:
        self.token = token
        self.opened: queue.Queue[ServerConnection] = queue.Queue()
        self.heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self._elsewhere = 0
        self._server = serve(self._session, "127.0.0.1", 0)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> SocketStandIn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()

    def put_up(self, sites: Sites) -> None:
        host = sites.origin.removeprefix("http://")
        sites.put(f"http://{host}/api/apps.connections.open", self._open)

    def lead_to(self, port: int) -> None:
        """Let the next session be opened elsewhere, once."""
        self._elsewhere = port

    def _open(self, asked: Asked) -> Answer:
        kind = "application/json"
        if self.token not in asked.headers.get("authorization", ""):
            return Answer(body=b'{"ok":false,"error":"invalid_auth"}', content_type=kind)
        port, self._elsewhere = self._elsewhere or self._server.socket.getsockname()[1], 0
        body = json.dumps({"ok": True, "url": f"ws://127.0.0.1:{port}/link/?ticket=1"})
        return Answer(body=body.encode(), content_type=kind)

    def _session(self, connection: ServerConnection) -> None:
        connection.send(json.dumps({"type": "hello", "num_connections": 1, "debug_info": {}}))
        self.opened.put(connection)
        try:
            for message in connection:
                self.heard.put(json.loads(message))
        except ConnectionClosed:
            return

    def session(self) -> ServerConnection:
        """Wait for the next session to be opened."""
        return self.opened.get(timeout=PATIENCE)
