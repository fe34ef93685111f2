"""What a subscription asks for, in words."""

from __future__ import annotations

from controlwatch.core.model import Subscription


def criteria(item: Subscription) -> str:
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
