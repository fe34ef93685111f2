"""Why something was concluded: the words marked in the text, and a row for each conclusion."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from rich.text import Text

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.cli.explain_view import (
    GROUND_STYLES,
    fold_lines,
    format_ranges,
    locate_grounds,
    mark_grounds,
    print_explanation,
)
from controlwatch.core.extraction.report.provenance import collect_meanings, list_grounds
from controlwatch.core.model import CodeFinding, Ground, Notice
from controlwatch.core.rendering.ground_text import describe_ground, name_ground
from controlwatch.core.rendering.rules_zh import RULES_ZH
from tests.cli.test_commands import TEXT, Terminal
from tests.extraction.making import announcement

if TYPE_CHECKING:
    from pathlib import Path

MEETING = """商务部召开外贸企业座谈会
3月2日，商务部召开座谈会，听取企业意见。与会人员就稳外贸进行了交流。
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def shown(text: str, *grounds: Ground) -> str:
    """The text with signs around its proofs and their rows behind."""
    return mark_grounds(text, locate_grounds(text, grounds), signs=True).plain


def said(quote: str, about: str = "effective", rule: str = "date.stated") -> Ground:
    return Ground(about=about, value="x", rule=rule, quote=quote)


def explained(text: str, notice: Notice, *, colours: bool = False, full: bool = False) -> str:
    file = io.StringIO()
    system = "standard" if colours else None
    console = Console(file=file, width=160, force_terminal=colours, color_system=system)  # type: ignore[arg-type]
    print_explanation(console, text, notice, load_lexicon(), full=full)
    return file.getvalue()


# --------------------------------------------------------------------------- words are found back


@pytest.mark.parametrize(
    "text", ["自4月1日起 施行。", "自4月1日起\u3000施行。", "自4月1日\n起施行。", "自 4 月 1 日起\t施行。"]
)
def test_words_are_found_whatever_the_white_space_between_them(text: str) -> None:
    assert shown(f"甲。{text}乙。", said("自4月1日起 施行。")) == f"甲。⟦{text}⟧[1]乙。"


def test_words_within_words_are_marked_both() -> None:
    assert shown("商务部公告2026年第40号 关于镓的公告", said("商务部公告2026年第40号 关于镓的公告"), said("商务部公告2026年第40号")) == (
        "⟦商务部公告2026年第40号[2] 关于镓的公告⟧[1]"
    )  # fmt: skip


def test_words_that_overlap_are_one_stretch_with_two_ends() -> None:
    assert shown("甲乙丙丁", said("甲乙丙"), said("乙丙丁")) == "⟦甲乙丙[1]丁⟧[2]"


def test_of_overlapping_words_the_shortest_keep_their_own_colour() -> None:
    drawn = mark_grounds(
        "甲乙丙", locate_grounds("甲乙丙", [said("乙", "code"), said("甲乙丙", "kind")]), signs=False
    )
    assert [span.style for span in drawn.spans if drawn.plain[span.start : span.end].startswith("乙")][
        -1
    ] == ("black on bright_cyan")


def test_sentences_side_by_side_stay_apart() -> None:
    assert shown("甲。乙。", said("甲。"), said("乙。")) == "⟦甲。⟧[1]⟦乙。⟧[2]"


def test_the_day_of_a_signature_is_the_last_one() -> None:
    signed = said("3月2日", "published", "published.signature")
    assert shown("3月2日开会。\n3月2日", signed) == "3月2日开会。\n⟦3月2日⟧[1]"


def test_words_that_are_not_in_the_text_mark_nothing() -> None:
    assert shown("甲乙丙", said("附件里的字"), said("")) == "甲乙丙"


def test_many_rows_of_one_sentence_are_written_by_their_ends() -> None:
    assert format_ranges([3]) == "3"
    assert format_ranges([1, 3, 4, 5, 9]) == "1,3–5,9"


# --------------------------------------------------------------------------- long documents


def test_lines_that_prove_nothing_are_folded_and_counted() -> None:
    idle = [Text("x")] * 14
    proving = Text("y", spans=[])
    proving.stylize("bold")
    kept = [line.plain for line in fold_lines([*idle, proving, Text("x"), Text(""), *idle])]
    assert kept == ["… 14 lines …", "y", "… 15 lines …"]


