"""Returned mails: what left in one is recorded as refused, and an address that does not exist is paused."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from controlwatch.core.alerting.bounce_reports import NotABounce, RecipientStatus, SentMail, parse_report
from controlwatch.core.alerting.delivery_failures import PausePlan, plan_pause
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import DeliveryError
from controlwatch.services.ports import Subscriptions
from controlwatch.services.settle_failures import PAUSE_INTERVAL


class SentMails(Protocol):
    """Mails in the store that have left."""

    def find_sent_mail(self, key: str) -> SentMail | None:
        """Return the mail that left under the key of a delivery."""

    def find_last_pause(self, channel: ChannelName, *, except_target: str) -> datetime | None:
        """Return when a subscription of another target of a channel was last paused and still is."""

    def record_bounce(
        self, mail: SentMail, *, reason: str, plan: PausePlan | None = None, now: datetime
    ) -> bool:
        """Record as refused what left in a mail; with a plan, pause its subscription and notify others."""


def process_bounce(raw: bytes, *, mails: SentMails, subscriptions: Subscriptions, now: datetime) -> str:
    """Process a mail from the mailbox that ours are sent from; return what it changed, in a sentence.

    Where a server reports that it could not deliver a mail, what left in it is recorded as refused; where
    the address does not exist, the subscription is paused, too, and others are notified once. Several that
    come back together are a sign that something here is wrong: no other is paused within an hour.
    Nothing else changes anything. Raises `DeliveryError` for a report that came before its mail was settled:
    it is to be submitted again later.
    """
    report = parse_report(raw)
    if isinstance(report, NotABounce):
        return f"nothing is changed: {report.reason}"
    mail = mails.find_sent_mail(report.key)
    if mail is not None and mail.is_leaving and not mail.receipt:
        raise DeliveryError("the mail that came back is not settled yet")
    if mail is None or mail.receipt != report.message_id:
        return "nothing is changed: no mail of controlwatch has this Message-ID"
    subscription = mail.subscription
    target = mail.addressee or subscription.target
    status = next((status for status in report.recipients if status.is_addressed_to(target)), None)
    obstacle = _explain_no_effect(mail, status)
    if status is None or obstacle:
        return f"nothing is changed for subscription {subscription.id}: {obstacle}"
    # The addressee of an escalation has no subscription to pause: the refusal is shown.
    is_unknown = status.verdict == "no-such-address" and not mail.addressee
    last_pause = mails.find_last_pause(subscription.channel, except_target=subscription.target)
    is_alone = last_pause is None or now - last_pause >= PAUSE_INTERVAL
    is_paused = is_unknown and is_alone
    reason = f"the mail came back: {status.reason}"
    active = subscriptions.list_active() if is_paused else ()
    plan = plan_pause(subscription, active, reason=reason, now=now) if is_paused else None
    if not mails.record_bounce(mail, reason=reason, plan=plan, now=now):
        return f"nothing is changed for subscription {subscription.id}: this is known already"
    if is_paused:
        return f"subscription {subscription.id} is paused: {reason}"
    return (
        f"subscription {subscription.id} goes on, one mail to {mail.addressee or 'it'} came back: "
        f"{status.reason}. {_explain_going_on(mail, is_unknown=is_unknown)}"
    )


def _explain_going_on(mail: SentMail, *, is_unknown: bool) -> str:
    """Return why a subscription is not paused, and what to do."""
    if mail.addressee:
        return "Its alerts are escalated to that address"
    cause = "That concerns the sender or this mail, not the address"
    if is_unknown:
        cause = "Another was paused within the hour, so that the cause may be here"
    return f"{cause}; `controlwatch deliver --again` sends it again"


def _explain_no_effect(mail: SentMail, status: RecipientStatus | None) -> str:
    """Return why a report changes nothing; "" where it does."""
    if not mail.active:
        return "it has ended"
    if status is None:
        return "the report concerns an address that ours forwards to"
    if status.verdict == "undecided":
        return f"nothing is decided yet ({status.action or 'no action is named'})"
    return ""
