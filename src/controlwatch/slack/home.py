"""The App Home: my subscriptions, open alerts, what comes up, and how the watchers fare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.slack.home_view import HomeContent, build_home_view

if TYPE_CHECKING:
    from slack_bolt import App as Bolt
    from slack_sdk import WebClient

    from controlwatch.bootstrap import App
    from controlwatch.core.model import Subscription

Json = dict[str, Any]
#: Days that "what comes up" looks ahead, and open alerts that are looked for.
LOOKAHEAD_DAYS, MAX_OPEN_ALERTS = 30, 50

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AppHome:
    """Draws the App Home of whoever opens it."""

    app: App

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen to who opens it."""
        bolt.event("app_home_opened")(self.handle_open)

    def handle_open(self, event: Json, client: WebClient) -> None:
        """Draw the home for whoever has opened it."""
        if event.get("tab", "home") == "home":
            self.publish_view(client, str(event.get("user", "")))

    def publish_view(self, client: WebClient, user: str, *, said: str = "") -> None:
        """Draw the home of a user anew; `said` stands on top."""
        try:
            client.views_publish(user_id=user, view=build_home_view(self.load_content(user), said=said))
        except (SlackApiError, SlackClientError, OSError) as error:
            log.warning("a home could not be drawn", reason=str(error))

    def list_subscriptions(self, user: str) -> tuple[Subscription, ...]:
        """Return what somebody gets, and what they have subscribed channels to."""
        active = self.app.store.subscriptions.list_active()
        return tuple(item for item in active if item.channel == "slack" and user in {item.target, item.owner})

    def load_content(self, user: str) -> HomeContent:
        """Return what concerns a user."""
        now = datetime.now(UTC)
        store, queries = self.app.store, self.app.queries
        mine = self.list_subscriptions(user)
        everything = any(not item.categories for item in mine)
        categories = () if everything else {name for item in mine for name in item.categories}
        return HomeContent(
            subscriptions=mine,
            open_alerts=store.actions.list_alerts(
                open_only=True, targets={user, *(item.target for item in mine)}, limit=MAX_OPEN_ALERTS
            ),
            upcoming=queries.law.upcoming(on=to_beijing_day(now), days=LOOKAHEAD_DAYS, categories=categories),
            days=LOOKAHEAD_DAYS,
            watchers=queries.list_watchers(),
            user=user,
        )
