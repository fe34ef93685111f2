"""Ask: the MCP server for an assistant on this machine."""

from __future__ import annotations

import gc

import typer

from controlwatch.cli.common import open_question_app


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Ask")(mcp)


def mcp() -> None:
    """Answer the questions of an assistant by the Model Context Protocol, on standard input and output.

    Its tools are read-only: latest, show, status, lookup, upcoming, compare, entity. A client starts this
    command itself; see docs/mcp.md. It ends when the client closes the standard input.

    Example: controlwatch mcp
    """
    from controlwatch.mcp_server.server import build_mcp_server

    gc.enable()  # it is off while quick commands start, and this one runs for days
    with open_question_app() as app:
        build_mcp_server(app.queries, app.lexicon, in_this_thread=True).run("stdio")
