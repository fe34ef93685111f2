"""The MCP server on the HTTP side: for a token with the scope to read, or for the machine itself."""

from __future__ import annotations

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from controlwatch.mcp_server.server import McpEndpoint
from controlwatch.web.api.api_access import ApiGuard
from controlwatch.web.api.problems import ApiProblem, render_problem

MCP_PATH = "/mcp"


class GuardedMcp:
    """Lets requests pass to the MCP server that may read. No page of another site may cause one."""

    def __init__(self, endpoint: McpEndpoint, guard: ApiGuard) -> None:
        self._endpoint = endpoint
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope)
        try:
            await run_in_threadpool(self._guard.check, request, "read", changes=True)
        except ApiProblem as problem:
            await render_problem(problem)(scope, receive, send)
            return
        await self._endpoint(scope, receive, send)


def build_mcp_route(endpoint: McpEndpoint, guard: ApiGuard) -> Route:
    """Return the route of the MCP server: without GET, it holds no stream open."""
    return Route(MCP_PATH, endpoint=GuardedMcp(endpoint, guard), methods=["POST"])
