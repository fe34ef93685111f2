"""Slack's side of Socket Mode: a real websocket that says hello, sends envelopes and collects what comes back."""

from __future__ import annotations

import json
import queue
import threading
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from controlwatch.demo.serving import Answer, Asked, Sites


class SocketStandIn:
    """Opens as many sessions as are asked for; the latest one is spoken to."""

    def __init__(self, *, token: str = "xapp-stand-in") -> None:
        self.token = token
        self.opened: queue.Queue[ServerConnection] = queue.Queue()
        self.heard: queue.Queue[dict[str, Any]] = queue.Queue()
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

    def _open(self, asked: Asked) -> Answer:
        kind = "application/json"
        if self.token not in asked.headers.get("authorization", ""):
            return Answer(body=b'{"ok":false,"error":"invalid_auth"}', content_type=kind)
        port = self._server.socket.getsockname()[1]
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
        return self.opened.get(timeout=15)
