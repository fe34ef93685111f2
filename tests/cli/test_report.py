"""The weekly report on the command line."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest

from tests.cli.test_commands import Terminal, terminal

__all__ = ["terminal"]


def test_the_report_is_printed(terminal: Terminal) -> None:
    printed = terminal.types("report", "--week", "2026-W46")
    assert "Export controls: week 2026-W46" in printed
    assert "10 Nov 2026 · suspension ends" in printed
    assert "extension announced, no legal instrument yet" in printed


def test_the_report_is_written_as_a_pdf(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "week.pdf"
    terminal.types("report", "--week", "2026-W46", "--language", "zh", "--pdf", str(path))
    document = pypdfium2.PdfDocument(path)
    assert "出口管制周报：2026-W46" in document[0].get_textpage().get_text_range()
    document.close()


@pytest.mark.parametrize(
    ("words", "message"), [(("--week", "soon"), "2026-W48"), (("--language", "fr"), "use en or zh")]
)
def test_what_cannot_be_reported_is_refused(terminal: Terminal, words: tuple[str, ...], message: str) -> None:
    assert message in terminal.fails("report", *words)
