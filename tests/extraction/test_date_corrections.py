"""A correction of a date is read with the day that counts, and the sentence that says so."""

from __future__ import annotations

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Document, Verb

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
