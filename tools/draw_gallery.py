"""Draw the gallery in docs/: the most common messages in Slack, as a mail in two widths, and in the terminal.

Fictional notices in our own words are read, and their messages composed, as the service does it (`make
gallery`).
Headless Chromium takes one picture of each message; `--html DIR` writes the pages only, without a browser.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import re
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path

from draw_alert import DOCS, SLACK_PAGE, draw_block, find_browser, take_screenshot
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.channels.console import render_panel
from controlwatch.core.alerting.redline import describe_changed_findings
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.coverage import Coverage, SourceCoverage
from controlwatch.core.model import (
    Alert,
    AnnouncedMeasure,
    Change,
    Delivery,
    Document,
    KeyDate,
    Language,
    Notice,
    RedlineSegment,
    ReleasedPart,
    ReminderSubject,
    ReviewReason,
    Subscription,
    Verb,
)
from controlwatch.core.rendering.html_mail import render_html
from controlwatch.core.rendering.message import Message, MessageComposer
from controlwatch.core.rendering.slack_blocks import render_message_blocks

SEEN = datetime(2027, 3, 1, 8, 5, tzinfo=UTC)
PAGE_WIDTH = 1_300
MAIL_WIDTHS = (720, 400)

BATTERIES = (
    "商务部 海关总署公告2027年第12号 公布对锂电池正极材料相关物项实施出口管制的决定",
    """根据出口管制法的有关规定，经国务院批准，决定对锂电池正极材料相关物项实施出口管制。
一、未经许可，不得出口磷酸铁锂正极材料（参考海关商品编号：28429040）；压实密度不低于2.5g/cm³的，适用管制编码3C901.a。
二、出口经营者应当通过省级商务主管部门向商务部提出申请。用于人道主义救援的除外。
三、本公告自2027年4月1日起正式实施。
商务部 海关总署
2027年3月1日""",
)
LISTING = (
    "商务部公告2027年第15号 公布将样例航空技术公司等2家美国实体列入出口管制管控名单的决定",
    """为维护国家安全和利益，决定将样例航空技术公司（Sample Aerostructures LLC）、样例光电公司（Sample Photonics Inc.）列入出口管制管控名单。
一、禁止出口经营者向上述实体出口两用物项；正在开展的相关出口活动应当立即停止。
二、本公告自公布之日起正式实施。
商务部
2027年3月1日""",
)
SUSPENSION = (
    "商务部 海关总署公告2027年第20号 公布暂停实施商务部 海关总署公告2027年第12号的决定",
    """经批准，商务部 海关总署公告2027年第12号自即日起至2028年2月28日暂停实施。
商务部 海关总署
2027年3月1日""",
)
#: A suspension that is about to end: the day is filled in.
ENDING = (
    "商务部 海关总署公告2026年第70号 公布暂停实施商务部 海关总署公告2026年第58号的决定",
    """经批准，商务部 海关总署公告2026年第58号自即日起至{until}暂停实施。
商务部 海关总署
2026年3月9日""",
)
CORRECTION = (
    "商务部 海关总署公告2027年第14号 关于更正商务部 海关总署公告2027年第12号有关内容的公告",
    """现将商务部 海关总署公告2027年第12号更正如下：
原文“三、本公告自2027年4月1日起正式实施”更正为“三、本公告自2027年5月10日起正式实施”。
商务部 海关总署
2027年3月1日""",
)
TARIFF = (
    "国务院关税税则委员会关于对原产于加拿大的部分进口商品加征关税的公告",
    """税委会公告2027年第3号
经国务院批准，自2027年3月20日起，对原产于加拿大的部分进口商品加征25%关税，涉及税则号列10059000、12051090。
国务院关税税则委员会
2027年3月1日""",
)
REPORT = (
    "China puts LFP cathode materials under export control",
    """BEIJING, 1 March 2027. The Ministry of Commerce (MOFCOM) and Customs said in Announcement No. 12 of 2027 that exports of
