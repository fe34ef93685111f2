"""What a subscription asks for, in words."""

from __future__ import annotations

from controlwatch.core.model import Subscription

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def describe_criteria(item: Subscription) -> str:
    """Return the criteria of a subscription: "battery or rare_earth and tighten"."""
    kinds = (
        item.categories,
        item.issuers,
        tuple(direction.value for direction in item.directions),
        item.destinations,
        tuple(f"HS {prefix}" for prefix in item.hs_prefixes),
        tuple(f"“{term}”" for term in item.terms),
    )
    return " and ".join(" or ".join(kind) for kind in kinds if kind) or "everything"


def describe_timing(item: Subscription) -> str:
    """Return when a subscription is told, when not, and what follows where nobody acts."""
    when = {
        "immediate": "immediate",
        "daily": f"daily at {item.at:%H:%M} {item.timezone}",
        "weekly": f"{WEEKDAYS[item.weekday]}s at {item.at:%H:%M} {item.timezone}",
    }
    said = [when[item.rate]]
    if item.quiet is not None:
        said.append(f"quiet {item.quiet[0]:%H:%M}-{item.quiet[1]:%H:%M}")
    if item.outlook:
        said.append(f"outlook at {item.at:%H:%M}")
    if item.escalate_after:
        to = f" to {item.escalate_to}" if item.escalate_to else ""
        said.append(f"told again{to} after {item.escalate_after} minutes without an answer")
    return ", ".join((*said, *(f"{mute.category} muted until {mute.until:%Y-%m-%d}" for mute in item.muted)))


def describe_subscription(item: Subscription) -> str:
    """Return a subscription in words: what it asks for, and when it is told."""
    return f"{describe_criteria(item)}, {describe_timing(item)}"
