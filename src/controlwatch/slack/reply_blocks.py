"""Replies as Slack blocks, in pages of rows; text of sources only in elements that show it as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from controlwatch.core.alerting.follow_up import ActionRecord
from controlwatch.core.model import Language
from controlwatch.core.model.text_safety import to_one_line, truncate_text
from controlwatch.core.rendering.action_text import ACTION_PHRASES, describe_note
from controlwatch.core.rendering.day_text import spell_beijing_time
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.replies import Reply, select_page
from controlwatch.core.rendering.wording import pick_language

Block = dict[str, Any]

#: Rows on a page: well within Slack's 50 blocks and 13,000 characters.
ROWS_PER_PAGE = 12
MAX_CAUTIONS = 6
#: Action id of a button for another page, which carries the question: Slack takes 2,000 characters.
PAGE = "controlwatch_page"
#: Block id of the line that shows the actions on an alert; the key of the delivery follows.
ACTION_BLOCK = "controlwatch_done:"
MAX_QUESTION = 400
#: Action id of a button that asks the question it carries; a number follows.
ASK = "controlwatch_ask_"
#: Buttons about subscriptions: open the form, save the one shown, change one, end one.
NEW, SAVE = "controlwatch_new", "controlwatch_save"
CHANGE, END = "controlwatch_change_", "controlwatch_end_"
MAX_ACTIONS = 8
#: An address that Slack takes for a link.
LINK_ADDRESS = re.compile(r"https?://[!-~]{1,2000}")
#: A Slack user: U0123ABCD
USER_ID = re.compile(r"[UW][A-Z0-9]{2,30}")


def render_reply_blocks(reply: Reply, *, question: str = "", page: int = 1) -> list[Block]:
    """Return the blocks of a page of a reply; its buttons for other pages carry the question."""
    rows, pages = select_page(reply, page, size=reply.rows_per_page or ROWS_PER_PAGE)
    page = min(max(page, 1), pages)  # there may be fewer pages by now than when the button was drawn
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": to_one_line(reply.title, 150) or "—"}}
    ]
    if reply.note:
        blocks.append(_build_context(reply.note))
    if rows:
        elements: list[Block] = []
        for row in rows:
            elements.append(_build_text(to_one_line(row.heading, 300), bold=True))
            if row.body:
                elements.append(_build_text(f"  {to_one_line(row.body, 400)}"))
            if row.user:
                elements += [_build_text(" "), _build_user(row.user)]
            if LINK_ADDRESS.fullmatch(row.url):
                elements += [_build_text("  "), {"type": "link", "url": row.url, "text": "↗"}]
            if row.quote:
                elements.append(_build_text(f"\n   {format_proof(row.quote, 160)}", italic=True))
            elements.append(_build_text("\n"))
        section = {"type": "rich_text_section", "elements": elements}
        blocks.append({"type": "rich_text", "elements": [section]})
    cautions = reply.cautions[:MAX_CAUTIONS] if page == 1 else ()
    blocks.extend(_build_context(f"⚠️ {caution}") for caution in cautions)
    if reply.offers:
        actions = {"save": SAVE, "form": NEW}
        offers = [
            # Slack wants each id once in a message.
            _build_button(item.text, actions[item.does], item.value)
            if item.does in actions
            else _build_button(item.text, f"{ASK}{number}", to_one_line(item.value, MAX_QUESTION))
            for number, item in enumerate(reply.offers)
        ]
        blocks.append({"type": "actions", "elements": offers})
    if pages > 1:
        asked = to_one_line(question, MAX_QUESTION)
        labels = ((page - 1, f"← {page - 1}/{pages}"), (page + 1, f"{page + 1}/{pages} →"))
        turns = [
            _build_button(label, f"{PAGE}_{to}", json.dumps({"q": asked, "p": to}, ensure_ascii=False))
            for to, label in labels
            if 1 <= to <= pages
        ]
        blocks.append({"type": "actions", "elements": turns})
    return blocks


def _build_text(text: str, **style: bool) -> Block:
    element: Block = {"type": "text", "text": text or " "}
    return element | ({"style": style} if style else {})


def _build_context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": truncate_text(text, 600) or "—"}]}


def _build_button(text: str, action_id: str, value: str) -> Block:
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": to_one_line(text, 75) or "—"},
        "action_id": action_id,
        "value": value[:2_000],
    }


def build_action_block(done: Sequence[ActionRecord], *, key: str, language: Language = "en") -> Block:
    """Return the lines that show the last actions on an alert: who did what, and when."""
    one: Language = "zh" if language == "zh" else "en"
    elements: list[Block] = []
    for action in done[-MAX_ACTIONS:]:
        if action.what == "assigned":
            assignee = _build_user(action.note)
            elements += [
                _build_text(pick_language("✓ assigned to ", "✓ 指派给 ", one)),
                assignee,
                _build_text(pick_language(" by ", "，操作人 ", one)),
                _build_user(action.who),
            ]
            note = ""
        else:
            done_by = pick_language(*ACTION_PHRASES[action.what], one)
            elements += [_build_text(f"✓ {done_by}"), _build_user(action.who)]
            note = f" · {to_one_line(describe_note(action.note, language), 100)}" if action.note else ""
        elements.append(_build_text(f" · {spell_beijing_time(action.at, one)}{note}\n"))
    elements[-1] = _build_text(elements[-1]["text"].rstrip())
    return {
        "type": "rich_text",
        "block_id": f"{ACTION_BLOCK}{key}",
        "elements": [{"type": "rich_text_section", "elements": elements}],
    }


def _build_user(user: str) -> Block:
    if USER_ID.fullmatch(user):
        return {"type": "user", "user_id": user}
    return _build_text(to_one_line(user, 100))
