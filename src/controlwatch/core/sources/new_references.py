"""What is unseen on an index, and what of it may ring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import date

from controlwatch.core.model import NoticeRef
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.state import NewReference


def remove_repetitions(refs: Iterable[NoticeRef]) -> tuple[NoticeRef, ...]:
    """Keep one reference an address: the first, with the longest title any of its rows shows.

    Indexes pin notices twice and cut titles by "...": the longer one is the fuller one.
    """
    best: dict[str, NoticeRef] = {}
    for ref in refs:
        address = canonicalize_url(ref.url)
        held = best.get(address)
        if held is None or _measure_title(ref) > _measure_title(held):
            best[address] = ref
    return tuple(best.values())


def _measure_title(ref: NoticeRef) -> int:
    cut = ref.title.endswith(("...", "…", "．．．"))
    return 0 if cut else len(ref.title)


def find_new_references(
    listed: Sequence[NoticeRef], known: AbstractSet[str], *, first_poll_on: date | None
) -> tuple[NewReference, ...]:
    """Return the references that the shelf does not hold, each with whether it may ring.

    `listed` is the index as read, top to bottom over all pages; `known` holds canonical addresses;
    `first_poll_on` is the day the shelf was filled, None at the first poll.

    At the first poll nothing rings. Later everything unseen rings, back-dated or not, but for what
    slid up from below the part we shelved (below the last known reference, where a deletion moves
    old notices into view): that rings only if it was published since the shelf was filled. The same
    holds when nothing at all is known any more, as after a move of the whole site.
    """
    if first_poll_on is None:
        return tuple(NewReference(ref=ref, may_alert=False) for ref in listed)
    positions = [place for place, ref in enumerate(listed) if canonicalize_url(ref.url) in known]
    last_known = positions[-1] if positions else -1
    return tuple(
        NewReference(ref=ref, may_alert=True, alert_since=first_poll_on if place > last_known else None)
        for place, ref in enumerate(listed)
        if canonicalize_url(ref.url) not in known
    )


def may_alert(*, may_ring: bool, since: date | None, dated: date | None) -> bool:
    """Whether a reference, once its notice's own date is known, may raise an alert."""
    return may_ring and not (since is not None and dated is not None and dated < since)
