"""Explains a reading: the document with its proving words marked, and a table of the conclusions.

Markup and control characters in the document are not interpreted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from rich.console import Console
from rich.table import Table
from rich.text import Text

from controlwatch.core.extraction.report.provenance import list_grounds
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Ground, Notice
from controlwatch.core.model.account import PageLanguage
from controlwatch.core.model.text_safety import strip_hidden, to_one_line
from controlwatch.core.rendering.ground_text import describe_ground, name_ground
from controlwatch.core.rendering.sentences_zh import translate_sentence
from controlwatch.core.rendering.wording import pick_language

#: What a conclusion is about, as the JSON contract names it → its style. Where the same words prove several
#: conclusions, the style of the last one shows.
GROUND_STYLES = {
    "kind": "black on white",
    "number": "white on blue",
    "published": "black on bright_blue",
    "category": "black on cyan",
    "code": "black on bright_cyan",
    "caveat": "black on yellow",
    "relation": "white on magenta",
    "is_change": "black on bright_red",
    "direction": "white on red",
    "deadline": "black on bright_green",
    "effective": "black on green",
    "review": "black on bright_yellow",
}
STYLE_RANKS = {about: rank for rank, about in enumerate(GROUND_STYLES)}
DIM = "bright_black"
#: Longer texts are folded.
LONG_LINES, LONG_CHARACTERS = 60, 3_000
#: Runs of up to this number of lines are not folded.
MAX_UNFOLDED_LINES = 2
MAX_QUOTE = 120
#: Width of a table that is not printed to a terminal.
TABLE_WIDTH = 160
SIGNATURE_RULE = "published.signature"


@dataclass(frozen=True, slots=True)
class GroundSpan:
    """A conclusion, and the place of its words in the text; both ends are equal where it has none."""

    row: int
    ground: Ground
    start: int = 0
    end: int = 0


def print_explanation(
    console: Console,
    text: str,
    notice: Notice,
    lexicon: Lexicon,
    *,
    full: bool = False,
    language: PageLanguage = "en",
) -> None:
    """Print a text with its proving words marked, then each conclusion with its rule and its words."""
    text = strip_hidden(text)
    proofs = locate_grounds(text, list_grounds(notice))
    coloured = console.color_system is not None and not console.no_color
    lines: Iterable[Text] = mark_grounds(text, proofs, signs=not coloured).split("\n", allow_blank=True)
    if not full and is_long_text(text):
        lines = fold_lines(lines, language)
    console.print(_build_legend(proofs, language, coloured=coloured))
    for line in lines:
        console.print(line, soft_wrap=not console.is_terminal)
    console.print()
    width = None if console.is_terminal else max(console.width, TABLE_WIDTH)
    console.print(_build_table(proofs, lexicon, language, width=width), crop=False)
    for doubt in notice.doubts:
        words = pick_language(f"doubt: {doubt}", f"待核实：{translate_sentence(doubt)}", language)
        console.print(Text(to_one_line(words, 400), style="yellow"))


def locate_grounds(text: str, grounds: Iterable[Ground]) -> tuple[GroundSpan, ...]:
    """Return the place of each conclusion in the text, whatever its white space; rows count from 1."""
    places = [place for place, sign in enumerate(text) if not sign.isspace()]
    bare = "".join(text[place] for place in places)
    spans = []
    for row, ground in enumerate(grounds, 1):
        words = "".join(strip_hidden(ground.quote).split())
        # The date of the signature may also occur in the text; the last occurrence is meant.
        at = bare.rfind(words) if ground.rule == SIGNATURE_RULE else bare.find(words)
        if not words or at < 0:
            spans.append(GroundSpan(row, ground))
        else:
            spans.append(GroundSpan(row, ground, places[at], places[at + len(words) - 1] + 1))
    return tuple(spans)


def mark_grounds(text: str, proofs: Iterable[GroundSpan], *, signs: bool) -> Text:
    """Return the text with its proofs marked, each followed by its row; signs mark them without colour."""
    found = [proof for proof in proofs if proof.start < proof.end]
    drawn = Text(text)
    # Of overlapping words the shortest are drawn last, so that all remain visible.
    for proof in sorted(
        found, key=lambda proof: (proof.start - proof.end, STYLE_RANKS.get(proof.ground.about, -1))
    ):
        drawn.stylize(_find_style(proof.ground.about), proof.start, proof.end)
    notes = _build_notes(found, signs=signs)
    cuts = sorted(notes)
    result = Text()
    for piece, cut in zip(drawn.divide(cuts), [*cuts, None], strict=True):
        result.append_text(piece)
        if cut is not None:
            result.append(notes[cut], style="bold")
    return result


def _build_notes(found: Sequence[GroundSpan], *, signs: bool) -> dict[int, str]:
    """Return the notes to insert into the text, by place: row numbers, and signs around the words."""
    rows: dict[int, list[int]] = defaultdict(list)
    for proof in found:
        rows[proof.end].append(proof.row)
    notes = {end: f"[{format_ranges(numbers)}]" for end, numbers in rows.items()}
    if signs:
        stretches = list(_merge_spans(found))
        for _, end in stretches:
            notes[end] = "⟧" + notes[end]
        for start, _ in stretches:
            notes[start] = notes.get(start, "") + "⟦"
    return notes


def _merge_spans(found: Iterable[GroundSpan]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the spans, those that overlap joined."""
    first = last = 0
    for proof in sorted(found, key=lambda proof: proof.start):
        if proof.start >= last:
            if first < last:
                yield first, last
            first = proof.start
        last = max(last, proof.end)
    if first < last:
        yield first, last


