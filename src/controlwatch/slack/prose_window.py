"""Translations and explanations by a language model in Slack: behind a button, in a window of their own.

The window opens at once and shows what there is. What is asked for in it comes later, whether the window is
still open or not; a fault is told to the person who asked.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slack_bolt import App as Bolt
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from controlwatch.core.model import Language
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.problems_zh import explain_problem
from controlwatch.core.rendering.prose_text import OFFERS, select_newest_prose
from controlwatch.core.rendering.slack_blocks import LABELS, PROSE
from controlwatch.core.rendering.wording import pick_language
from controlwatch.services.ports import Outbox
from controlwatch.services.second_opinions import SecondOpinions
from controlwatch.slack.ack_deadline import try_or_explain
from controlwatch.slack.alert_actions import NOT_SENT_HERE, parse_delivery_key
from controlwatch.slack.permissions import Permissions
from controlwatch.slack.prose_view import (
    PROSE_ASK,
    UNSETTLED_STATES,
    ProseContent,
    ProsePlace,
    build_prose_view,
    describe_prose,
)

Json = dict[str, Any]
#: Texts that are asked for at once; the others wait for their turn.
MAX_CONCURRENT_TEXTS = 2
#: Texts that are asked for or wait for their turn, a thread each; who asks for more is told to come back.
MAX_WAITING_TEXTS = 20
#: What another process asks for is looked at every few seconds, up to two minutes.
LOOK_SECONDS, MAX_LOOKS = 2.0, 60
UNKNOWN_OFFER = "This window has expired; open it again."
TOO_MANY = "Too many texts are being written at the moment. Press the button again in a few minutes."
NO_MODEL = "No language model may read this notice: none is set up, or not for its source."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseWindow:
    """Opens the window of an alert, and shows in it what a language model writes."""

    opinions: SecondOpinions | None  #: None: no second reader is set up
    outbox: Outbox
    permissions: Permissions
    _turns: threading.Semaphore = field(
        default_factory=lambda: threading.Semaphore(MAX_CONCURRENT_TEXTS), init=False
    )
    _places: threading.Semaphore = field(
        default_factory=lambda: threading.Semaphore(MAX_WAITING_TEXTS), init=False
    )

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen for the button of an alert, and for those of the window."""
        bolt.action(PROSE)(self.open_window)
        bolt.action(re.compile(f"^{PROSE_ASK}"))(self.ask_for_text)

    def open_window(
        self,
        ack: Callable[[], object],
        respond: Callable[..., object],
        body: Json,
        action: Json,
        client: WebClient,
    ) -> None:
        """Open the window with what there is; or say why it cannot be opened."""
        ack()
        place = ProsePlace(key=parse_delivery_key(action), channel=str(body.get("channel", {}).get("id", "")))
        trigger, user = str(body.get("trigger_id", "")), str(body["user"]["id"])

        def open_view() -> object:
            view = build_prose_view(self._find_notice(place, user).load_content())
            return client.views_open(trigger_id=trigger, view=view)

        language = self.permissions.identify_asker(user, place.channel).language
        _, problem = try_or_explain(open_view, language)
        if problem:
            respond(text=problem, response_type="ephemeral", replace_original=False)

    def ask_for_text(self, ack: Callable[[], object], body: Json, action: Json, client: WebClient) -> None:
        """Note what is wanted, show that it is on its way, and ask for it."""
        ack()
        view, user = body["view"], str(body["user"]["id"])
        offer = str(action.get("action_id", "")).removeprefix(PROSE_ASK)
        place = ProsePlace.from_metadata(str(view.get("private_metadata")))
        language = self.permissions.identify_asker(user, place.channel).language
        window = _OpenWindow(client=client, view_id=str(view["id"]), user=user, language=language)
        found, problem = try_or_explain(lambda: self._note_wish(place, user, offer), language)
        if found is None:
            window.tell(problem)
            return
        if not self._places.acquire(blocking=False):
            window.tell(explain_problem(TOO_MANY, language))
            return
        # The process may end while it waits for the model.
        threading.Thread(
            target=self._wait_for_text, args=(found, offer, window), name="prose", daemon=True
        ).start()

    def _wait_for_text(self, found: _FoundNotice, offer: str, window: _OpenWindow) -> None:
        """Show that a text is on its way, ask for it, and make room for the next."""
        try:
            try_or_explain(lambda: window.show(found.load_content()))
            try_or_explain(lambda: self._write_text(found, offer, window))
        finally:
            self._places.release()

    def _note_wish(self, place: ProsePlace, user: str, offer: str) -> _FoundNotice:
        """Note what a person wants of the notice of an alert that was sent to them; raises `UsageError`."""
        if offer not in OFFERS:
            raise UsageError(UNKNOWN_OFFER)
        found = self._find_notice(place, user)
        found.opinions.want_prose(found.key, *OFFERS[offer], who=user, now=datetime.now(UTC))
        return found

    def _write_text(self, found: _FoundNotice, offer: str, window: _OpenWindow) -> None:
        """Ask for a text, and show what became of it."""
        wanted = OFFERS[offer]
        with self._turns:
            reason, problem = try_or_explain(
                lambda: found.opinions.answer_prose(found.key, *wanted, now=datetime.now(UTC)),
                window.language,
            )
        problem = problem or reason or ""
        content = found.load_content()
        line = content.find_line(*wanted)
        for _ in range(0 if problem else MAX_LOOKS):
            if line is None or line.state not in UNSETTLED_STATES:
                break
            time.sleep(LOOK_SECONDS)  # another process has asked for it
            content = found.load_content()
            line = content.find_line(*wanted)
        told = describe_prose(line, content.context.language) if line is not None else ""
        reasons = line.reason if line is not None else ""
        window.show(content, problem=problem, otherwise=": ".join(filter(None, (told, reasons))))

    def _find_notice(self, place: ProsePlace, user: str) -> _FoundNotice:
        """Return the notice of an alert; raises `UsageError` where the alert was not sent here."""
        opinions = self.opinions
        delivery = self.outbox.find_delivery(place.key, tuple(filter(None, (place.channel, user))))
        if delivery is None:
            raise UsageError(NOT_SENT_HERE)
        if opinions is None or delivery.alert.watcher not in opinions.prose_sources:
            raise UsageError(NO_MODEL)
        context = CardContext(
            lexicon=opinions.lexicon,
            language=delivery.subscription.language,
            today=to_beijing_day(datetime.now(UTC)),
        )
        key = opinions.records.find_alert_key(delivery.alert_id)
        return _FoundNotice(
            opinions=opinions, place=place, key=key, title=delivery.alert.title, context=context
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _FoundNotice:
    """The notice of an alert, and how its reader reads."""

    opinions: SecondOpinions
    place: ProsePlace
    key: str
    title: str
    context: CardContext

    def load_content(self) -> ProseContent:
        """Return what the window shows of it now."""
        return ProseContent(
            place=self.place,
            title=self.title,
            lines=select_newest_prose(self.opinions.records.list_prose(self.key)),
            host=self.opinions.reader.host,
            context=self.context,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenWindow:
    """The window of a person, which may have been closed."""

    client: WebClient
    view_id: str
    user: str
    language: Language

    def show(self, content: ProseContent, *, problem: str = "", otherwise: str = "") -> None:
        """Show this in the window; where it was closed, write to the person how far the text is."""
        try:
            self.client.views_update(view_id=self.view_id, view=build_prose_view(content, problem=problem))
        except SlackApiError as error:
            if error.response.get("error") != "not_found":
                raise
            if otherwise or problem:
                self.tell(": ".join(filter(None, (content.title, otherwise, problem))))

    def tell(self, sentence: str) -> None:
        """Write a message to the person."""
        text = {"type": "plain_text", "text": to_one_line(sentence, 1_000), "emoji": False}
        self.client.chat_postMessage(
            channel=self.user,
            text=pick_language(*LABELS[PROSE], self.language),
            blocks=[{"type": "section", "text": text}],
        )
