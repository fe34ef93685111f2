"""Replies as Slack blocks: pages of rows, everything from the net in elements that only show it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from controlwatch.core.alerting.follow_up import Done
from controlwatch.core.model.text_safety import clipped, one_line
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.replies import Offer, Reply, Row, paged

Block = dict[str, Any]

#: Rows on a page: well within Slack's 50 blocks and 13,000 characters.
ROWS = 12
SHOWN_CAUTIONS = 6
#: The button that asks for another page carries the question; Slack takes 2,000 characters of it.
PAGE = "controlwatch_page"
#: The line of a message that says what was done about an alert begins so, and then names the delivery.
DONE = "controlwatch_done:"
MOST_QUESTION = 400
#: Buttons about subscriptions: the form for a new one, save what was shown, change one, end one.
NEW, SAVE = "controlwatch_new", "controlwatch_save"
CHANGE, END = "controlwatch_change_", "controlwatch_end_"
SHOWN_DEEDS = 8
#: As Slack names people: U0123ABCD
PERSON = re.compile(r"[UW][A-Z0-9]{2,30}")
#: What was done, before the name of who did it.
DEEDS = {
    "acknowledged": "acknowledged by ",
    "not relevant": "not relevant, says ",
    "assigned": "assigned by ",
    "due": "day set by ",
    "muted": "muted by ",
}


def reply_blocks(reply: Reply, *, question: str = "", page: int = 1) -> list[Block]:
    """Return the blocks of a page of a reply."""
    rows, pages = paged(reply, page, size=ROWS)
    page = min(max(page, 1), pages)  # there may be fewer pages by now than when the button was drawn
    made: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": one_line(reply.title, 150) or "—"}}
    ]
    if reply.note:
        made.append(_context(reply.note))
    if rows:
        elements = [part for row in rows for part in _row(row)]
        made.append({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]})
    cautions = reply.cautions[:SHOWN_CAUTIONS] if page == 1 else ()
    made.extend(_context(f"⚠️ {caution}") for caution in cautions)
    if reply.offers:
        elements = [_offer(offer) for offer in reply.offers]
        made.append({"type": "actions", "elements": elements})
    if pages > 1:
        made.append(_turning(question, page, pages))
    return made


def _row(row: Row) -> list[Block]:
    parts = [_text(one_line(row.head, 300), bold=True)]
    if row.body:
        parts.append(_text(f"  {one_line(row.body, 400)}"))
    if row.quote:
        parts.append(_text(f"\n   「{one_line(row.quote, 160)}」", italic=True))
    return [*parts, _text("\n")]


def _text(text: str, **style: bool) -> Block:
    element: Block = {"type": "text", "text": text or " "}
    return element | ({"style": style} if style else {})


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": clipped(text, 600) or "—"}]}


def _turning(question: str, page: int, pages: int) -> Block:
    """Return the buttons that turn the pages; each carries the question and the page it leads to."""
    buttons = [
        _button(label, question, other)
        for label, other in ((f"← {page - 1}/{pages}", page - 1), (f"{page + 1}/{pages} →", page + 1))
        if 1 <= other <= pages
    ]
    return {"type": "actions", "elements": buttons}


def _offer(offer: Offer) -> Block:
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": offer.text},
        "action_id": SAVE if offer.saves else NEW,
        "value": offer.value,
    }


def _button(label: str, question: str, page: int) -> Block:
    value = json.dumps({"q": one_line(question, MOST_QUESTION), "p": page}, ensure_ascii=False)
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": label},
        "action_id": f"{PAGE}_{page}",
        "value": value,
    }


def done_block(done: Sequence[Done], *, key: str) -> Block:
    """Return the lines that say who did what about an alert, and when: the last ones."""
    elements = [part for one in done[-SHOWN_DEEDS:] for part in _deed(one)]
    elements[-1] = _text(elements[-1]["text"].rstrip())
    return {
        "type": "rich_text",
        "block_id": f"{DONE}{key}",
        "elements": [{"type": "rich_text_section", "elements": elements}],
    }


def _deed(done: Done) -> list[Block]:
    at = f" · {done.at.astimezone(BEIJING):%Y-%m-%d %H:%M} Beijing time"
    by = [_text("✓ " + DEEDS[done.what]), _person(done.who)]
    if done.what == "assigned":
        to = [_text("✓ assigned to "), _person(done.note), _text(" by ")]
        return [*to, _person(done.who), _text(f"{at}\n")]
    note = f" · {one_line(done.note, 100)}" if done.note else ""
    return [*by, _text(f"{at}{note}\n")]


def _person(user: str) -> Block:
    return {"type": "user", "user_id": user} if PERSON.fullmatch(user) else _text(one_line(user, 100))
