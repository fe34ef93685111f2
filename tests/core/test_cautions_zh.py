"""Every caution that an answer can carry has its Chinese."""

from __future__ import annotations

import re

import pytest

from controlwatch.core.rendering.cautions_zh import translate_caution

HAN = re.compile(r"[\u4e00-\u9fff]")
SENTENCES = (
    "no official source has been read: this answer rests on the reference database alone, which ends on 2027-01-09",
    "not watched now: MOFCOM notices (until 2027-02-03 11:40 Beijing time): what was published later is not in this answer",
    "not watched: Customs notices, which refuses automated access",
    "not read without a gap: A (never read); B (never read): for these the answer rests on the reference database, which ends on 2027-01-09",
    "listed, and not read yet: notices of A (3)",
    "known up to 2027-02-03: what will be issued later is not in this answer",
    "announced, not enacted: a joint statement (2027-02-01) says that it extends MOFCOM 2027-5 until 2027-12-31; no instrument is known",
    "announced, not enacted: a joint statement (2027-02-01) says that it repeals MOFCOM 2027-5; no instrument is known",
    "MOFCOM 2027-6 repeals MOFCOM 2027-5, and MOFCOM 2027-5 acts on MOFCOM 2027-6 in turn: both acts apply as written, a person must decide",
    "which of the dates of MOFCOM 2027-6 governs that it suspends MOFCOM 2027-5 is our inference",
    "MOFCOM 2027-6 was issued on 2027-03-01 and reaches back to 2027-01-01",
    "MOFCOM 2027-6 states no end of the suspension",
    "the day of issue of MOFCOM 2027-6 is not known; it counts from 2027-03-01, by which it was issued",
    "MOFCOM 2027-6 is a draft: it is not law",
    "MOFCOM 2027-6 explains or reports: it sets no rule of its own",
    "MOFCOM 2027-6 does not state when it takes effect; it counts from 2027-03-01, its day of issue",
    "The description of the item decides whether it is controlled, not the HS code: HS codes in the notices are for reference",
    "the code 8507 does not stand in MOFCOM 2027-6, as far as known here; they concern items that are declared under it",
    "expired or repealed by then, left out: MOFCOM 2027-6",
    "A name alone does not identify a party: compare address, owners and registration",
    "register: the reference database names control codes that this page as read does not: 3B901.b, 3C901.a and 3 more",
    "register: the reference database lists parties that this page as read does not: Sample Co",
    "register: by the reference database it amends MOFCOM 2027-5; this page as read does not",
    "register: suspends MOFCOM 2027-5: until 2027-03-01 by this page, 2027-04-01 by the reference database",
    "register: ends 2027-03-01 by this page, 2027-04-01 by the reference database",
    "register: names 3 of 5 parties of this listing; read the notice",
    "its list began on 2027-01-09",
    "needs review (controlwatch review 4), not counted here: 某公告: It has no number.",
    "Based on 3 of 4 official sources that could change it, read without a gap until 2027-02-03 11:40 Beijing time (oldest: MOFCOM notices).",
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_caution_has_its_chinese(sentence: str) -> None:
    chinese = translate_caution(sentence)
    assert HAN.search(chinese)
    assert not re.search(r"\b(the|is|are|of|on|until|read|known)\b", chinese), chinese


def test_what_has_no_chinese_stays() -> None:
    assert translate_caution("A sentence that nobody wrote.") == "A sentence that nobody wrote."


def test_values_stay_as_they_are() -> None:
    found = translate_caution(SENTENCES[6])
    assert "MOFCOM 2027-5" in found
    assert "2027年12月31日" in found
