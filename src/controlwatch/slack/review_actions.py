"""Judging a document that needs review in Slack: a button, a form for the note, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slack_bolt import App as Bolt
from slack_sdk import WebClient

from controlwatch.core.alerting.follow_up import ActionRecord
from controlwatch.core.law.answers import ReviewLine
from controlwatch.core.model import Judgement, Language, Verdict
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.judgement_text import describe_judgement_in
from controlwatch.core.rendering.problems_zh import explain_problem
from controlwatch.core.rendering.slack_blocks import ALERT_BLOCK, JUDGE_ACTIONS, JUDGE_CHANGE, MAX_BLOCKS
from controlwatch.core.rendering.wording import pick_language
from controlwatch.services.settle_review import Reviews, Settlement, settle_review
from controlwatch.slack.ack_deadline import result_within, run_with_deadline, submit, try_or_explain
from controlwatch.slack.alert_actions import NOT_SENT_HERE, parse_delivery_key
from controlwatch.slack.form_view import build_notice_modal
from controlwatch.slack.home import AppHome
from controlwatch.slack.permissions import Permissions
from controlwatch.slack.reply_blocks import ACTION_BLOCK, build_action_block

Json = dict[str, Any]
#: The form for the note, and its only field.
REVIEW_VIEW, NOTE = "controlwatch_review", "controlwatch_note"
MAX_NOTE = 1_000
#: Forms that are open at once of which the message is remembered, to show the judgement on it.
MAX_OPEN_FORMS = 200
LANGUAGES: tuple[Language, ...] = ("en", "zh", "both")
UNCHANGED = ("Nothing has changed: ", "未作更改：")
#: Whether it is a change → what follows from the judgement.
CONSEQUENCES = {
    True: (
        "It changes the rules. All whom it may concern are alerted, with your name and your note.",
        "属规则调整。将提醒所有相关订阅者，并附您的姓名和备注。",
    ),
    False: (
        "It changes nothing. Those who were alerted before are notified, with your name and your note.",
        "无调整。将通知此前收到提醒的人，并附您的姓名和备注。",
    ),
}
SETTLE_DELAYED = "The store is busy. The judgement is recorded as soon as possible; see the App Home."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewActionHandler:
    """Handles the buttons of documents that need review: those who got the alert may judge."""

    reviews: Reviews
    permissions: Permissions
    home: AppHome
    #: view id → how to replace the message whose button opened the form, and its blocks
    _messages: dict[str, tuple[Callable[..., object], list[Json]]] = field(default_factory=dict, init=False)

    def register_listeners(self, bolt: Bolt) -> None:
        """Listen for the buttons and the form."""
        for action_id in JUDGE_ACTIONS:
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
        language = self.permissions.identify_asker(user, channel).language
        verdict: Verdict = "change" if action.get("action_id") == JUDGE_CHANGE else "no-change"
        judged = {
            "key": parse_delivery_key(action),
            "channel": channel,
            "verdict": verdict,
            "language": language,
        }
        # A store that is busy is asked again when the form is submitted: Slack opens it within seconds only.
        found = run_with_deadline(lambda: try_or_explain(lambda: self._find_review(judged, user), language))
        line, problem = found if found is not None else (None, "")
        if line is not None and line.judgement is not None:
            problem = _describe_judged(line.judgement, language, is_first=False)
        if not problem:
            view = _build_note_form(line, judged, language)
            trigger = str(body["trigger_id"])
            opened, problem = try_or_explain(
                lambda: client.views_open(trigger_id=trigger, view=view), language
            )
            blocks = body.get("message", {}).get("blocks", [])
            if opened is not None and blocks:
                self._remember_message(str(opened["view"]["id"]), respond, blocks)
        if problem and "view" in body:
            self.home.publish_view(client, user, warning=problem)
        elif problem:
            respond(text=problem, response_type="ephemeral", replace_original=False)

    def settle(self, ack: Callable[..., object], body: Json, view: Json, client: WebClient) -> None:
        """Record the judgement, and show what became of it."""
        user = str(body["user"]["id"])
        judged: dict[str, str] = json.loads(str(view.get("private_metadata", "{}")))
        note = str(view["state"]["values"].get(NOTE, {}).get(NOTE, {}).get("value") or "")
        language: Language = next((one for one in LANGUAGES if one == judged.get("language")), "both")
        saving = submit(lambda: try_or_explain(lambda: self._settle_review(judged, user, note), language))
        result = result_within(saving)
        words = explain_problem(SETTLE_DELAYED, language)
        if result is not None:
            words = _describe_settlement(result[0], language) if result[0] is not None else result[1]
        ack(response_action="update", view=build_notice_modal(words))
        settled, problem = saving.result()
        shown = self._messages.pop(str(view.get("id", "")), None)
        if settled is not None and shown is not None:
            replace_message, blocks = shown
            redrawn = _show_judgement(blocks, judged["key"], settled, language)
            told = _describe_settlement(settled, language)
            replace_message(text=told[:300], blocks=redrawn, replace_original=True)
        # A user who was promised a later record must be notified when it fails.
        warning = problem if result is None else ""
        if warning or not judged.get("channel"):
            self.home.publish_view(client, user, warning=warning)

    def _settle_review(self, judged: dict[str, str], user: str, note: str) -> Settlement:
        line = self._find_review(judged, user)
        verdict: Verdict = "change" if judged["verdict"] == "change" else "no-change"
        return settle_review(
            self.reviews, line.id, verdict=verdict, who=user, note=note, now=datetime.now(UTC)
        )

    def _remember_message(self, view_id: str, respond: Callable[..., object], blocks: list[Json]) -> None:
        """Remember the message of a form; after a restart it is not redrawn, and its thread says the same."""
        while len(self._messages) >= MAX_OPEN_FORMS:
            self._messages.pop(next(iter(self._messages)), None)
        self._messages[view_id] = (respond, blocks)

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


def _describe_settlement(settled: Settlement, language: Language) -> str:
    """Return what became of a judgement, for the person who judged."""
    colon = "：" if language == "zh" else ": "
    judged = _describe_judged(settled.judgement, language, is_first=settled.is_first)
    return f"{judged}{colon}{settled.line.title}"


def _describe_judged(judgement: Judgement, language: Language, *, is_first: bool) -> str:
    """Return how a document is judged; that nothing has changed, where it was judged before."""
    before = ("", "") if is_first else UNCHANGED
    return pick_language(
        before[0] + describe_judgement_in(judgement, "en"),
        before[1] + describe_judgement_in(judgement, "zh"),
        language,
    )


def _show_judgement(blocks: list[Json], key: str, settled: Settlement, language: Language) -> list[Json]:
    """Return a message with the judgement below the buttons of its document, and without those to judge."""
    judgement = settled.judgement
    note = ": ".join(filter(None, (judgement.verdict, judgement.note)))
    record = ActionRecord(what="judged", who=judgement.who, at=judgement.at, note=note)
    line, shown = build_action_block([record], key=key, language=language), []
    for block in blocks:
        if block.get("block_id") == f"{ALERT_BLOCK}{key}":
            kept = [item for item in block["elements"] if item.get("action_id") not in JUDGE_ACTIONS]
            shown += [{**block, "elements": kept}, line]
        elif block.get("block_id") == f"{ACTION_BLOCK}{key}":  # what was done before stays below
            shown.append({name: value for name, value in block.items() if name != "block_id"})
        else:
            shown.append(block)
    return shown[:MAX_BLOCKS]


def _build_note_form(line: ReviewLine | None, judged: dict[str, str], language: Language) -> Json:
    """Return the form in which a person confirms a judgement, with a note or without."""
    is_change = judged["verdict"] == "change"

    def build_text(english: str, chinese: str) -> Json:
        return {"type": "plain_text", "text": pick_language(english, chinese, language)}

    what = pick_language(*CONSEQUENCES[is_change], language)
    title = to_one_line(line.title, 300) if line is not None else ""
    note = {
        "type": "input",
        "block_id": NOTE,
        "optional": True,
        "label": build_text("Note", "备注"),
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
        "title": build_text("Review", "人工判定"),
        "submit": build_text("Change", "属调整") if is_change else build_text("No change", "无调整"),
        "close": build_text("Cancel", "取消"),
        "private_metadata": json.dumps(judged),
        "blocks": [
            *({"type": "section", "text": {"type": "plain_text", "text": text}} for text in texts),
            note,
        ],
    }
