"""Whatever a notice says, in whatever field: it is shown, and does nothing else, in every channel."""

from __future__ import annotations

import email
import email.policy
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.console import Console
from selectolax.lexbor import LexborHTMLParser

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.channels.console import ConsoleChannel
from controlwatch.adapters.channels.email_message import MailWriter
from controlwatch.adapters.channels.webhook import build_payload
from controlwatch.core.alerting.follow_up import Action, ActionRecord
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.law.answers import (
    AlertLine,
    CategoryStatus,
    ControlHit,
    HistoryStep,
    LookupResult,
    NoticeLine,
    NoticeLocation,
    NoticeRecord,
    Preview,
    ReviewLine,
    StatusDifference,
    WatcherLine,
)
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.law.explanation import StatusStep
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.party_answers import IncompleteListing, PartyMatch, PartySearchResult
from controlwatch.core.law.status import ClauseStatus, LegalStatus
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    Caveat,
    Change,
    CodeFinding,
    Deadline,
    Delivery,
    Direction,
    DocumentNumber,
    EffectiveDate,
    Entity,
    Judgement,
    KeyDate,
    Mute,
    Notice,
    NoticeKind,
    RedlineSegment,
    Relation,
    ReminderSubject,
    ReviewReason,
    Subscription,
    Summary,
    Verb,
)
from controlwatch.core.model.state import WatcherState
from controlwatch.core.model.text_safety import to_safe_link
from controlwatch.core.rendering import list_replies, replies
from controlwatch.core.rendering.chat_text import ADDRESS, TextLimit, render_chat_text, render_headline
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.html_mail import render_html
from controlwatch.core.rendering.law_answers import (
    answer_key_dates,
    answer_lookup,
    answer_parties,
    answer_status,
)
from controlwatch.core.rendering.message import Message, MessageComposer, find_thread_key
from controlwatch.core.rendering.notice_reply import notice_reply
from controlwatch.core.rendering.plain_text import render_text
from controlwatch.core.rendering.slack_blocks import render_fallback_text, render_message_blocks
from controlwatch.slack.form_view import build_form, build_notice_modal, build_preview_modal
from controlwatch.slack.home_view import HomeContent, build_home_view
from controlwatch.slack.reply_blocks import build_action_block, render_reply_blocks
from controlwatch.testing.slack_limits import refused_message, refused_view, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
KEY = "0123456789abcdef0123456789abcdef"
LINKS = SignedLinks(public_url="https://alerts.example", secret=b"s" * 32)
LEXICON = load_lexicon()
MAILS = MailWriter("controlwatch", "a@b.example")
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "List-Id",
    "In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
}  # fmt: skip

ATTACKS = (
    "\x1b[31m\x1b]8;;https://evil.example\x07red", "\x00", "\x7f\x85\x9b", "\ud800", "\udfff lone", "\u202eesrever",
    "\u2066\u061c\u200b\u2028\u2029\ufeff", "\U000e0041\U000e007f\u00ad", "a\r\nBcc: all@corp.example\r\n\r\nbody",
    "\n\n--==boundary\n", "<!channel> <!here|x> <@U123> <https://evil.example|bank>", "*b* _i_ ~s~ `c` &lt;",
    "<script>alert(1)</script><img src=x onerror=y>", '"><a href="javascript:x">', "{{ 7*7 }}{% raw %}",
    "[red]markup[/red] [link=https://evil.example]x[/link] [/]", "@all @everyone", "[x](https://evil.example)",
    "javascript:alert(1)", "https://a.example/?q=<b>\n@x", "x" * 5_000, "稀土" * 2_000, "", " ", "\n", "—" * 300,
)  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.tuples(st.sampled_from(ATTACKS), st.text(max_size=10)).map("".join),
)

#: What may stand in text that is shown: no control but the end of a line and the tabulator, no half of a
#: pair, nothing that turns the direction of reading or hides.
ACTS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)


