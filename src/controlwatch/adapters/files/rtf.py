"""Parse RTF files, which old Word saves under the name .doc: text, rows of tables, powers, struck words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from controlwatch.adapters.files import ParsedFile, describe_left_out
from controlwatch.core.sources.decoding import decode_body
from controlwatch.core.sources.html_tables import format_rows
from controlwatch.core.sources.script_signs import to_subscript, to_superscript

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
#: Groups that are no text of the document; so is every group that begins with \*.
_DESTINATIONS = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "header", "headerl", "headerr", "headerf", "footer"}
    | {"footerl", "footerr", "footerf", "object", "objdata", "themedata", "datastore", "listtable", "fldinst"}
    | {"listoverridetable", "rsidtbl", "generator", "xmlnstbl", "latentstyles", "nonshppict", "mmathPr"}
)
_CHARACTERS = {
    "par": "\n",
    "line": "\n",
    "sect": "\n",
    "page": "\n",
    "row": "\x1e",
    "cell": "\x07",
    "nestcell": "\x07",
    "nestrow": "\x1e",
    "tab": " ",
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "emspace": " ",
    "enspace": " ",
}
_SYMBOLS = {b"~": " ", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n", b"\\": "\\", b"{": "{", b"}": "}"}
_MAX_DEPTH = 500


@dataclass(frozen=True, slots=True)
class _GroupState:
    is_skipped: bool = False
    is_struck: bool = False
    is_hidden: bool = False
    unicode_width: int = 1  # bytes that stand for each \u where a reader does not know it
    script: Callable[[str], str] | None = None


@dataclass(slots=True)
class _RtfReader:
    states: list[_GroupState] = field(default_factory=lambda: [_GroupState()])
    parts: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    waiting: bytearray = field(default_factory=bytearray)  # bytes of one character may be two tokens
    left_over: int = 0  # bytes to skip behind \u

    def flush(self) -> None:
        if self.waiting:
            self.add(decode_body(bytes(self.waiting), declared="gbk").text)
            self.waiting.clear()

    def add(self, text: str) -> None:
        state = self.states[-1]
        if state.is_skipped:
            return
        if text.strip() and (state.is_struck or state.is_hidden):
            (self.struck if state.is_struck else self.hidden).append(text)
        else:
            self.parts.append(state.script(text) if state.script is not None else text)

    def read_bytes(self, given: bytes) -> None:
        skipped = min(self.left_over, len(given))
        self.left_over -= skipped
        self.waiting += given[skipped:]

    def read_word(self, word: str, number: str) -> None:
        """Apply a control word; its number, if any, is 0 to switch it off."""
        state, is_on = self.states[-1], number != "0"
        match word:
            case "u":
                self.add(chr(int(number) % 0x10000) if number else "")
                self.left_over = state.unicode_width
            case "uc":
                state = replace(state, unicode_width=min(int(number or 1), 10))
            case "strike" | "striked" | "deleted":
                state = replace(state, is_struck=is_on)
            case "v":
                state = replace(state, is_hidden=is_on)
            case "super" | "up":
                state = replace(state, script=to_superscript if is_on else None)
            case "sub" | "dn":
                state = replace(state, script=to_subscript if is_on else None)
            case "nosupersub":
                state = replace(state, script=None)
            case "plain":
                state = replace(state, script=None, is_struck=False, is_hidden=False)
            case _ if word in _DESTINATIONS:
                state = replace(state, is_skipped=True)
            case _ if word in _CHARACTERS:
                self.add(_CHARACTERS[word])
        self.states[-1] = state


def read_rtf(body: bytes) -> ParsedFile:
    """Parse an RTF file; bytes outside ASCII are read as GBK, else as what they are."""
    reader = _RtfReader()
    for token in _TOKEN.finditer(body):
        code, word, number, symbol, brace, plain = token.groups()
        if code is not None:
            reader.read_bytes(bytes.fromhex(code.decode("ascii")))
            continue
        if plain is not None:
            reader.read_bytes(plain)
            continue
        reader.flush()
        if word is not None:
            reader.read_word(word.decode("ascii"), (number or b"").decode("ascii"))
        elif symbol == b"*":
            reader.states[-1] = replace(reader.states[-1], is_skipped=True)
        elif symbol is not None:
            reader.add(_SYMBOLS.get(symbol, ""))
        elif brace == b"{" and len(reader.states) < _MAX_DEPTH:
            reader.states.append(reader.states[-1])
        elif brace == b"}" and len(reader.states) > 1:
            reader.states.pop()
    reader.flush()
    text = "".join(reader.parts).encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    doubts = describe_left_out({"struck through": reader.struck, "hidden": reader.hidden}, "file")
    return ParsedFile("\n".join(_list_lines(text)), doubts)


def _list_lines(text: str) -> list[str]:
    lines: list[str] = []
    for block in re.split(r"\x1e", text):
        above, mark, row = block.rpartition("\n") if "\x07" not in block else _split_row(block)
        lines += [line.strip(" \u3000") for line in above.split("\n")]
        if "\x07" in row:
            lines.extend(format_rows([" ".join(cell.split()) for cell in row.split("\x07")[:-1]]))
        elif mark or row:
            lines.append(row.strip(" \u3000"))
    return [line for line in lines if line.strip()]


def _split_row(block: str) -> tuple[str, str, str]:
    """Return what stands above a row, and the row: a paragraph in its first cell is taken for one above."""
    first = block.find("\x07")
    above, mark, _ = block[:first].rpartition("\n")
    return above, mark, block[len(above) + len(mark) :]
