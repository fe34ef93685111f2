"""What hostile inputs have found, each made as small as it can be."""

from __future__ import annotations

import contextlib
import csv
import email
import email.policy
import io
import json
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from controlwatch.adapters.channels.email_message import MailWriter
from controlwatch.adapters.files.archives import read_zip
from controlwatch.adapters.files.inbox import load_snapshot
from controlwatch.adapters.sandbox.nesting_guard import check_nesting
from controlwatch.cli.alerts import print_csv
from controlwatch.core.alerting.redline import build_redline, fingerprint_text
from controlwatch.core.law.answers import AlertLine
from controlwatch.core.model.errors import Garbled, Reshaped
from controlwatch.core.rendering.message import Message
from controlwatch.core.sources.decoding import is_wrapped
from controlwatch.core.sources.index_pages import parse_index
from controlwatch.testing.sites import Answer
from tests.channels.test_any_text import NOW, only_shows
from tests.extraction.making import announcement
from tests.hostile.mended import MENDED
from tests.services.test_news import started
from tests.services.world import INDEX, world
from tests.sources import make
from tests.sources.files import compound, workbook, zipped

#: Seconds after which something hangs; each of these takes a small part of one.
HUNG = 60


def ends(work: Callable[[], object]) -> bool:
    """Whether it comes to an end; what does not is given up with its thread."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(HUNG)
    return not thread.is_alive()


# --------------------------------------------------------------------------- lists


def test_a_number_of_thousands_of_digits_is_refused_as_json_of_a_list() -> None:
    rows = [{"url": "/a.html", "title": "公告", "day": "2026-03-02"}]
    sent = json.dumps({"page": {"rows": rows, "total": 1}}).replace('"total": 1', '"total": ' + "9" * 5_000)
    with pytest.raises(Garbled):
        parse_index(make.watcher(make.record()), make.answer(sent.encode()))


@pytest.mark.parametrize("total", ["9" * 5_000, "²", "-1"])
@pytest.mark.parametrize("printed", ['<div class="pagination" count="{}"></div>', "<p>总条数：{}</p>"])
def test_a_total_that_cannot_be_meant_is_no_total(printed: str, total: str) -> None:
    rows = '<ul><li><a href="/art_1.html">公告</a><span>2026-03-02</span></li></ul>'
    page = parse_index(
        make.watcher(make.links()), make.answer(rows + printed.format(total), kind="text/html")
    )
    assert page.total is None
    assert len(page.refs) == 1


def test_an_answer_that_is_not_a_feed_at_all_is_refused_or_empty() -> None:
    with pytest.raises((Garbled, Reshaped)):
        parse_index(
            make.watcher(replace(make.links(), kind="feed")), make.answer(b"", kind="application/xml")
        )


# --------------------------------------------------------------------------- files


def test_a_member_that_is_cut_does_not_hide_its_neighbours() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(
        out, "w"
    ) as archive:  # packed nothing, so that what is claimed is looked for in the file
        archive.writestr("a.txt", "第一条")
        archive.writestr("b.txt", "第二条")
    body = bytearray(out.getvalue())
    directory = body.rindex(b"PK\x01\x02")  # that of b.txt: its size, packed and unpacked
    for place in (directory + 20, directory + 24):
        body[place : place + 4] = (1 << 20).to_bytes(4, "little")
    read = read_zip(bytes(body))
    assert "第一条" in read.text
    assert "b.txt" in " ".join(read.doubts)


def test_a_workbook_at_which_its_library_panics_does_not_hide_its_neighbours() -> None:
    broken = compound({"Workbook": b"\x09\x08\x10\x00\x00\x06\x05\x00"})[:1_100]
    read = read_zip(zipped({"a.xls": broken, "b.xlsx": workbook([("8112929010", "镓")])}))
    assert "8112929010" in read.text
    (doubt,) = read.doubts
    assert doubt.startswith("a.xls: the file")


# --------------------------------------------------------------------------- what holds everybody up


def test_a_head_without_an_end_is_tried_in_one_way_only() -> None:
    assert ends(lambda: is_wrapped(b"Name: value\r\n" * 60))
    assert is_wrapped(b"Content-Type: text/html\r\n folded\r\nSubject: x\r\n\r\nbody")
    assert not is_wrapped(b"Name: value\r\n" * 60)


@pytest.mark.parametrize("line", ["、\n", "\n", " \n", "浏览" + "," * 60_000 + "x\n"])
def test_the_lines_that_a_site_counts_up_are_looked_for_once(line: str) -> None:
    assert ends(lambda: fingerprint_text(line * (60_000 // len(line) + 1)))


def test_a_text_of_one_word_over_and_over_is_compared_as_a_whole() -> None:
    old, new = " ".join(["甲"] * 4_000), " ".join(["甲", "乙"] * 2_000)
    assert ends(lambda: build_redline(old, new))
    assert {stretch.op for stretch in build_redline(old, new)} >= {"deleted", "inserted"}


@pytest.mark.parametrize("blank", [" ", "\u3000", "\r\u3000", "\t ", " \n"])
def test_long_white_space_is_cut(blank: str) -> None:
    body = f"决定对金属镓实施出口管制，{blank * 200_000}自2026年4月1日起施行。"
    assert ends(lambda: announcement(body))
    assert [str(day.start) for day in announcement(body).effective] == ["2026-04-01"]


DEEP = {
    "a page": (b"<ul><li>" * 60_000, "text/html"),
    "a page whose ends end nothing": (b"<div><template></div></template>" * 60_000, "text/html"),
    "JSON": (json.dumps({"html": "<ul><li>" * 60_000}).replace("<", "\\u003c").encode(), "application/json"),
    "a feed": (b"<rss><description>" + b"&lt;ul&gt;&lt;li&gt;" * 60_000, "application/rss+xml"),
    "UTF-16": (("<ul><li>" * 60_000).encode("utf-16"), "text/html"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("body", "kind"), DEEP.values(), ids=DEEP)
def test_a_tree_nested_too_deeply_is_refused_before_it_is_walked(body: bytes, kind: str) -> None:
    with pytest.raises(Garbled, match="too deeply"):
        check_nesting(body, kind)


def test_large_and_moderately_deep_pages_are_let_in() -> None:
    check_nesting(b"<table>" + b"<tr><td>a</td><td><p><span>b</span></p></td></tr>" * 20_000 + b"</table>")
    check_nesting(b"<div>" * 5_000 + b"x" + b"</div>" * 5_000)


@pytest.mark.slow
def test_a_list_too_deep_to_be_walked_fails_its_poll_by_name_and_a_handed_in_page_too(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        started(w)
        w.sites.put(INDEX, Answer(body=b"<ul class=list><li>" * 60_000))
        assert w.poll().kind == "garbled"
    (tmp_path / "saved.html").write_bytes(b"<ul><li>" * 60_000)
    with pytest.raises(Garbled):
        load_snapshot(tmp_path / "saved.html", url=None, now=NOW)


# --------------------------------------------------------------------------- what shows text


@pytest.mark.parametrize("title", ["=?utf-8?B?////?=", "=?utf-8?Q?x=0D=0ABcc:_all@corp.example?= 公告"])
def test_a_title_in_the_clothes_of_an_encoded_word_is_a_subject_like_any_other(title: str) -> None:
    mail = MailWriter("controlwatch", "a@b.example").write_mail(
        Message(subject=title, cards=()), target="c@d.example", key="0" * 32
    )
    read = email.message_from_bytes(mail, policy=email.policy.default)
    assert str(read["Subject"]) == title.replace("=?", "＝?")
    assert read["Bcc"] is None


def row(title: str) -> str:
    line = AlertLine(
        alert=1, kind="new", made_at=NOW, title=title, number=None, channel="slack", target="C1", state="sent", sent_at=None,
        what=None, who=None, acted_at=None, note=None,
    )  # fmt: skip
    out = io.StringIO(newline="")
    with contextlib.redirect_stdout(out):
        print_csv([line])
    return out.getvalue()


@pytest.mark.parametrize(
    ("title", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" =1+1", "' =1+1"),
        ("公告;=1+1", "公告;'=1+1"),
        ("a\n@SUM(A1)", "a\n'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("\x1b[2J\u202e公告", "[2J公告"),
        ("2026-40", "2026-40"),
    ],
)
def test_no_cell_of_the_log_is_a_formula_or_acts_on_a_terminal(title: str, cell: str) -> None:
    printed = row(title)
    only_shows([printed.replace("\r\n", "\n")])
    assert next(csv.DictReader(io.StringIO(printed, newline="")))["title"] == cell


# --------------------------------------------------------------------------- the list of these


def test_every_entry_of_what_was_mended_names_a_test_that_there_is() -> None:
    here = Path(__file__).parents[1]
    for one in MENDED:
        file, _, name = one.test.partition("::")
        assert f"def {name}(" in (here / file).read_text(encoding="utf-8"), one.test
