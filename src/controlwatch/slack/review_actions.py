"""Judging a document that needs review in Slack: a button, a form for the note, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_bolt import App as Bolt
from slack_sdk import WebClient

from controlwatch.core.law.answers import ReviewLine
from controlwatch.core.model import Verdict, describe_judgement
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.slack_blocks import JUDGE_CHANGE, JUDGE_LABELS
from controlwatch.services.settle_review import Reviews, settle_review
from controlwatch.slack.ack_deadline import result_within, run_with_deadline, submit, try_or_explain
from controlwatch.slack.alert_actions import NOT_SENT_HERE, parse_delivery_key
from controlwatch.slack.form_view import build_notice_modal
from controlwatch.slack.home import AppHome
from controlwatch.slack.permissions import Permissions

Json = dict[str, Any]
#: The form for the note, and its only field.
REVIEW_VIEW, NOTE = "controlwatch_review", "controlwatch_note"
MAX_NOTE = 1_000
SETTLE_DELAYED = "The store is busy. The judgement is recorded as soon as possible; see the App Home."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewActionHandler:
    """Handles the buttons of documents that need review: those who got the alert may judge."""

    reviews: Reviews
    permissions: Permissions
    home: AppHome

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen for the buttons and the form."""
        for action_id in JUDGE_LABELS:
            bolt.action(action_id)(self.open_note)
        bolt.view(REVIEW_VIEW)(self.settle)

    def open_note(
        self,
        ack: Callable[[], object],
        respond: Callable[..., object],
        body: Json,
        action: Json,
        client: WebClient,
    ) -> None:
        """Open the form for the note; or say why the document cannot be judged, or how it was."""
        ack()
        user, channel = str(body["user"]["id"]), str(body.get("channel", {}).get("id", ""))
        verdict: Verdict = "change" if action.get("action_id") == JUDGE_CHANGE else "no-change"
        judged = {"key": parse_delivery_key(action), "channel": channel, "verdict": verdict}
        # A store that is busy is asked again when the form is submitted: Slack opens it within seconds only.
        found = run_with_deadline(lambda: try_or_explain(lambda: self._find_review(judged, user)))
        line, problem = found if found is not None else (None, "")
        if line is not None and line.judgement is not None:
            problem = f"Nothing has changed: {describe_judgement(line.judgement)}."
        if not problem:
            view = _build_note_form(line, judged)
            problem = try_or_explain(
                lambda: client.views_open(trigger_id=str(body["trigger_id"]), view=view)
            )[1]
        if problem and "view" in body:
            self.home.publish_view(client, user, warning=problem)
        elif problem:
            respond(text=problem, response_type="ephemeral", replace_original=False)

    def settle(self, ack: Callable[..., object], body: Json, view: Json, client: WebClient) -> None:
        """Record the judgement, and show what became of it."""
        user = str(body["user"]["id"])
        judged: dict[str, str] = json.loads(str(view.get("private_metadata", "{}")))
        note = str(view["state"]["values"].get(NOTE, {}).get(NOTE, {}).get("value") or "")
        saving = submit(lambda: try_or_explain(lambda: self._settle_review(judged, user, note)))
        result = result_within(saving)
        sentence, problem = result if result is not None else (SETTLE_DELAYED, "")
        ack(response_action="update", view=build_notice_modal(sentence or problem))
        # A user who was promised a later record must be notified when it fails.
        warning = "" if result is not None else saving.result()[1]
        if warning or not judged.get("channel"):
            self.home.publish_view(client, user, warning=warning)

    def _settle_review(self, judged: dict[str, str], user: str, note: str) -> str:
        line = self._find_review(judged, user)
        verdict: Verdict = "change" if judged["verdict"] == "change" else "no-change"
        settled = settle_review(
            self.reviews, line.id, verdict=verdict, who=user, note=note, now=datetime.now(UTC)
        )
        return settled.sentence

    def _find_review(self, judged: dict[str, str], user: str) -> ReviewLine:
        """Return the review that a button belongs to; raises `UsageError` where its alert went elsewhere.

        An alert may be judged where it was sent, or in the App Home of those who get it.
        """
        channel = judged["channel"]
        targets = (
            (channel, user)
            if channel
            else (user, *(item.target for item in self.home.list_subscriptions(user)))
        )
        line = self.reviews.find_by_delivery(judged["key"], targets)
        if line is None:
            raise UsageError(NOT_SENT_HERE)
        return line


def _build_note_form(line: ReviewLine | None, judged: dict[str, str]) -> Json:
    """Return the form in which a person confirms a judgement, with a note or without."""
    is_change = judged["verdict"] == "change"
    what = (
        "It changes the rules. All whom it may concern are alerted, with your name and your note."
        if is_change
        else "It changes nothing. Those who were alerted before are notified, with your name and your note."
    )
    title = to_one_line(line.title, 300) if line is not None else ""
    note = {
        "type": "input",
        "block_id": NOTE,
        "optional": True,
        "label": {"type": "plain_text", "text": "Note · 备注"},
        "element": {
            "type": "plain_text_input",
            "action_id": NOTE,
            "multiline": True,
            "max_length": MAX_NOTE,
        },
    }
    texts = [text for text in (title, what) if text]
    return {
        "type": "modal",
        "callback_id": REVIEW_VIEW,
        "title": {"type": "plain_text", "text": "Review · 人工判定"},
        "submit": {"type": "plain_text", "text": "Change · 属调整" if is_change else "No change · 无调整"},
        "close": {"type": "plain_text", "text": "Cancel · 取消"},
        "private_metadata": json.dumps(judged),
        "blocks": [
            *({"type": "section", "text": {"type": "plain_text", "text": text}} for text in texts),
            note,
        ],
    }