class Pen:
    """Writes a field each time with one of some texts."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._n = 0

    def __call__(self) -> str:
        self._n += 1
        return self._texts[self._n % len(self._texts)]

    def some(self) -> tuple[str, ...]:
        return tuple(self() for _ in range(3))


def notice(pen: Pen) -> Notice:
    return Notice(
        title=pen(),
        language=pen(),
        number=DocumentNumber(letter=pen()),
        number_raw=pen(),
        issuers=pen.some(),
        kind=NoticeKind.ANNOUNCEMENT,
        published=TODAY,
        is_change=True,
        direction=Direction.TIGHTEN,
        effective=(
            EffectiveDate(start=date(2026, 4, 1), until=TODAY, basis="stated", scope=pen(), quote=pen()),
            EffectiveDate(start=None, basis="not-stated", quote=""),
        ),
        deadlines=(Deadline(kind=pen(), date=TODAY, quote=pen()),),
        categories=tuple(CategoryFinding(id=pen(), quote=pen()) for _ in range(4)),
        destinations=pen.some(),
        hs_codes=tuple(CodeFinding(code=pen(), quote=pen()) for _ in range(9)),
        control_codes=(CodeFinding(code=pen(), quote=pen()),),
        entities=tuple(Entity(zh=pen(), en=pen(), action="list") for _ in range(7)),
        relations=(Relation(verb=Verb.SUSPENDS, target=pen(), quote=pen(), clause=pen()),),
        caveats=tuple(Caveat(kind=pen(), quote=pen(), value=pen()) for _ in range(5)),
        summary=Summary(en=pen(), zh=pen()),
        doubts=pen.some(),
    )


def event(pen: Pen) -> KeyDate:
    return KeyDate(
        date=date(2026, 4, 1),
        event=pen(),
        number=pen(),
        key=pen(),
        title=pen(),
        categories=pen.some(),
        scope=pen(),
        quote=pen(),
        url=pen(),
        affects=pen.some(),
        targets=pen.some(),
    )


def unsure_notice(pen: Pen) -> Notice:
    reasons = tuple(ReviewReason(reason=pen(), quote=pen()) for _ in range(5))
    return replace(notice(pen), is_change=False, review=reasons, possible_categories=pen.some())


def review_line(pen: Pen) -> ReviewLine:
    found = unsure_notice(pen)
    return ReviewLine(
        id=7, key=pen(), number=pen(), title=pen(), issuers=pen.some(), published=TODAY, official=True,
        watcher=pen(), url=pen(), reasons=found.review, possible_categories=pen.some(), raised_at=NOW,
        alerted=True, state="open",
    )  # fmt: skip


def alerts(pen: Pen) -> Iterator[Alert]:
    """One of each kind that there is."""
    plain = Alert(kind="health-down", made_at=NOW, title=pen(), watcher=pen(), url=pen(), body=pen())
    about = replace(plain, kind="new", notice=notice(pen))
    redline = tuple(RedlineSegment(op=op, text=pen()) for op in ("same", "deleted", "inserted"))  # type: ignore[arg-type]
    yield plain
    yield about
    yield replace(about, url=None, notice=Notice(title=pen(), language="zh"))
    yield replace(about, kind="amended", change=Change(kind="amended", redline=redline, moved=pen.some()))
    yield replace(about, kind="report", about=pen())
    unsure = replace(about, kind="review", notice=unsure_notice(pen), review_id=7)
    judgement = Judgement(verdict="change", who=pen(), at=NOW, note=pen())
    yield unsure
    yield replace(unsure, change=Change(kind="amended", redline=redline, moved=pen.some()), about=pen())
    yield replace(unsure, kind="judged-change", judgement=judgement)
    yield replace(unsure, kind="judged-no-change", judgement=replace(judgement, verdict="no-change"))
    yield replace(about, kind="reminder", occasion=ReminderSubject(event=event(pen)))
    yield replace(about, kind="moved", occasion=ReminderSubject(event=event(pen), was=TODAY, gone=True))
    yield replace(about, kind="escalation")
    yield replace(about, kind="due", occasion=ReminderSubject(event=event(pen)))
    yield replace(plain, kind="outlook", agenda=(event(pen), event(pen)))
    yield replace(plain, kind="lead", url=None)
    yield replace(plain, kind="confirmation")


def composed(
    pen: Pen, alerts: list[Alert], language: str, *, every: Iterable[Alert] = (), links: SignedLinks = LINKS
) -> Message:
    """The message that tells of these alerts, whose subscription and standing are written by the same pen."""
    subscription = Subscription(
        id=17, channel="email", target="desk@b.example", terms=pen.some(), language=language  # type: ignore[arg-type]
    )  # fmt: skip
    deliveries = tuple(
        Delivery(
            id=n, alert_id=n, alert=alert, subscription=subscription, attempts=1, key=f"{n:032x}", message=f"{0:032x}", why=pen(), first_receipt=pen()
        )
        for n, alert in enumerate(alerts)
    )  # fmt: skip
    statuses = {find_thread_key(alert): status(pen) for alert in every}
    composer = MessageComposer(
        lexicon=LEXICON, now=NOW, links=links, find_status=lambda key, _day: statuses.get(key)
    )
    return composer.compose(deliveries)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    pen = Pen(draw(st.lists(WORDS, min_size=1, max_size=7)))
    every = list(alerts(pen))
    chosen = draw(
        st.one_of(st.sampled_from(every).map(lambda one: [one]), st.just(every[:-1][:5]), st.just(every[5:]))
    )
    return composed(pen, chosen, draw(st.sampled_from(["en", "zh", "both"])), every=every)


def quick(examples: int) -> settings:
    checks = [HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=checks)


def only_shows(shown: Iterable[str]) -> None:
    for words in shown:
        assert ACTS.search(words) is None, ascii(words[:200])


def slack_takes(made: list[dict[str, Any]], said: str = "") -> None:
    assert refused_message(made, said) is None
    assert "mrkdwn" not in {item.get("type") for item in _objects(made)}
    only_shows(texts(made))
    json.dumps(made, ensure_ascii=False).encode()


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)


@quick(60)
@given(messages())
def test_slack_takes_every_message_and_nothing_in_it_mentions_or_links(message: Message) -> None:
    slack_takes(render_message_blocks(message), render_fallback_text(message))
    only_shows([render_fallback_text(message)])
    assert not {"<", ">"} & set(render_fallback_text(message))
    links = [item["url"] for item in _objects(render_message_blocks(message)) if "url" in item]
    assert all(re.fullmatch(r"https?://[!-~]{1,3000}", link) for link in links)


@quick(60)
@given(messages())
def test_a_mail_has_our_headers_and_two_parts_and_no_more(message: Message) -> None:
    mail = MAILS.write_mail(message, target="to@b.example", key=KEY)
    parsed = email.message_from_bytes(mail, policy=email.policy.default)
    assert set(parsed.keys()) <= HEADERS
    assert len(parsed.keys()) == len(set(parsed.keys()))
    assert parsed["To"] == "to@b.example"
    assert parsed["Message-ID"] == f"<{KEY}@b.example>"
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    bodies = [part.get_content().replace("\r\n", "\n") for part in parsed.iter_parts()]  # type: ignore[attr-defined]
    only_shows([str(parsed["Subject"]), *bodies])
    assert max(map(len, mail.split(b"\r\n"))) <= 998


TAGS = {
    "html", "head", "meta", "title", "body", "h1", "h2", "ol", "ul", "li", "a", "div", "p", "b", "br", "del", "ins",
    "span", "table", "tbody", "tr", "td", "-text", "!doctype",
}  # fmt: skip


@quick(60)
@given(messages())
def test_the_page_of_a_mail_holds_our_tags_only_and_leads_nowhere_else(message: Message) -> None:
    drawn = render_html(message)
    only_shows([drawn])
    page = LexborHTMLParser(drawn)
    assert page.root is not None
    for node in page.root.traverse():
        assert node.tag in TAGS
        assert set(node.attributes) <= {"style", "href", "id", "charset"}
        href = node.attributes.get("href")
        assert href is None or re.match(r"https?://|#card\d+$", href)


@quick(60)
@given(messages())
def test_plain_text_holds_nothing_but_text(message: Message) -> None:
    only_shows([render_text(message)])


@quick(40)
@given(messages())
def test_a_terminal_shows_text_and_obeys_nothing_in_it(message: Message) -> None:
    for colours in (False, True):
        out = io.StringIO()
        console = Console(file=out, width=120, force_terminal=colours, legacy_windows=False)
        ConsoleChannel(console).send(message, target="-", key=KEY)
        only_shows([re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())])


@quick(40)
@given(messages())
def test_a_webhook_posts_json_that_every_reader_reads(message: Message) -> None:
    body = json.dumps(build_payload(message, KEY), ensure_ascii=False).encode("utf-8", "replace")
    assert len(json.loads(body)["cards"]) == len(message.cards)


@quick(60)
@given(
    messages(),
    st.sampled_from(
        [
            TextLimit(max_size=1000),
            TextLimit(max_size=2048, in_bytes=True),
            TextLimit(max_size=160, max_lines=4),
        ]
    ),
)
def test_other_chats_get_text_that_fits_and_does_nothing(message: Message, room: TextLimit) -> None:
    drawn = render_chat_text(message, room)
    assert drawn
    assert room.has_room_for(drawn)
    shown = [drawn, render_headline(message, 100)]
    only_shows(shown)
    for words in shown:
        assert not set("@<>[]*`~|\\") & set(ADDRESS.sub("", words))


def line(pen: Pen) -> NoticeLine:
    return NoticeLine(
        key=pen(), number=pen(), title=pen(), kind=pen(), issuers=pen.some(), published=TODAY, effective=(),
        direction=pen(), is_change=True, official=True, categories=pen.some(), url=pen(), watcher=pen(),
        first_seen_at=NOW, alerted=True,
    )  # fmt: skip


def history_step(pen: Pen) -> HistoryStep:
    return HistoryStep(
        date=None, what=pen(), number=pen(), title=pen(), direction=pen(), quote=pen(), url=pen()
    )


def difference(pen: Pen) -> StatusDifference:
    return StatusDifference(
        number=pen(), title=pen(), categories=pen.some(), before=LegalState.UNKNOWN, after=LegalState.SUSPENDED, until=TODAY,
        because=(StatusStep(verb=pen(), number=pen(), date=TODAY, clause=pen(), quote=pen()),),
    )  # fmt: skip


def status(pen: Pen) -> LegalStatus:
    link = StatusStep(verb=pen(), number=pen(), date=TODAY, clause=pen(), quote=pen())
    clauses = tuple(ClauseStatus(scope=pen(), state="suspended", until=TODAY) for _ in range(2))
    return LegalStatus(
        number=pen(),
        on=TODAY,
        state="in-force",
        clauses=clauses,
        chain=(link,),
        cautions=pen.some(),
        title=pen(),
    )


def hit(pen: Pen) -> ControlHit:
    return ControlHit(
        category=pen(),
        number=pen(),
        clause=pen(),
        state="in-force",
        since=None,
        until=None,
        quote=pen(),
        title=pen(),
    )


def match(pen: Pen) -> PartyMatch:
    return PartyMatch(
        zh=pen(),
        en=pen(),
        list=pen(),
        action=pen(),
        number=pen(),
        since=None,
        state="in-force",
        until=None,
        score=90,
    )


def incomplete(pen: Pen) -> IncompleteListing:
    return IncompleteListing(key=pen(), number=pen(), title=pen(), url=pen(), gap=pen())


def record(pen: Pen) -> NoticeRecord:
    standing = NoticeLocation(url=pen(), watcher=pen(), first_seen_at=NOW, differs=False)
    return NoticeRecord(
        line=line(pen),
        notice=notice(pen),
        text=pen(),
        standings=(standing,),
        revisions=(),
        annexes=(),
        acts=(),
    )


def watcher(pen: Pen) -> WatcherLine:
    state = WatcherState(id=pen(), reason=pen(), failures=3)
    return WatcherLine(
        id=pen(), name=pen(), issuer=pen(), role=pen(), enabled=True, health="blind", state=state
    )


ANSWERS: dict[str, Callable[[Pen], replies.Reply]] = {
    "status": lambda pen: replies.law_reply(answer_status(status(pen), LEXICON)),
    "category": lambda pen: replies.law_reply(
        answer_status(
            CategoryStatus(
                category=pen(), on=TODAY, state="in-force", notices=(status(pen),) * 14, cautions=pen.some()
            ),
            LEXICON,
        )
    ),
    "lookup": lambda pen: replies.law_reply(
        answer_lookup(
            LookupResult(query=pen(), on=TODAY, hits=(hit(pen),) * 30, cautions=pen.some()), LEXICON
        )
    ),
    "events": lambda pen: replies.law_reply(
        answer_key_dates([event(pen)] * 13, LEXICON, on=TODAY, days=7, cautions=pen.some())
    ),
    "lines": lambda pen: list_replies.latest_reply(
        [line(pen)] * 13, LEXICON, title=pen(), coverage=Coverage()
    ),
    "history": lambda pen: list_replies.history_reply([history_step(pen)] * 13, title=pen()),
    "differences": lambda pen: list_replies.differences_reply(
        [difference(pen)] * 13, LEXICON, first=TODAY, last=TODAY, cautions=pen.some()
    ),
    "offers": lambda pen: replies.number_rows(
        replies.Reply(
            title=pen(),
            rows=(replies.ReplyRow(heading=pen(), body=pen(), user=pen(), url=pen(), question=pen()),) * 13,
            offers=replies.offer_questions((pen(), pen())),
        )
    ),
    "record": lambda pen: notice_reply(
        record(pen), CardContext(lexicon=LEXICON, language="both", today=TODAY)
    ),
    "parties": lambda pen: replies.law_reply(
        answer_parties(
            PartySearchResult(
                query=pen(),
                on=TODAY,
                matches=(match(pen),),
                cautions=pen.some(),
                incomplete_listings=(incomplete(pen),),
            ),
            LEXICON,
        )
    ),
    "reviews": lambda pen: replies.review_reply([review_line(pen)] * 13),
    "watchers": lambda pen: replies.watchers_reply([watcher(pen)]),
    "subscriptions": lambda pen: replies.subscriptions_reply(
        [(Subscription(id=1, channel="slack", target=pen()), pen())], title=pen()
    ),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@quick(20)
@given(texts=st.lists(WORDS, min_size=1, max_size=7), page=st.integers(-1, 4))
@example(texts=[""], page=1)
@example(texts=["x" * 5_000], page=1)
def test_the_bot_answers_within_what_slack_takes(
    answer: Callable[[Pen], replies.Reply], texts: list[str], page: int
) -> None:
    pen = Pen(texts)
    slack_takes(render_reply_blocks(answer(pen), question=pen(), page=page))


def alert_line(pen: Pen) -> AlertLine:
    return AlertLine(
        alert=1, kind=pen(), made_at=NOW, title=pen(), number=pen(), channel="slack", target=pen(), state="sent",
        sent_at=NOW, what=pen(), who=pen(), acted_at=NOW, note=pen(), assigned_to=pen(), due=pen(), key=KEY,
    )  # fmt: skip


def wanted(pen: Pen) -> Subscription:
    return Subscription(
        id=3, channel="slack", target=pen(), owner=pen(), categories=pen.some(), issuers=pen.some(), terms=pen.some(),
        hs_prefixes=pen.some(), destinations=("US", "EU"), paused=pen(), escalate_to="U0BOSS", escalate_after=60,
        muted=(Mute(category="battery", until=NOW),),
    )  # fmt: skip


@quick(30)
@given(st.lists(WORDS, min_size=1, max_size=7))
def test_slack_takes_every_home_and_every_form(texts_: list[str]) -> None:
    pen = Pen(texts_)
    desk = HomeContent(
        user="U1",
        subscriptions=(wanted(pen),) * 14,
        reviews=tuple((review_line(pen), f"{n:032x}") for n in range(100, 109)),
        open_alerts=tuple(replace(alert_line(pen), key=f"{n:032x}") for n in range(17)),
        upcoming=(event(pen),) * 40,
        today=TODAY,
        days=30,
        watchers=(watcher(pen),) * 40,
        lexicon=LEXICON,
    )
    view = build_home_view(desk, warning=pen())
    assert refused_view(view) == ()
    only_shows(texts(view))
    shown = Preview(days=90, matches=((line(pen), pen()),) * 30)
    context = CardContext(lexicon=LEXICON, language="both", today=TODAY)
    for modal in (
        build_form(wanted(pen), context, manager=True, metadata="{}"),
        build_form(wanted(pen), context, manager=True, metadata="{}", more=True),
        build_preview_modal(shown, wanted(pen), context, metadata="{}"),
        build_preview_modal(None, wanted(pen), context, metadata="{}"),
        build_notice_modal(pen()),
    ):
        assert refused_view(modal) == ()
        only_shows(texts(modal))


@quick(30)
@given(st.lists(WORDS, min_size=1, max_size=7))
def test_what_people_did_is_shown_and_does_nothing(texts_: list[str]) -> None:
    pen = Pen(texts_)
    done = [ActionRecord(what=what, who="U1", at=NOW, note=pen()) for what in get_args(Action)] * 3
    slack_takes([build_action_block(done, key="0" * 32)])


# What the laws above once found.


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/公告 1.html", "https://a.example/%E5%85%AC%E5%91%8A%201.html"),
        ("http://a.example:8080/a%20b?c=d#e", "http://a.example:8080/a%20b?c=d#e"),
        ("https://a.example/\u202e\x1b", "https://a.example/"),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("file:///etc/passwd", None),
        ("https://intake.invalid/5f2c", None),  # it leads nowhere
        ("https://a.example/" + "x" * 3_000, None),  # cut, it would lead elsewhere
        ("", None),
        (None, None),
    ],
)
def test_an_address_leads_where_it_says_or_is_no_link(url: str | None, shown: str | None) -> None:
    assert to_safe_link(url) == shown


def message(alert: Alert) -> Message:
    subscription = Subscription(id=1, channel="slack", target="C1")
    delivery = Delivery(
        id=1, alert_id=1, alert=alert, subscription=subscription, attempts=1, key=KEY, message=KEY
    )
    return MessageComposer(lexicon=LEXICON, now=NOW).compose((delivery,))


def test_a_redline_of_nothing_is_not_drawn_where_slack_would_refuse_it() -> None:
    change = Change(kind="amended", redline=(RedlineSegment(op="deleted", text=""),))
    about = Notice(title="公告", language="zh")
    slack_takes(
        render_message_blocks(
            message(
                Alert(kind="amended", made_at=NOW, title="公告", watcher="w", notice=about, change=change)
            )
        )
    )


def test_a_label_is_text_like_all_the_rest() -> None:
    odd = Notice(
        title="公告", language="zh", deadlines=(Deadline(kind="[red]\x1b[31m\ud800", date=TODAY, quote=""),)
    )
    drawn = message(Alert(kind="new", made_at=NOW, title="公告", watcher="w", notice=odd))
    console = Console(file=io.StringIO(), width=120)
    ConsoleChannel(console).send(drawn, target="-", key=KEY)
    assert isinstance(console.file, io.StringIO)
    for shown in (console.file.getvalue(), render_text(drawn), " ".join(texts(render_message_blocks(drawn)))):
        assert "([red][31m)" in shown
        only_shows([shown])


def test_a_page_that_is_no_more_is_answered_with_the_last_one() -> None:
    rows = tuple(replies.ReplyRow(heading=f"{n}") for n in range(14))
    made = render_reply_blocks(replies.Reply(title="t", rows=rows), question="\ud800 what", page=9)
    slack_takes(made)
    assert "13" in list(texts(made))
    (button,) = made[-1]["elements"]
    assert json.loads(button["value"]) == {"q": "what", "p": 1}
