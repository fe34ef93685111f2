"""Draw the pictures in docs/ from the product: one alert in Slack and as a mail (`make pictures`).

A fictional notice in our own words is read and rendered as the service does it, as Slack blocks and as an
HTML mail. The Slack blocks are laid out as a small HTML page, and headless Chromium takes a screenshot of
both pages. `--html DIR` writes the two pages only, without a browser. CHROMIUM names another executable.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path
from typing import Any

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Alert, Delivery, Document, Language, Subscription
from controlwatch.core.rendering.html_mail import render_html
from controlwatch.core.rendering.message import Message, MessageComposer
from controlwatch.core.rendering.slack_blocks import render_message_blocks

DOCS = Path(__file__).parents[1] / "docs"
#: Widths of the pages in CSS pixels, and how many pixels of a picture are one of them.
WIDTHS = {"alert-slack": 760, "alert-mail": 760}
SCALE = 1.5

TITLE = "商务部 海关总署公告2027年第12号 公布对锂电池正极材料相关物项实施出口管制的决定"
TEXT = """\
根据出口管制法的有关规定，经国务院批准，决定对锂电池正极材料相关物项实施出口管制。
一、未经许可，不得出口磷酸铁锂正极材料（参考海关商品编号：28429040）；压实密度不低于2.5g/cm³的，适用管制编码3C901.a。
二、出口经营者应当通过省级商务主管部门向商务部提出申请。用于人道主义救援的除外。
三、本公告自2027年4月1日起正式实施。
商务部 海关总署
2027年3月1日
"""
URL = "https://www.mofcom.gov.cn/zwgk/zcfb/art/2027/art_12.html"
SEEN = datetime(2027, 3, 1, 8, 5, tzinfo=UTC)


def compose_message(language: Language, *, channel: str) -> Message:
    """Read the notice and compose its alert as the service does it."""
    lexicon = load_lexicon()
    document = Document(url=URL, title=TITLE, text=TEXT)
    notice = read_notice(document, lexicon, published=date(2027, 3, 1))
    alert = Alert(
        kind="new",
        made_at=SEEN,
        title=TITLE,
        watcher="mofcom-announcements",
        url=URL,
        notice=notice,
    )
    delivery = Delivery(
        id=1,
        alert_id=1,
        alert=alert,
        subscription=Subscription(channel=channel, target="desk@example.com", language=language),  # type: ignore[arg-type]
        attempts=0,
        key="k",
        message="m",
        why="category battery",
    )
    links = SignedLinks(public_url="https://alerts.example.com", secret=b"fictional" * 4)
    return MessageComposer(lexicon=lexicon, now=SEEN, links=links).compose((delivery,))


def draw_slack_page(message: Message) -> str:
    """Return Slack blocks as a page that looks like a message in Slack."""
    blocks = "".join(map(draw_block, render_message_blocks(message)))
    return SLACK_PAGE.replace("BLOCKS", blocks)


def draw_block(block: dict[str, Any]) -> str:
    """Return one block as HTML. Raises `ValueError` for a kind that is not drawn yet."""
    match block["type"]:
        case "header":
            return f"<h3>{escape(block['text']['text'])}</h3>"
        case "context":
            return f'<div class="context">{draw_texts(block["elements"])}</div>'
        case "rich_text":
            return "".join(
                f'<div class="{part["type"]}">{draw_texts(part["elements"])}</div>'
                for part in block["elements"]
            )
        case "actions":
            return f'<div class="actions">{"".join(map(draw_action, block["elements"]))}</div>'
        case kind:
            raise ValueError(f"tools/draw_alert.py cannot draw a block of type {kind}")


def draw_texts(elements: Iterable[dict[str, Any]]) -> str:
    """Return text elements and links as HTML, with their styles."""
    html = ""
    for element in elements:
        text = escape(element["text"]).replace("\n", "<br>").replace("   ", "&emsp;")
        if element["type"] == "link":
            text = f"<a>{text}</a>"
        for style, tag in (("bold", "b"), ("italic", "i"), ("strike", "s")):
            if element.get("style", {}).get(style):
                text = f"<{tag}>{text}</{tag}>"
        html += text
    return html


def draw_action(element: dict[str, Any]) -> str:
    """Return a button, or a menu with its placeholder."""
    if element["type"] == "button":
        return f'<span class="button {element.get("style", "")}">{escape(element["text"]["text"])}</span>'
    calendar = "📅 " if element["type"] == "datepicker" else ""
    arrow = "" if calendar else ' <span class="arrow">⌄</span>'
    return f'<span class="button menu">{calendar}{escape(element["placeholder"]["text"])}{arrow}</span>'


SLACK_PAGE = """\
<!DOCTYPE html><html><head><meta charset="utf-8"><title>Slack</title><style>
body { margin: 0; padding: 16px 20px; background: #fff; color: #1d1c1d;
       font: 15px/1.47 Lato, 'Liberation Sans', Arial, 'WenQuanYi Micro Hei', 'Noto Sans CJK SC',
             'Noto Color Emoji', sans-serif }
