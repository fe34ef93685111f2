"""The files that the setup writes: settings, and a unit of systemd; and the command for a container."""

from __future__ import annotations

import getpass
import shlex
import sys
from pathlib import Path

from rich.text import Text

from controlwatch.cli.common import console
from controlwatch.core.model.errors import UsageError

UNIT = """\
[Unit]
Description=controlwatch: alerts on China's export-control notices
Wants=network-online.target
After=network-online.target

[Service]
User={user}
Environment="CONTROLWATCH_SETTINGS={settings}"
ExecStart="{python}" -m controlwatch run
Restart=always
RestartSec=10
UMask=0077
NoNewPrivileges=true
ProtectSystem=strict
ReadWritePaths="{state}"

[Install]
WantedBy=multi-user.target
"""


def write_settings(path: Path, values: dict[str, str]) -> None:
    """Write the settings to a file that only its owner can read; the values are not printed."""
    from controlwatch.adapters.system.state_folder import write_private_file

    for key, value in values.items():
        if "\n" in value.strip():
            raise UsageError(f"{key} has several lines: keep it in a file of its own, and set {key}_FILE")
    lines = ["# Settings of controlwatch; each is described in docs/settings.md.", ""]
    lines += [f"{key}={value}" for key, value in sorted(values.items()) if value.strip()]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private_file(path.absolute(), "\n".join(lines) + "\n")
    console.print(Text(f"✓ the settings are in {path.absolute()}"), soft_wrap=True)


def write_unit(path: Path, settings_file: Path, state: Path) -> None:
    """Write a unit of systemd; one that exists is kept. Raises `UsageError` for another name."""
    if path.suffix != ".service":
        raise UsageError(f"{path} is not the name of a unit: it ends in .service")
    text = UNIT.format(
        user=getpass.getuser(), settings=settings_file.absolute(), python=sys.executable, state=state
    )
    if path.exists():
        is_same = path.read_text(encoding="utf-8") == text
        note = "is as it would be written" if is_same else "is kept; delete it to have it written again"
        console.print(Text(f"{path} {note}."), soft_wrap=True)
        return
    path.write_text(text, encoding="utf-8")
    console.print(Text(f"✓ the unit is in {path}: systemctl enable --now {path.name}"), soft_wrap=True)


def build_docker_command(settings_file: Path, state: Path) -> str:
    """Return the command that runs the service in a container on this state."""
    inside = "/run/controlwatch.env"
    return (
        'docker run --detach --name controlwatch --restart unless-stopped --user "$(id -u):$(id -g)" '
        f"--read-only --tmpfs /tmp --cap-drop ALL --volume {shlex.quote(f'{state}:/app/state')} "
        f"--volume {shlex.quote(f'{settings_file.absolute()}:{inside}:ro')} "
        f"--env CONTROLWATCH_SETTINGS={inside} --env CONTROLWATCH_STATE_DIR=/app/state controlwatch"
    )
