"""The App Home: a user's subscriptions, open alerts, upcoming key dates and the health of the sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt import App as Bolt
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from controlwatch.core.model import Subscription
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.problems_zh import explain_problem
from controlwatch.services.ports import Subscriptions
from controlwatch.services.queries import Queries
from controlwatch.services.settle_review import Reviews
from controlwatch.services.store import AlertActions
from controlwatch.slack.home_view import HomeContent, build_home_view
from controlwatch.slack.permissions import choose_language

Json = dict[str, Any]
#: Days of key dates that are shown, and open alerts that are loaded.
LOOKAHEAD_DAYS, MAX_OPEN_ALERTS = 30, 50

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppHome:
    """Publishes the App Home of the user who opens it."""

    subscriptions: Subscriptions
    actions: AlertActions
    reviews: Reviews
    queries: Queries

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen for users who open it."""
        bolt.event("app_home_opened")(self.handle_open)

    def handle_open(self, event: Json, client: WebClient) -> None:
        """Publish the home of the user who has opened it."""
        if event.get("tab", "home") == "home":
            self.publish_view(client, str(event.get("user", "")))

    def publish_view(self, client: WebClient, user: str, *, warning: str = "") -> None:
        """Publish the home of a user again, with a warning at the top."""
        try:
            content = self.load_content(user)
            shown = explain_problem(warning, content.language) if warning else ""
            client.views_publish(user_id=user, view=build_home_view(content, warning=shown))
        except (SlackApiError, SlackClientError, OSError) as error:
            log.warning("a home could not be drawn", reason=str(error))

    def list_subscriptions(self, user: str) -> tuple[Subscription, ...]:
        """Return the subscriptions that go to a user, and those of channels that they own."""
        active = self.subscriptions.list_active()
        return tuple(item for item in active if item.channel == "slack" and user in {item.target, item.owner})

    def load_content(self, user: str) -> HomeContent:
        """Return what concerns a user."""
        own = self.list_subscriptions(user)
        everything = any(not item.categories for item in own)
        categories = () if everything else {name for item in own for name in item.categories}
        today = to_beijing_day(datetime.now(UTC))
        coverage = self.queries.law.find_coverage(on=today)
        targets = {user, *(item.target for item in own)}
        open_alerts = self.actions.list_alerts(open_only=True, targets=targets, limit=MAX_OPEN_ALERTS)
        return HomeContent(
            subscriptions=own,
            reviews=self.reviews.list_delivered(targets),
            open_alerts=tuple(line for line in open_alerts if line.kind != "review"),
            upcoming=self.queries.law.upcoming(on=today, days=LOOKAHEAD_DAYS, categories=categories),
            cautions=self.queries.law.list_cautions(today, coverage),
            coverage=coverage,
            today=today,
            days=LOOKAHEAD_DAYS,
            watchers=self.queries.list_watchers(),
            user=user,
            language=choose_language(own),
            lexicon=self.queries.names.lexicon,
        )
