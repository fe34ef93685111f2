"""Route an alert to many subscriptions: the first of them as the alert is written, the others page by page.

A notice is recorded under a lock that all others wait for: ten thousand deliveries are not written under it.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from controlwatch.adapters.storage.alert_writer import write_deliveries
from controlwatch.adapters.storage.base import (
    ALERT,
    DELIVERY,
    FANOUT,
    SUBSCRIPTION,
    VERSION,
    StorePart,
    alert_from_json,
)
from controlwatch.adapters.storage.new_deliveries import note_new_deliveries
from controlwatch.adapters.storage.subscriptions import to_subscription
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model import Subscription

#: Subscriptions of one page.
PAGE = 250


def select_page(connection: Connection, *, after_id: int = 0) -> tuple[Subscription, ...]:
    """Return a page of the active subscriptions, those behind an id, in the order of creation."""
    page = select(SUBSCRIPTION).where(SUBSCRIPTION.c.active, SUBSCRIPTION.c.id > after_id)
    rows = connection.execute(page.order_by(SUBSCRIPTION.c.id).limit(PAGE)).mappings()
    return tuple(to_subscription(row) for row in rows)


def note_other_pages(connection: Connection, alert_id: int, first_page: tuple[Subscription, ...]) -> None:
    """Note that an alert which was routed to a first page is to be routed to those behind it."""
    if len(first_page) == PAGE:
        connection.execute(FANOUT.insert().values(alert_id=alert_id, after_id=first_page[-1].id))
        note_new_deliveries(connection)  # they are about to be


class FanoutStore(StorePart):
    """Alerts that are not routed to all subscriptions yet."""

    def route_next_page(self) -> bool:
        """Route the oldest of them to one more page, in a transaction; return False where there is none.

        Several processes share the work. A page that is routed twice gets its deliveries once.
        """
        if not self.has_unrouted():
            return False
        oldest = (
            select(FANOUT, ALERT.c.payload, VERSION.c.text)
            .join(ALERT, ALERT.c.id == FANOUT.c.alert_id)
            .outerjoin(VERSION, VERSION.c.id == ALERT.c.version_id)
            .order_by(FANOUT.c.alert_id)
            .limit(1)
            .with_for_update(skip_locked=True, of=FANOUT)
        )
        with self._engine.begin() as connection:
            row = connection.execute(oldest).first()
            if row is None:  # others are at it
                return False
            page = select_page(connection, after_id=row.after_id)
            alert = alert_from_json(row.payload)
            known = select(DELIVERY.c.subscription_id).where(DELIVERY.c.alert_id == row.alert_id)
            served = set(connection.execute(known.where(DELIVERY.c.subscription_id > row.after_id)).scalars())
            planned = route_alert(alert, page, text=row.text or "", now=alert.made_at)
            write_deliveries(
                connection, row.alert_id, (item for item in planned if item.subscription_id not in served)
            )
            own = FANOUT.c.alert_id == row.alert_id
            if len(page) == PAGE:
                connection.execute(update(FANOUT).where(own).values(after_id=page[-1].id))
            else:
                connection.execute(FANOUT.delete().where(own))
        return True

    def has_unrouted(self) -> bool:
        """Return whether an alert is not routed to all subscriptions yet."""
        with self._read_engine.begin() as connection:
            return has_unrouted_alerts(connection)


def has_unrouted_alerts(connection: Connection) -> bool:
    """Return whether an alert is not routed to all subscriptions yet."""
    return connection.execute(select(FANOUT.c.alert_id).limit(1)).first() is not None
