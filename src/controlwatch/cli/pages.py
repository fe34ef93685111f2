"""The pages without the service: to look things up on this machine."""

from __future__ import annotations

import threading
from typing import Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console, freeze_loaded, open_cli_app


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Service")(web)


def web(
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes one that is free.")
    ] = 8080,
) -> None:
    """Serve the pages on this machine until Ctrl-C, without polling or sending.

    `controlwatch run` serves them too, where CONTROLWATCH_LISTEN says. Exit status 2 when the port is taken.

    Example: controlwatch web --port 0
    """
    from controlwatch.settings import Settings
    from controlwatch.web.serving import serve_in_thread
    from controlwatch.web.site import build_web_app

    settings = Settings.load().model_copy(update={"listen": f"127.0.0.1:{port}", "public_url": None})
    with (
        open_cli_app(settings) as app,
        serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=port) as address,
    ):
        console.print(Text(f"The pages are at {address}/ (Ctrl-C ends this)."), soft_wrap=True)
        freeze_loaded()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("Ended.")
