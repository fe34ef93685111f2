"""The colours and marks of alerts and answers, the same in every channel."""

from __future__ import annotations

#: tone of an alert, or direction of a notice → its colour in a terminal
TONE_COLOURS = {
    "tighten": "red",
    "resume": "red",
    "suspend": "yellow",
    "relax": "green",
    "clarify": "blue",
    "neutral": "white",
    "report": "bright_black",
    "review": "yellow",
    "health-down": "yellow",
    "health-up": "green",
}

#: colour in a terminal → the colour on a white page
HTML_COLOURS = {
    "red": "#b42318",
    "yellow": "#b54708",
    "green": "#027a48",
    "blue": "#175cd3",
    "white": "#475467",
    "bright_black": "#475467",
}

#: weight or tone of an alert, or legal state → its mark in a chat
MARKS = {
    "urgent": "🚨",
    "tighten": "🔴",
    "resume": "🔴",
    "suspend": "🟡",
    "relax": "🟢",
    "clarify": "🔵",
    "neutral": "⚪",
    "report": "📰",
    "review": "🔎",
    "health-down": "⚠️",
    "health-up": "✅",
    "in-force": "🔴",
    "partly-suspended": "🟠",
    "suspended": "🟡",
    "not-yet": "🔵",
    "lapsed": "⚪",
    "repealed": "⚪",
    "unknown": "❔",
}
