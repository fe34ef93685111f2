"""Replies as Slack blocks: pages of rows, everything from the net in elements that only show it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from controlwatch.core.alerting.follow_up import ActionRecord
from controlwatch.core.model.text_safety import to_one_line, truncate_text
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.replies import Reply, ReplyButton, ReplyRow, select_page

Block = dict[str, Any]

#: Rows on a page: well within Slack's 50 blocks and 13,000 characters.
ROWS_PER_PAGE = 12
MAX_CAUTIONS = 6
#: The button that asks for another page carries the question; Slack takes 2,000 characters of it.
PAGE = "controlwatch_page"
#: The line of a message that says what was done about an alert begins so, and then names the delivery.
ACTION_BLOCK = "controlwatch_done:"
MAX_QUESTION = 400
#: Buttons about subscriptions: the form for a new one, save what was shown, change one, end one.
NEW, SAVE = "controlwatch_new", "controlwatch_save"
CHANGE, END = "controlwatch_change_", "controlwatch_end_"
MAX_ACTIONS = 8
#: As Slack names people: U0123ABCD
USER_ID = re.compile(r"[UW][A-Z0-9]{2,30}")
#: What was done, before the name of who did it.
ACTION_PHRASES = {
    "acknowledged": "acknowledged by ",
    "not relevant": "not relevant, says ",
    "assigned": "assigned by ",
    "due": "day set by ",
    "muted": "muted by ",
}


def render_reply_blocks(reply: Reply, *, question: str = "", page: int = 1) -> list[Block]:
    """Return the blocks of a page of a reply."""
    rows, pages = select_page(reply, page, size=ROWS_PER_PAGE)
    page = min(max(page, 1), pages)  # there may be fewer pages by now than when the button was drawn
    made: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": to_one_line(reply.title, 150) or "—"}}
    ]
    if reply.note:
        made.append(_build_context(reply.note))
    if rows:
        elements = [part for row in rows for part in _render_row(row)]
        made.append({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]})
    cautions = reply.cautions[:MAX_CAUTIONS] if page == 1 else ()
    made.extend(_build_context(f"⚠️ {caution}") for caution in cautions)
    if reply.offers:
        elements = [_build_offer_button(offer) for offer in reply.offers]
        made.append({"type": "actions", "elements": elements})
    if pages > 1:
        made.append(_build_pager(question, page, pages))
    return made


def _render_row(row: ReplyRow) -> list[Block]:
    parts = [_build_text(to_one_line(row.heading, 300), bold=True)]
    if row.body:
        parts.append(_build_text(f"  {to_one_line(row.body, 400)}"))
    if row.quote:
        parts.append(_build_text(f"\n   「{to_one_line(row.quote, 160)}」", italic=True))
    return [*parts, _build_text("\n")]


def _build_text(text: str, **style: bool) -> Block:
    element: Block = {"type": "text", "text": text or " "}
    return element | ({"style": style} if style else {})


def _build_context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": truncate_text(text, 600) or "—"}]}


def _build_pager(question: str, page: int, pages: int) -> Block:
    """Return the buttons that turn the pages; each carries the question and the page it leads to."""
    buttons = [
        _build_page_button(label, question, other)
        for label, other in ((f"← {page - 1}/{pages}", page - 1), (f"{page + 1}/{pages} →", page + 1))
        if 1 <= other <= pages
    ]
    return {"type": "actions", "elements": buttons}


def _build_offer_button(offer: ReplyButton) -> Block:
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": offer.text},
        "action_id": SAVE if offer.saves else NEW,
        "value": offer.value,
    }


def _build_page_button(label: str, question: str, page: int) -> Block:
    value = json.dumps({"q": to_one_line(question, MAX_QUESTION), "p": page}, ensure_ascii=False)
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": label},
        "action_id": f"{PAGE}_{page}",
        "value": value,
    }


def build_action_block(done: Sequence[ActionRecord], *, key: str) -> Block:
    """Return the lines that say who did what about an alert, and when: the last ones."""
    elements = [part for one in done[-MAX_ACTIONS:] for part in _render_action(one)]
    elements[-1] = _build_text(elements[-1]["text"].rstrip())
    return {
        "type": "rich_text",
        "block_id": f"{ACTION_BLOCK}{key}",
        "elements": [{"type": "rich_text_section", "elements": elements}],
    }


def _render_action(done: ActionRecord) -> list[Block]:
    at = f" · {done.at.astimezone(BEIJING):%Y-%m-%d %H:%M} Beijing time"
    by = [_build_text("✓ " + ACTION_PHRASES[done.what]), _build_user(done.who)]
    if done.what == "assigned":
        to = [_build_text("✓ assigned to "), _build_user(done.note), _build_text(" by ")]
        return [*to, _build_user(done.who), _build_text(f"{at}\n")]
    note = f" · {to_one_line(done.note, 100)}" if done.note else ""
    return [*by, _build_text(f"{at}{note}\n")]


def _build_user(user: str) -> Block:
    return (
        {"type": "user", "user_id": user} if USER_ID.fullmatch(user) else _build_text(to_one_line(user, 100))
    )