def test_a_line_or_two_are_not_worth_folding() -> None:
    assert [line.plain for line in fold_lines([Text("x"), Text("x")])] == ["x", "x"]


def test_a_long_document_is_folded_unless_all_of_it_is_asked_for(terminal: Terminal) -> None:
    path = terminal.file("n.txt", TEXT.replace("根据", "说明文字。\n" * 70 + "根据"))
    assert "… 7" in terminal.types("read", path, "--explain", "--no-register")
    whole = terminal.types("read", path, "--explain", "--full", "--no-register")
    assert (whole.count("说明文字。"), "lines …" in whole) == (70, False)
    assert "add --explain" in terminal.fails("read", path, "--full")


# --------------------------------------------------------------------------- what is printed


def test_every_conclusion_is_a_row_with_its_rule_in_plain_words(terminal: Terminal) -> None:
    output = terminal.types("read", terminal.file("n.txt", TEXT), "--explain", "--no-register")
    rows = [line for line in output.splitlines() if re.match(r"\d+ +│", line)]
    assert any(
        "effective" in row and "2026-04-01" in row and "A day is stated from which" in row for row in rows
    )
    assert any("code" in row and "8112929010" in row for row in rows)
    assert "(date.stated)" in output
    assert "⟦本公告自2026年4月1日起正式实施。⟧" in output


def test_what_is_no_change_says_why(terminal: Terminal) -> None:
    output = terminal.types("read", terminal.file("m.txt", MEETING), "--explain", "--no-register")
    because = re.search(r"change of the rules +│ no +│ (.+?) +│ —", output)
    assert because
    evidence = json.loads(
        terminal.types("read", str(terminal.folder / "m.txt"), "--explain", "--json", "--no-register")
    )["evidence"]
    (change,) = (ground for ground in evidence if ground["about"] == "is_change")
    assert change["value"] == "false"
    assert because[1] in f"{change['means']} ({change['rule']})"


def test_what_is_no_document_says_what_it_is_instead(terminal: Terminal) -> None:
    wall = terminal.file("c.html", "<html><script>$_ts=window['$_ts'];</script><body></body></html>")
    output = terminal.types("read", wall, "--explain", "--no-register")
    assert "kind.challenge" in output
    assert "doubt: " in output


def test_the_evidence_is_added_to_the_object_and_takes_nothing_from_it(terminal: Terminal) -> None:
    path = terminal.file("n.txt", TEXT)
    plain = json.loads(terminal.types("read", path, "--json", "--no-register"))
    for how in ("--json", "--jsonl"):
        full = json.loads(terminal.types("read", path, how, "--explain", "--no-register"))
        evidence = full.pop("evidence")
        assert full == plain | ({"path": path} if how == "--jsonl" else {})
        assert {tuple(ground) for ground in evidence} == {("about", "value", "rule", "means", "quote")}
        assert {ground["about"] for ground in evidence} >= {
            "kind",
            "number",
            "is_change",
            "effective",
            "code",
        }


def test_what_is_stored_explains_itself_as_well(terminal: Terminal) -> None:
    terminal.types("intake", terminal.file("n.txt", TEXT))
    output = terminal.types("show", "2026-40", "--explain")
    assert "⟦本公告自2026年4月1日起正式实施。⟧" in output
    assert "date.stated" in output
    stored = json.loads(terminal.types("show", "2026-40", "--explain", "--json"))
    assert [ground["value"] for ground in stored["evidence"] if ground["about"] == "effective"] == [
        "2026-04-01"
    ]


def test_a_reading_of_an_older_version_that_names_no_rules_is_shown_all_the_same() -> None:
    notice = Notice(title="公告", language="zh-Hans", hs_codes=(CodeFinding(code="8112929010", quote="镓"),))
    assert "not recorded" in explained("公告\n镓", notice)


# --------------------------------------------------------------------------- for a Chinese reader


def test_a_chinese_reader_is_given_every_reason_in_chinese(terminal: Terminal) -> None:
    path = terminal.file("n.txt", TEXT)
    output = terminal.types("read", path, "--explain", "--no-register", "--language", "zh")
    rows = [line for line in output.splitlines() if re.match(r"\d+ +│", line)]
    assert any("生效日期" in row and "2026年4月1日" in row and "写明施行日期" in row for row in rows)
    assert any("是否规则调整" in row and "│ 是 " in row for row in rows)
    assert output.startswith("标记⟦如此⟧[n]：")
    terminal.types("intake", path)
    assert "写明施行日期 (date.stated)" in terminal.types("show", "2026-40", "--explain", "--language", "zh")


