"""Hostile and odd text goes through the whole pipeline, on both databases, and comes out harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controlwatch.core.law.notice_filter import NoticeFilter
from controlwatch.testing.sites import Answer
from tests.services.test_news import GALLIUM, OLD
from tests.services.world import HOST, Page, tightening, world
from tests.store.conftest import database, postgres, template

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["database", "postgres", "template"]

ODD = {
    "nul": "公告\x00第40号",
    "surrogate": "公告&#xD800;第40号",
    "escape": "公告\x1b[2J\x1b]0;title\x07第40号",
    "right-to-left": "公告\u202e第40号\u202c",
    "markup": "<script>alert(1)</script><b>公告</b>&lt;!channel&gt;",
    "sql": "'; DROP TABLE notice; --",
    "long": "公告" * 20_000,
    "emoji": "公告😀第40号",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_odd_text_is_taken_in_and_told(odd: str, database: str, tmp_path: Path) -> None:
    with world(tmp_path, database) as w:
        w.ministry.publish(OLD)
        w.poll()
        w.ministry.publish(
            Page("/notices/art_40.html", f"商务部公告2026年第40号 {odd}", f"{tightening(40)}\n{odd}")
        )
        report = w.poll()
        assert report.outcome == "looked", report.reason
        (alert,) = w.alerts()
        assert "\x00" not in alert.title
        assert w.store.queries.list_notices(NoticeFilter(text="金属镓"))


def test_a_table_of_ten_thousand_rows_is_read_in_bounded_time(database: str, tmp_path: Path) -> None:
    with world(tmp_path, database) as w:
        w.ministry.publish(OLD)
        w.poll()
        rows = "".join(f"<tr><td>{n}</td><td>样例物项</td><td>28{n:08}</td></tr>" for n in range(10_000))
        w.ministry.publish(GALLIUM)
        page = GALLIUM.html.replace("</div>", f"<table>{rows}</table></div>", 1)
        w.sites.put(f"{HOST}{GALLIUM.path}", Answer(body=page.encode()))
        assert w.poll().outcome == "looked"
        assert len(w.alerts()) == 1


def test_links_that_are_no_addresses_are_left_out(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        links = [
            "http://[",
            "javascript:alert(1)",
            "//",
            "mailto:a@b.example",
            "http://a b/",
            "/notices/" + "x" * 9000 + ".html",
        ]
        rows = "".join(f'<li><a href="{link}">样例</a></li>' for link in links)
        good = f'<li><a href="{OLD.path}">{OLD.title}</a></li>'
        w.ministry.publish(OLD)
        html = f'<meta charset="utf-8"><ul class="list">{rows}{good}</ul>'
        w.sites.put(f"{HOST}/notices/index.html", Answer(body=html.encode()))
        report = w.poll()
        assert report.outcome == "shelved", report.reason
        assert report.read >= 1
