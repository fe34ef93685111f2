"""Alerts about sources, channels and this machine: each text in English and in Chinese."""

from __future__ import annotations

import re
from datetime import datetime

from controlwatch.core.model import Alert, AlertKind, AlertText
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.sources.watcher import Watcher

#: A text in English and in Chinese.
TextPair = tuple[str, str]
#: GACC announcements (海关总署公告)
COLUMN_NAME = re.compile(r"(.*\S)\s*[(（]([^()（）]*[\u4e00-\u9fff][^()（）]*)[)）]")


def build_system_alert(
    kind: AlertKind,
    title: TextPair,
    body: TextPair = ("", ""),
    *,
    watcher: str,
    now: datetime,
    technical: str = "",
    url: str | None = None,
) -> Alert:
    """Return an alert that is not about a notice; `technical` is shown to operators only."""
    return Alert(
        kind=kind,
        made_at=now,
        title=title[0],
        body=body[0],
        chinese=AlertText(title=title[1], body=body[1]),
        watcher=watcher,
        technical=technical,
        url=url,
    )


def join_sentences(*sentences: TextPair) -> TextPair:
    """Return sentences as one text in each language; empty ones are left out."""
    english = " ".join(filter(None, (sentence[0] for sentence in sentences)))
    return english, "".join(sentence[1] for sentence in sentences)


def format_moment_pair(instant: datetime | None) -> TextPair:
    """Return an instant in Beijing time, to the minute, in each language."""
    if instant is None:
        return "an unknown time", "时间不详"
    moment = f"{instant.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    return f"{moment} Beijing time", f"{moment}（北京时间）"


def name_source(watcher: Watcher) -> TextPair:
    """Return the name of a source in each language; in Chinese, its issuer and the name of its column."""
    named = COLUMN_NAME.fullmatch(watcher.name)
    if named is None:
        return watcher.name, watcher.name
    issuer = f"{watcher.issuer} " if watcher.issuer != "press" else ""
    return named[1], f"{issuer}{named[2]}"