lithium iron phosphate cathode materials will need a licence from 1 April 2027.""",
)
REVIEW = (
    "商务部公告2027年第18号",
    """现就石墨类两用物项出口管理有关事项公告如下：有关经营者应当结合实际情况做好相关工作。
商务部
2027年3月1日""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One message of the gallery."""

    name: str
    caption: str
    alerts: tuple[Alert, ...]
    rate: str = "immediate"
    language: Language = "en"


def main() -> int:
    """Write the pages and the pictures; return the exit status."""
    options = argparse.ArgumentParser(description="Draw the gallery of messages in docs/.")
    options.add_argument("--html", type=Path, metavar="DIR", help="write the HTML pages only")
    directory: Path | None = options.parse_args().html
    browser = find_browser()
    if directory is None and browser is None:
        print("Chromium is not installed, so no picture was drawn; see tools/draw_alert.py.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        pages = directory or Path(temporary)
        pages.mkdir(parents=True, exist_ok=True)
        (DOCS / "gallery").mkdir(exist_ok=True)
        pictures = list_pictures(load_lexicon())
        for picture in pictures:
            page = (pages / f"{picture.name}.html").resolve()
            page.write_text(draw_page(picture, load_lexicon()), encoding="utf-8")
            if directory is None and browser is not None:
                target = DOCS / "gallery" / f"{picture.name}.png"
                take_screenshot(browser, page, target, width=PAGE_WIDTH, scale=1)
                shrink_picture(target)
                print(f"docs/gallery/{picture.name}.png")
        if directory is None:
            (DOCS / "gallery.md").write_text(write_manual(pictures), encoding="utf-8")
    return 0


def shrink_picture(picture: Path) -> None:
    """Reduce the colours of a picture to a palette, where Pillow is installed: a quarter of the size."""
    if importlib.util.find_spec("PIL") is not None:
        from PIL import Image  # noqa: PLC0415  # seldom installed

        Image.open(picture).convert("RGB").quantize(96).save(picture, optimize=True)


def list_pictures(lexicon: Lexicon) -> tuple[Picture, ...]:
    """Return the messages of the gallery, the most common first."""

    def read(text: tuple[str, str]) -> Notice:
        document = Document(url="https://www.mofcom.gov.cn/a.html", title=text[0], text=text[1])
        return read_notice(document, lexicon, published=SEEN.date())

    def tell(kind: str, notice: Notice, **more: object) -> Alert:
        values = {"url": "https://www.mofcom.gov.cn/zwgk/zcfb/art/2027/art_12.html", **more}
        return Alert(
            kind=kind, made_at=SEEN, title=notice.title, watcher="mofcom-policy", notice=notice, **values
        )  # type: ignore[arg-type]

    batteries, listing, suspension, tariff = map(read, (BATTERIES, LISTING, SUSPENSION, TARIFF))
    correction = read(CORRECTION)
    # The service resolves the items of a notice that names none through the notices on which it acts.
    resolved = tuple(replace(found, basis="resolved") for found in batteries.categories)
    suspension = replace(suspension, categories=resolved)
    correction = replace(correction, categories=resolved, doubts=())
    later = read((BATTERIES[0], BATTERIES[1].replace("2027年4月1日", "2027年5月1日")))
    review = replace(
        read(REVIEW),
        is_change=False,
        possible_categories=("graphite",),
        review=(
            ReviewReason(
                reason="It has the form of an official instrument and names what is watched; whether it changes "
                "the rules was not concluded.",
                quote="现就石墨类两用物项出口管理有关事项公告如下",
            ),
        ),
    )
    amended = Change(
        kind="amended",
        moved=describe_changed_findings(batteries, later),
        redline=(
            RedlineSegment(op="same", text="三、本公告自2027年"),
            RedlineSegment(op="deleted", text="4"),
            RedlineSegment(op="inserted", text="5"),
            RedlineSegment(op="same", text="月1日起正式实施。"),
        ),
    )
    end = build_end(date(2027, 3, 8))
    failing = Alert(
        kind="health-down",
        made_at=SEEN,
        title="MOFCOM policy releases: not readable since 2027-03-01 14:20 Beijing time",
        watcher="mofcom-policy",
        body="The list has a new form that is not understood yet. Notices published only there are not seen. "
        "Last read 2027-03-01 14:10 Beijing time. Run `controlwatch watchers probe` and correct the watcher's "
        "declaration.",
    )
    briefing = Alert(
        kind="outlook",
        made_at=SEEN,
        title="2027-03-01",
        watcher="clock",
        agenda=(
            replace(
                end,
                date=date(2027, 3, 4),
                event="comments-close",
                number="MOFCOM 2027-9",
                quote="请于2027年3月4日前反馈意见。",
                releases=(),
                affects=(),
                announced=(),
            ),
            end,
        ),
    )
    new = tell("new", batteries)

    def remind(event: KeyDate) -> Alert:
        until = f"{event.date.year}年{event.date.month}月{event.date.day}日"
        ending = replace(read((ENDING[0], ENDING[1].format(until=until))), categories=resolved)
        return tell("reminder", ending, occasion=ReminderSubject(event=event))

    reminder, over = remind(end), remind(build_end(SEEN.date() - timedelta(days=1)))
    return (
        Picture(name="new-control", caption="A new control", alerts=(new,)),
        Picture(
            name="new-control-zh", caption="The same alert for a Chinese reader", alerts=(new,), language="zh"
        ),
        Picture(name="listing", caption="Entities are listed", alerts=(tell("new", listing),)),
        Picture(name="suspension", caption="A control is suspended", alerts=(tell("new", suspension),)),
        Picture(name="tariff", caption="Tariffs are raised", alerts=(tell("new", tariff),)),
        Picture(
            name="amended", caption="A text was amended", alerts=(tell("amended", later, change=amended),)
        ),
        Picture(
            name="moved-date",
            caption="A correction moves the date of another notice",
            alerts=(tell("new", correction),),
        ),
        Picture(
            name="report",
            caption="The press reports something that no official source has shown yet",
            alerts=(tell("report", read(REPORT), about="MOFCOM-GACC 2027-12", url="https://news.example/a"),),
        ),
        Picture(
            name="reminder",
            caption="A suspension is about to end; an extension was only announced",
            alerts=(reminder,),
        ),
        Picture(name="day-after", caption="The day after the end of a term", alerts=(over,)),
        Picture(
            name="review", caption="A document needs review", alerts=(tell("review", review, review_id=12),)
        ),
        Picture(name="failing", caption="A source cannot be read, for operators", alerts=(failing,)),
        Picture(name="briefing", caption="The daily briefing", alerts=(briefing,)),
        Picture(
            name="digest",
            caption="A daily digest",
            alerts=(new, tell("new", listing), tell("new", tariff), reminder),
            rate="daily",
        ),
    )


def build_end(day: date) -> KeyDate:
    """Return the end of a suspension on a day, with an extension that was only announced."""
    return KeyDate(
        date=day,
        event="suspension ends",
        number="MOFCOM-GACC 2026-70",
        key="MOFCOM 2026-70",
        title="",
        categories=("battery.liion", "graphite"),
        quote=f"自即日起至{day.year}年{day.month}月{day.day}日暂停实施。",
        affects=("MOFCOM-GACC 2026-58",),
        targets=("MOFCOM 2026-58",),
        releases=(
            ReleasedPart(number="MOFCOM-GACC 2026-58", key="MOFCOM 2026-58", is_first_time=True),
            ReleasedPart(number="MOFCOM 2025-46", key="MOFCOM 2025-46", clause="第二款"),
        ),
        announced=(
            AnnouncedMeasure(
                verb=Verb.EXTENDS,
                source="Readout of trade talks",
                on=date(2027, 2, 20),
                until=date(2028, 3, 8),
            ),
        ),
    )


def compose(picture: Picture, lexicon: Lexicon, *, channel: str) -> Message:
    """Return the message as the service composes it."""
    subscription = Subscription(
        channel=channel,  # type: ignore[arg-type]
        target="desk@example.com",
        language=picture.language,
        rate=picture.rate,  # type: ignore[arg-type]
    )
    deliveries = tuple(
        Delivery(
            id=n,
            alert_id=n,
            alert=alert,
            subscription=subscription,
            attempts=0,
            key=f"k{n}",
            message="m",
            why="subscribed to everything",
        )
        for n, alert in enumerate(picture.alerts)
    )
    read = SourceCoverage(watcher="a", name="MOFCOM announcements", issuer="MOFCOM", last_read=SEEN)
    coverage = Coverage(sources=(read, replace(read, watcher="b"), replace(read, watcher="c")))
    composer = MessageComposer(lexicon=lexicon, now=SEEN, load_coverage=lambda: coverage)
    return composer.compose(deliveries)


def draw_page(picture: Picture, lexicon: Lexicon) -> str:
    """Return a page with the message in Slack, in the terminal, and as a mail in two widths."""
    slack = "".join(map(draw_block, render_message_blocks(compose(picture, lexicon, channel="slack"))))
    mail = compose(picture, lexicon, channel="email")
    body = re.sub(r".*<body[^>]*>|</body>.*", "", render_html(mail), flags=re.DOTALL)
    mails = "".join(
        f'<div class="view"><b>Mail, {width} px</b><div class="mail" style="width:{width}px">'
        f"<p><b>{escape(mail.subject)}</b></p>{body}</div></div>"
        for width in MAIL_WIDTHS
    )
    style, frame = re.findall(
        r"<style>(.*)</style>|(<div class=\"message\">.*)</body>", SLACK_PAGE, re.DOTALL
    )
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>gallery</title><style>{style[0]}{GALLERY_STYLE}</style></head><body>'
        f'<div class="row"><div class="view" style="width:660px"><b>Slack</b>{frame[1].replace("BLOCKS", slack)}</div>'
        f'<div class="view"><b>Terminal</b>{draw_terminal(mail)}</div></div><div class="row">{mails}</div></body></html>'
    )


def draw_terminal(message: Message) -> str:
    """Return the panels of the terminal as HTML."""
    console = Console(record=True, width=72, file=io.StringIO(), force_terminal=True)
    for card in message.cards:
        console.print(render_panel(card))
    return console.export_html(
        theme=DIMMED_MONOKAI, inline_styles=True, code_format='<pre class="terminal">{code}</pre>'
    )


def write_manual(pictures: tuple[Picture, ...]) -> str:
    """Return the manual that shows the pictures."""
    parts = [
        "# Gallery",
        "The most common messages in Slack, in the terminal, and as a mail 720 and 400 pixels wide. The notices are "
        "fictional.\n`make gallery` draws the pictures from the product.",
    ]
    parts += [f"## {item.caption}\n\n![{item.caption}](gallery/{item.name}.png)" for item in pictures]
    return "\n\n".join(parts) + "\n"


GALLERY_STYLE = """
.row { display: flex; gap: 24px; align-items: flex-start; margin-bottom: 24px }
.view > b { color: #667085; font-size: 12px }
.mail { background: #f2f4f7; padding: 12px; box-sizing: border-box; font-size: 15px; line-height: 1.5 }
.terminal { margin: 4px 0; padding: 10px; background: #101828; color: #e4e7ec; font: 12px/1.35 'DejaVu Sans Mono',
            'WenQuanYi Micro Hei Mono', monospace; white-space: pre-wrap; width: 560px }
"""


if __name__ == "__main__":
    sys.exit(main())