.message { display: flex; gap: 10px }
.avatar { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #101828; color: #fff;
          font: bold 15px/36px 'Liberation Sans', Arial, sans-serif; text-align: center }
.app { padding: 0 3px; border-radius: 2px; background: #e8e8e8; color: #616061;
       font-size: 10px; font-weight: bold }
.time, .context { color: #616061; font-size: 12px }
h3 { margin: 6px 0 4px; font-size: 18px; line-height: 1.33 }
.rich_text_section, .context, .rich_text_quote { margin: 4px 0 8px }
.rich_text_quote { padding-left: 12px; border-left: 4px solid #ddd }
a { color: #1264a3 }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 }
.button { padding: 2px 12px; border: 1px solid #bbb; border-radius: 6px;
          font-size: 13px; font-weight: bold; line-height: 24px }
.primary { background: #007a5a; border-color: #007a5a; color: #fff }
.menu { font-weight: normal; color: #616061 }
</style></head><body><div class="message"><div class="avatar">cw</div><div><b>controlwatch</b>
<span class="app">APP</span> <span class="time">4:05 PM</span>BLOCKS</div></div></body></html>
"""

MAIL_HEAD = """\
<table style="margin:0 0 16px;padding:0 0 12px;width:100%;max-width:726px;border-bottom:1px solid #d0d5dd;
font:14px/1.5 'Liberation Sans',Arial,'WenQuanYi Micro Hei',sans-serif">
<tr><td style="color:#667085;width:64px">From</td><td>controlwatch &lt;alerts@example.com&gt;</td></tr>
<tr><td style="color:#667085">To</td><td>desk@example.com</td></tr>
<tr><td style="color:#667085;vertical-align:top">Subject</td><td><b>SUBJECT</b></td></tr></table>
"""


def draw_mail_page(message: Message) -> str:
    """Return the HTML part of a mail below the headers that a mail program shows."""
    head = MAIL_HEAD.replace("SUBJECT", escape(message.subject))
    return re.sub(r"(<body[^>]*>)", lambda body: body[1] + head, render_html(message), count=1)


def draw_pages() -> dict[str, str]:
    """Return the HTML page of each picture by its name."""
    return {
        "alert-slack": draw_slack_page(compose_message("en", channel="slack")),
        "alert-mail": draw_mail_page(compose_message("both", channel="email")),
    }


def find_browser() -> str | None:
    """Return the path of Chromium, or None where it is not installed."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def run_browser(browser: str, page: Path, *options: str) -> str:
    """Open a local page in a new profile without network use, and return what the browser prints."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            f"--user-data-dir={profile}",
            "--hide-scrollbars",
            *options,
            page.as_uri(),
        ]
        # The page is one that this tool wrote, and the executable is the caller's choice.
        done = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True)  # noqa: S603
        return done.stdout


def take_screenshot(browser: str, page: Path, picture: Path, *, width: int, scale: float = SCALE) -> None:
    """Write a picture of a whole page: measure its height first, for the browser cuts at the window."""
    measured = page.with_suffix(".measured.html")
    script = "<script>document.title = 'height ' + document.body.offsetHeight</script>"
    measured.write_text(
        page.read_text(encoding="utf-8").replace("</body>", f"{script}</body>"), encoding="utf-8"
    )
    size = f"--window-size={width},"
    found = re.search(
        r"height (\d+)", run_browser(browser, measured, f"{size}600", "--dump-dom").split("<style")[0]
    )
    if found is None:
        raise RuntimeError(f"{browser} did not report the height of the page")
    run_browser(
        browser, page, f"{size}{found[1]}", f"--force-device-scale-factor={scale}", f"--screenshot={picture}"
    )


def main() -> int:
    """Write the pictures, or with --html the pages alone; return the exit status."""
    options = argparse.ArgumentParser(description="Draw the pictures of an alert in docs/.")
    options.add_argument("--html", type=Path, metavar="DIR", help="write the HTML pages only")
    directory: Path | None = options.parse_args().html
    browser = find_browser()
    if directory is None and browser is None:
        print(
            "Chromium is not installed, so no picture was drawn. Install it (Debian: apt-get install "
            "chromium fonts-wqy-microhei fonts-noto-color-emoji) or set CHROMIUM to its path.",
            file=sys.stderr,
        )
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        pages = directory or Path(temporary)
        pages.mkdir(parents=True, exist_ok=True)
        for name, html in draw_pages().items():
            page = (pages / f"{name}.html").resolve()
            page.write_text(html, encoding="utf-8")
            if directory is None and browser is not None:
                take_screenshot(browser, page, DOCS / f"{name}.png", width=WIDTHS[name])
                print(f"docs/{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
