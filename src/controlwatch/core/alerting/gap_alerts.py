"""The alert about numbers that a series of notices skips."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from controlwatch.core.alerting.system_alerts import build_system_alert
from controlwatch.core.law.number_gaps import Lead
from controlwatch.core.model import Alert

#: Missing numbers named in one alert.
MAX_NAMED_GAPS = 8


def build_gap_alert(leads: Sequence[Lead], *, now: datetime) -> Alert:
    """Return one alert about all the numbers that were not seen; `leads` is not empty."""
    named = leads[:MAX_NAMED_GAPS]
    subjects = [lead.subject for lead in named]
    hidden = len(leads) - MAX_NAMED_GAPS
    more = (f" and {hidden} more", f"等{len(leads)}个编号") if hidden > 0 else ("", "")
    return build_system_alert(
        "lead",
        (f"not seen: {', '.join(subjects)}{more[0]}", f"未见编号：{'、'.join(subjects)}{more[1]}"),
        (
            f"{'; '.join(lead.reason for lead in named)}. Each may be published elsewhere, or have been "
            "skipped: look it up, and hand it in with `controlwatch intake` if it is a notice. "
            "List them all: `controlwatch leads`.",
            "前后编号均已出现，这些编号未见。可能发布在别处，也可能跳号：请查找，如为公告请用 "
            "`controlwatch intake` 提交。全部列出：`controlwatch leads`。",
        ),
        watcher="clock",
        now=now,
    )