def test_every_rule_has_its_meaning_in_chinese() -> None:
    assert set(RULES_ZH) == set(collect_meanings(load_lexicon()))


@pytest.mark.parametrize(
    ("about", "value", "told"),
    [
        ("kind", "announcement", "公告"),
        ("kind", "challenge", "访问验证页"),
        ("direction", "suspend", "暂停"),
        ("number", "MOFCOM-GACC 2026-40", "商务部、海关总署公告2026年第40号"),
        ("effective", "not-stated", "未载明"),
        ("effective", "2026-04-01 → 2027-03-31", "2026年4月1日 → 2027年3月31日"),
        ("relation", "suspends MOFCOM 2025-61 第二条", "暂停 商务部公告2025年第61号 第二条"),
        ("deadline", "comments-close 2026-05-01", "意见截止2026年5月1日"),
        ("of a newer version", "value", "value"),
    ],
)
def test_values_are_told_in_the_words_of_a_chinese_reader(about: str, value: str, told: str) -> None:
    ground = Ground(about=about, value=value, rule="of.a-newer-version", quote="")
    found = describe_ground(ground, load_lexicon(), "zh")
    assert (found.value, found.reason) == (told, "")


def test_a_language_is_refused_where_nothing_is_explained(terminal: Terminal) -> None:
    path = terminal.file("n.txt", TEXT)
    assert "--explain" in terminal.fails("read", path, "--language", "zh")
    assert "JSON" in terminal.fails("read", path, "--explain", "--json", "--language", "zh")
    assert "use en or zh" in terminal.fails("read", path, "--explain", "--language", "de")


# --------------------------------------------------------------------------- whatever the net sends


@pytest.mark.parametrize(
    "attack", ["[bold red]镓[/]", "[link=https://evil.example]镓[/link]", ":smiley:", "[/]"]
)
@pytest.mark.parametrize("colours", [True, False])
def test_markup_of_a_text_is_printed_as_it_stands(attack: str, *, colours: bool) -> None:
    notice = announcement(f"决定对{attack}实施出口管制。本公告自2026年4月1日起施行。")
    printed = explained(f"{notice.title}\n决定对{attack}实施出口管制。", notice, colours=colours)
    assert attack in re.sub(r"\x1b\[[\d;]*m", "", printed)


def test_nothing_in_a_text_acts_on_the_terminal() -> None:
    body = "决定\x1b]0;owned\x07对镓\x1b[2J实施\u202e出口管制。\r本公告自2026年4月1日\x00起施行。"
    notice = announcement(body, title="商务部公告2026年第90号\x1b[31m 关于镓的公告")
    printed = explained(f"{notice.title}\n{body}", notice)
    assert not set(printed) & {"\x1b", "\x07", "\x00", "\r", "\u202e"}
    assert "本公告自2026年4月1日" in printed


def test_colours_replace_the_signs() -> None:
    notice = announcement("决定对镓实施出口管制。本公告自2026年4月1日起施行。")
    text = f"{notice.title}\n本公告自2026年4月1日起施行。"
    assert "⟦" in explained(text, notice)
    assert "⟦" not in explained(text, notice, colours=True)
    assert "\x1b[" in explained(text, notice, colours=True)


def test_every_kind_of_conclusion_has_a_marker_of_its_own_in_the_legend() -> None:
    notice = announcement(
        "决定对镓（参考海关商品编号：8112929010）实施出口管制。本公告自2026年4月1日起施行。"
    )
    grounds = list(list_grounds(notice))
    assert {ground.about for ground in grounds} <= set(GROUND_STYLES)
    assert len(set(GROUND_STYLES.values())) == len(GROUND_STYLES)
    text = f"{notice.title}\n" + "\n".join(ground.quote for ground in grounds)
    legend = explained(text, notice).partition("\n\n")[0]
    assert [about for about in ("kind", "code") if name_ground(about, "en") not in legend] == []
