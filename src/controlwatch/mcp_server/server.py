"""The MCP server, over stdio for an assistant on the same machine, and over HTTP as a part of the web."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import cache, wraps
from importlib.metadata import version
from types import MethodType
from typing import ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from controlwatch.adapters.storage.explain_errors import explain_database_error
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model.errors import ControlwatchError
from controlwatch.core.rendering.json_schemas import correct_schema
from controlwatch.mcp_server import descriptions
from controlwatch.mcp_server.tools import NoticeTools
from controlwatch.services.queries import Queries

#: Bytes of a request: a list of names is the largest.
MAX_REQUEST_BYTES = 1_000_000
#: What a client may show and decide by: no tool writes, and none asks the regulators.
READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
#: The tools by the names of their methods, as a client shows them.
TITLES = {
    "latest": "Newest notices",
    "show": "One notice",
    "status": "Status on a day",
    "lookup": "What controls an item",
    "upcoming": "Key dates ahead",
    "compare": "Differences between two days",
    "entity": "Listed parties by name",
}

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


def build_mcp_server(queries: Queries, lexicon: Lexicon, *, in_this_thread: bool = False) -> MCPServer:
    """Return the server with its tools.

    With `in_this_thread` the tools run one at a time in the thread that serves: a store in memory is of one
    thread. Else each runs in a thread of its own.
    """
    tools = NoticeTools(queries=queries, lexicon=lexicon, patterns=load_vocabulary().numbers)
    with _keep_logging():
        return MCPServer(
            "controlwatch",
            title="controlwatch",
            description="China's export controls: notices, status on a day, items and listed parties.",
            instructions=descriptions.INSTRUCTIONS,
            version=version("controlwatch"),
            subscriptions=False,
            tools=list(_build_tools(tools, in_this_thread=in_this_thread)),
        )


def _build_tools(tools: NoticeTools, *, in_this_thread: bool) -> Iterator[Tool]:
    """Yield the tools with their titles, descriptions and schemas."""
    for name, title in TITLES.items():
        explained = _explain_errors(getattr(tools, name))
        answer = _call_directly(explained) if in_this_thread else explained
        yield _describe_tool(name, title).model_copy(update={"fn": answer, "is_async": in_this_thread})


@cache
def _describe_tool(name: str, title: str) -> Tool:
    """Return a tool that is to be given its function: its schemas take long to derive, and need no store."""
    described = Tool.from_function(
        MethodType(getattr(NoticeTools, name), NoticeTools),
        title=title,
        description=getattr(descriptions, name.upper()),
        annotations=READ_ONLY,
    )
    described.fn_metadata.output_schema = correct_schema(described.fn_metadata.output_schema)
    return described


class McpEndpoint:
    """The HTTP endpoint of a server: it answers each request by itself, and keeps no session.

    Who may ask, and by which name of this machine, is checked before.
    """

    def __init__(self, server: MCPServer) -> None:
        server.streamable_http_app(
            stateless_http=True,
            json_response=True,
            max_request_body_size=MAX_REQUEST_BYTES,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        self._manager = server.session_manager

    def run(self) -> AbstractAsyncContextManager[None]:
        """Return the time in which it serves; it can be entered once."""
        return self._manager.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._manager.handle_request(scope, receive, send)


@contextmanager
def _keep_logging() -> Iterator[None]:
    """Keep the SDK from configuring the log of the whole process: it would print what other libraries do."""
    root, placeholder = logging.getLogger(), logging.NullHandler()
    root.addHandler(placeholder)
    try:
        yield
    finally:
        root.removeHandler(placeholder)


def _explain_errors(tool: Callable[P, ResultT]) -> Callable[P, ResultT]:
    """Return a tool whose errors an assistant can act on: an unknown name with the nearest ones."""

    @wraps(tool)
    def answer(*args: P.args, **kwargs: P.kwargs) -> ResultT:
        try:
            return tool(*args, **kwargs)
        except SQLAlchemyError as error:
            reason = explain_database_error(error) or "the database cannot be used"
            raise ToolError(f"no answer at the moment, try again later: {reason}") from error
        except ControlwatchError as error:
            raise ToolError(str(error)) from error

    return answer


def _call_directly(tool: Callable[P, ResultT]) -> Callable[P, Awaitable[ResultT]]:
    @wraps(tool)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> ResultT:
        return tool(*args, **kwargs)

    return answer