def format_ranges(numbers: Sequence[int]) -> str:
    """Format ascending numbers, with runs as ranges.

    >>> format_ranges([1, 3, 4, 5])
    '1,3–5'
    """
    breaks = [n for n, (one, other) in enumerate(pairwise(numbers), 1) if other != one + 1]
    runs = [numbers[start:end] for start, end in pairwise([0, *breaks, len(numbers)])]
    return ",".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def is_long_text(text: str) -> bool:
    """Return whether a text is shown in full only on request."""
    return len(text) > LONG_CHARACTERS or text.count("\n") >= LONG_LINES


def fold_lines(lines: Iterable[Text], language: PageLanguage = "en") -> Iterator[Text]:
    """Replace the lines that prove nothing by their number."""
    for proves, group in groupby(lines, key=lambda line: bool(line.spans)):
        run = list(group)
        count = sum(bool(line.plain.strip()) for line in run)
        if proves or count <= MAX_UNFOLDED_LINES:
            yield from run
        else:
            yield Text(pick_language(f"… {count} lines …", f"… {count} 行 …", language), style=DIM)


def _find_style(about: str) -> str:
    return GROUND_STYLES.get(about, "reverse")


def _build_legend(proofs: Iterable[GroundSpan], language: PageLanguage, *, coloured: bool) -> Text:
    sign = "" if coloured else pick_language(" ⟦like this⟧[n]", "⟦如此⟧[n]", language)
    legend = Text(pick_language(f"Marked{sign}: ", f"标记{sign}：", language))
    found = dict.fromkeys(proof.ground.about for proof in proofs if proof.end)
    for about in found:
        legend.append(f" {name_ground(about, language)} ", style=_find_style(about))
        legend.append(" ")
    if not found:
        legend.append(pick_language("nothing ", "无 ", language))
    return legend.append(pick_language("· [n] is the row below\n", "· [n] 为下表行号\n", language), style=DIM)


def _build_table(
    proofs: Iterable[GroundSpan], lexicon: Lexicon, language: PageLanguage, *, width: int | None
) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=False, width=width)
    for column in ("#", pick_language("Conclusion", "结论", language)):
        table.add_column(column, no_wrap=True)
    columns = (("Value", "内容", 2), ("Because", "理由", 4), ("From the words", "原文", 5))
    for english, chinese, ratio in columns:
        table.add_column(pick_language(english, chinese, language), overflow="fold", ratio=ratio)
    before = ""
    for proof in proofs:
        ground = proof.ground
        told = describe_ground(ground, lexicon, language)
        because = Text(to_one_line(told.reason))
        if ground.rule:
            because.append(f" ({to_one_line(ground.rule)})", style=DIM)
        else:  # readings of older versions do not name their rules
            because = Text(pick_language("not recorded", "未记录", language), style=DIM)
        # One sentence often proves several conclusions; it is printed at the first.
        repeated = ground.quote == before != ""
        quote = "〃" if repeated else to_one_line(told.quote, MAX_QUOTE) or "—"
        table.add_row(
            str(proof.row), Text(to_one_line(told.label)), Text(to_one_line(told.value)), because, Text(quote)
        )
        before = ground.quote
    return table
