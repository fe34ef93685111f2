"""Signs of life of a process: its heartbeat file, and a watchdog for what may hang."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from controlwatch.settings import Settings

#: Seconds without a beat after which the engine counts as hung, and the process ends itself.
HANG_TIMEOUT = 600.0
HANG_EXIT_STATUS = 70  # EX_SOFTWARE of sysexits.h
#: Seconds that jobs may take to end after SIGTERM.
STOP_TIMEOUT = 18.0
#: Seconds after which a heartbeat file means that the service hangs or is gone.
HEARTBEAT_MAX_AGE = 90.0


def get_heartbeat_path(settings: Settings) -> Path:
    """Return the file whose content is when the service was last alive."""
    return settings.state_dir / "heartbeat"


def write_heartbeat(settings: Settings, at: datetime) -> None:
    """Write when the service was last alive."""
    get_heartbeat_path(settings).write_text(at.isoformat(), encoding="utf-8")


@dataclass(slots=True)
class Watchdog:
    """When the engine last did its work, by a clock that cannot be set."""

    last_beat: float = field(default_factory=time.monotonic)

    def record_beat(self) -> None:
        """Record that it works."""
        self.last_beat = time.monotonic()

    def has_stalled(self, *, longest: float = HANG_TIMEOUT) -> bool:
        """Return whether it has not worked for this number of seconds."""
        return time.monotonic() - self.last_beat > longest
