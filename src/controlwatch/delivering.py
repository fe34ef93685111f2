"""Send what is due, and settle it: sent, to be tried again, or refused for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from controlwatch.core.books import Planned
from controlwatch.core.bounces import NoBounce, read
from controlwatch.core.errors import DeliveryError, UsageError
from controlwatch.core.model import Alert
from controlwatch.core.pausing import OUTBOX, paused_alert, told_of
from controlwatch.core.render.message import compose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controlwatch.core.bounces import Fate, Mailed
    from controlwatch.core.links import Links
    from controlwatch.core.model import ChannelName, Delivery, Subscription
    from controlwatch.core.reading.lexicon import Lexicon
    from controlwatch.ports import Channel, Store

LEASE = 300.0  #: seconds a delivery may take before another worker may try it
MOST_MESSAGES = 8  #: sent under one `now`: each takes at most half a minute, so that none outlives its lease
FIRST_WAIT = 30.0  #: seconds before the second try; each further wait is twice as long
LONGEST_WAIT = 3600.0


def send(
    deliveries: tuple[Delivery, ...],
    channels: Mapping[ChannelName, Channel],
    *,
    store: Store,
    lexicon: Lexicon,
    links: Links,
    owner: str,
    now: datetime,
) -> bool:
    """Send deliveries of one subscription as one message; False when they were not sent."""
    subscription = deliveries[0].subscription
    channel = channels.get(subscription.channel)
    if channel is None:
        missing = DeliveryError(f"{subscription.channel} is not configured here", retry_after=LONGEST_WAIT)
        _settle_failure(deliveries, missing, store=store, owner=owner, now=now)
        return False
    try:
        message = compose(deliveries, lexicon, now=now, links=links)
        receipt = channel.send(message, target=deliveries[0].target, key=deliveries[0].key)
    except (DeliveryError, ValueError, LookupError, TypeError, AttributeError) as error:
        _settle_failure(deliveries, error, store=store, owner=owner, now=now)
        return False
    store.sent(deliveries, owner=owner, receipt=receipt, now=now)
    return True


def ask_to_confirm(store: Store, subscription: Subscription, *, who: str, now: datetime) -> int:
    """Subscribe an address that its owner has yet to confirm, and ask by one mail; return its number.

    `who` asked is shown in the mail: our own words for them, never text that they gave, or the mail could
    be made to advertise. An address that was asked already is not asked again: `UsageError`.
    """
    same = (subscription.channel, subscription.target.casefold())
    for item in store.subscriptions():
        if not item.confirmed and (item.channel, item.target.casefold()) == same:
            raise UsageError(
                f"{item.target} was asked already (subscription {item.id}) and has not confirmed"
            )
    number = store.subscribe(replace(subscription, confirmed=False), now)
    alert = Alert(kind="confirmation", made_at=now, title="confirmation", watcher=OUTBOX, body=who)
    store.tell(alert, [Planned(subscription_id=number, due_at=now, why="asked to be confirmed")])
    return number


def _settle_failure(
    deliveries: tuple[Delivery, ...], failure: Exception, *, store: Store, owner: str, now: datetime
) -> None:
    # A message that we cannot even write is put off like one that nobody takes, and shown with its reason.
    ours = DeliveryError(f"an error of ours: {type(failure).__name__}: {failure}", retry_after=LONGEST_WAIT)
    error = failure if isinstance(failure, DeliveryError) else ours
    if error.permanent and error.target:
        _pause(deliveries, str(error), store=store, owner=owner, now=now)
        return
    if error.permanent:
        store.refused(deliveries, owner=owner, reason=str(error), now=now)
        return
    tries = max(delivery.attempts for delivery in deliveries)
    wait = error.retry_after or min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries - 1, 10))
    store.postponed(deliveries, owner=owner, reason=str(error), until=now + timedelta(seconds=wait))


def _pause(deliveries: tuple[Delivery, ...], reason: str, *, store: Store, owner: str, now: datetime) -> None:
    """Send nothing more to a target that takes nothing, keep what it should get, and tell others once."""
    subscription = deliveries[0].subscription
    alert = paused_alert(subscription, reason, now=now)
    planned = told_of(alert, subscription, store.subscriptions(), now=now)
    store.pause(deliveries, owner=owner, reason=reason, alert=alert, planned=planned, now=now)


def came_back(raw: bytes, *, store: Store, now: datetime) -> str:
    """Take in a mail from the mailbox that ours are sent from, and return what it changed, in a sentence.

    Where a server says that it could not deliver a mail of ours, what left in it is put down as refused;
    where nobody is at the address, the subscription is paused, too, and others are told once. Nothing
    else changes anything. Raises `DeliveryError` for a report that came before its mail was settled: it is
    to be brought again later.
    """
    found = read(raw)
    if isinstance(found, NoBounce):
        return f"nothing is changed: {found.why}"
    mailed = store.mailed(found.key)
    if mailed is not None and mailed.leaving and not mailed.receipt:
        raise DeliveryError("the mail that came back is not settled yet")
    if mailed is None or mailed.receipt != found.message_id:
        return "nothing is changed: no mail of ours has this Message-ID"
    number = mailed.subscription.id
    fate = next((fate for fate in found.fates if fate.concerns(mailed.subscription.target)), None)
    why = _idle(mailed, fate)
    if fate is None or why:
        return f"nothing is changed for subscription {number}: {why}"
    nobody = fate.verdict == "nobody"
    if not _put_down(mailed, f"the mail came back: {fate.reason}", pause=nobody, store=store, now=now):
        return f"nothing is changed for subscription {number}: this is known already"
    if nobody:
        return f"subscription {number} is paused: the mail came back: {fate.reason}"
    return (
        f"subscription {number} goes on, one mail to it came back: {fate.reason}. That speaks of us or of "
        "this mail, not of the address; `controlwatch deliver --again` sends it again"
    )


def _idle(mailed: Mailed, fate: Fate | None) -> str:
    """Say why a report changes nothing, if it does not."""
    if not mailed.active:
        return "it has ended"
    if fate is None:
        return "the report speaks of an address that the one we wrote to leads on to"
    if fate.verdict == "waits":
        return f"nothing is decided yet ({fate.action or 'no action is named'})"
    return ""


def _put_down(mailed: Mailed, reason: str, *, pause: bool, store: Store, now: datetime) -> bool:
    subscription = mailed.subscription
    alert = paused_alert(subscription, reason, now=now) if pause else None
    planned = told_of(alert, subscription, store.subscriptions(), now=now) if alert is not None else ()
    return store.came_back(mailed, reason=reason, alert=alert, planned=planned, now=now)
