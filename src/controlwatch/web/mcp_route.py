"""The MCP server on the HTTP side: for a token with the scope to read, or for the machine itself."""

from __future__ import annotations

from starlette.routing import Route

from controlwatch.mcp_server.server import McpEndpoint
from controlwatch.web.api.api_access import ApiGuard, GuardedApp

MCP_PATH = "/mcp"


def build_mcp_route(endpoint: McpEndpoint, guard: ApiGuard) -> Route:
    """Return the route of the MCP server: without GET, it holds no stream open."""
    return Route(MCP_PATH, endpoint=GuardedApp(endpoint, guard, scope="read"), methods=["POST"])
