"""A correction of a date is read with the day that counts, and the sentence that says so."""

from __future__ import annotations

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.extraction.findings.date_corrections import list_moves
from controlwatch.core.extraction.report.measures import choose_measure
from controlwatch.core.model import Document, Verb

POSTPONED = "商务部 海关总署公告2027年第52号 关于推迟实施2027年第40号公告的公告"
HEAD = "商务部 海关总署公告2027年第51号 关于更正2027年第40号公告有关内容的公告"
FOOT = "商务部 海关总署\n2027年3月12日\n"


@pytest.mark.parametrize(
    ("sentence", "start", "until"),
    [
        ("原文“本公告自2027年4月1日起正式实施”更正为“本公告自2027年5月10日起正式实施”。", "2027-05-10", None),
        ("将“自2027年4月1日起施行”更正为“自2027年5月10日起施行”。", "2027-05-10", None),
        ("“本公告自2027年4月1日起正式实施”，应为“本公告自2027年5月10日起正式实施”。", "2027-05-10", None),
        ("其中“2027年4月1日”应为“2027年5月10日”。", "2027-05-10", None),
        ("公告中“有效期至2028年4月1日”应为“有效期至2028年5月10日”。", None, "2028-05-10"),
        ("附件中“金属稼”应为“金属镓”。", None, None),
    ],
)
def test_the_amendment_has_the_day_that_replaces_another(
    sentence: str, start: str | None, until: str | None
) -> None:
    text = f"现将商务部 海关总署公告2027年第40号更正如下：\n{sentence}\n{FOOT}"
    notice = read_notice(Document(url="https://a.example/1", title=HEAD, text=text), load_lexicon())
    (relation,) = (found for found in notice.relations if found.verb is Verb.AMENDS)
    days = [str(day) if day else None for day in (relation.start, relation.until)]
    assert days == [start, until]
    assert (sentence in relation.quote) is any(days)


@pytest.mark.parametrize(
    ("title", "sentence", "old", "new"),
    [
        (POSTPONED, "现将商务部 海关总署公告2027年第40号的实施日期由2027年4月1日推迟至2027年7月1日。", "2027-04-01", "2027-07-01"),
        (POSTPONED, "商务部 海关总署公告2027年第40号原定自2027年4月1日起实施，现延期至2027年7月1日起实施。", "2027-04-01", "2027-07-01"),
        (HEAD, "商务部 海关总署公告2027年第40号的施行日期由2027年4月1日调整为2027年3月20日。", "2027-04-01", "2027-03-20"),
        (HEAD, "商务部 海关总署公告2027年第40号中“暂停实施至2028年2月28日”更正为“暂停实施至2028年11月10日”。", "2028-02-28", "2028-11-10"),
        ("MOFCOM Announcement No. 56 of 2027 Correcting Announcement No. 40 of 2027",
         "In Announcement No. 40 of 2027, “effective April 1, 2027” should read “effective May 10, 2027”.", "2027-04-01", "2027-05-10"),
    ],
)  # fmt: skip
def test_a_date_that_is_moved_is_read_with_the_old_day_and_the_new_one(
    title: str, sentence: str, old: str, new: str
) -> None:
    lexicon = load_lexicon()
    notice = read_notice(
        Document(url="https://a.example/1", title=title, text=f"{sentence}\n{FOOT}"), lexicon
    )
    ((relation, move),) = list_moves(notice, lexicon)
    assert notice.is_change
    assert (relation.verb, str(move.old), str(move.new)) == (Verb.AMENDS, old, new)
    assert choose_measure(notice, lexicon) == "moved-day"


def test_a_suspension_that_is_prolonged_moves_no_date_of_the_notice() -> None:
    lexicon = load_lexicon()
    text = f"商务部公告2027年第40号的暂停实施期限由2027年4月1日延长至2028年4月1日。\n{FOOT}"
    title = "商务部公告2027年第53号 关于延长暂停实施期限的公告"
    notice = read_notice(Document(url="https://a.example/1", title=title, text=text), lexicon)
    assert list_moves(notice, lexicon) == ()
    assert {relation.verb for relation in notice.relations} == {Verb.EXTENDS}
