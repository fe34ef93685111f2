"""Mails that come back: what left in one is put down as refused, and an address with nobody is paused."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from controlwatch.core.alerting.bounce_reports import NotABounce, parse_report
from controlwatch.core.alerting.paused_targets import build_paused_alert, plan_recipients
from controlwatch.core.model.errors import DeliveryError

if TYPE_CHECKING:
    from controlwatch.core.alerting.bounce_reports import RecipientStatus, SentMail
    from controlwatch.services.ports import Store


def came_back(raw: bytes, *, store: Store, now: datetime) -> str:
    """Take in a mail from the mailbox that ours are sent from, and return what it changed, in a sentence.

    Where a server says that it could not deliver a mail of ours, what left in it is put down as refused;
    where nobody is at the address, the subscription is paused, too, and others are told once. Nothing
    else changes anything. Raises `DeliveryError` for a report that came before its mail was settled: it is
    to be brought again later.
    """
    found = parse_report(raw)
    if isinstance(found, NotABounce):
        return f"nothing is changed: {found.reason}"
    mailed = store.find_sent_mail(found.key)
    if mailed is not None and mailed.is_leaving and not mailed.receipt:
        raise DeliveryError("the mail that came back is not settled yet")
    if mailed is None or mailed.receipt != found.message_id:
        return "nothing is changed: no mail of ours has this Message-ID"
    number = mailed.subscription.id
    target = mailed.addressee or mailed.subscription.target
    fate = next((fate for fate in found.recipients if fate.is_addressed_to(target)), None)
    why = _idle(mailed, fate)
    if fate is None or why:
        return f"nothing is changed for subscription {number}: {why}"
    # Of whoever is told again there is no subscription to pause: the refusal is shown.
    nobody = fate.verdict == "nobody" and not mailed.addressee
    if not _put_down(mailed, f"the mail came back: {fate.reason}", pause=nobody, store=store, now=now):
        return f"nothing is changed for subscription {number}: this is known already"
    if nobody:
        return f"subscription {number} is paused: the mail came back: {fate.reason}"
    return f"subscription {number} goes on, one mail to {_speaks_of(mailed, fate)}"


def _idle(mailed: SentMail, fate: RecipientStatus | None) -> str:
    """Say why a report changes nothing, if it does not."""
    if not mailed.active:
        return "it has ended"
    if fate is None:
        return "the report speaks of an address that the one we wrote to leads on to"
    if fate.verdict == "waits":
        return f"nothing is decided yet ({fate.action or 'no action is named'})"
    return ""


def _speaks_of(mailed: SentMail, fate: RecipientStatus) -> str:
    """Say what came back that pauses no subscription, and what it speaks of."""
    if mailed.addressee:
        return f"{mailed.addressee} came back: {fate.reason}. That is where its alerts are told again"
    return (
        f"it came back: {fate.reason}. That speaks of us or of this mail, not of the address; "
        "`controlwatch deliver --again` sends it again"
    )


def _put_down(mailed: SentMail, reason: str, *, pause: bool, store: Store, now: datetime) -> bool:
    subscription = mailed.subscription
    alert = build_paused_alert(subscription, reason, now=now) if pause else None
    planned = (
        plan_recipients(alert, subscription, store.list_subscriptions(), now=now) if alert is not None else ()
    )
    return store.record_bounce(mailed, reason=reason, alert=alert, planned=planned, now=now)
