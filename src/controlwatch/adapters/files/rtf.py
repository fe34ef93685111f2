"""Parse RTF files, which old Word saves under the name .doc: text, rows of tables, powers, struck words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from controlwatch.adapters.files import ParsedFile, describe_left_out, describe_objects
from controlwatch.adapters.files.picture_text import PictureReader
from controlwatch.adapters.files.pictures import add_pictures
from controlwatch.core.sources.decoding import decode_body
from controlwatch.core.sources.html_tables import format_rows
from controlwatch.core.sources.script_signs import to_subscript, to_superscript

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
#: Groups that are no text of the document; so is every group that begins with \*.
_DESTINATIONS = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "upr", "header", "headerl", "headerr", "headerf", "footer"}
    | {"footerl", "footerr", "footerf", "object", "themedata", "datastore", "listtable", "fldinst"}
    | {"listoverridetable", "rsidtbl", "generator", "xmlnstbl", "latentstyles", "mmathPr"}
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
#: Groups that stand in one that is skipped, and are text: of a box, and the Unicode form of a text.
_INNER_TEXTS = frozenset({"shptxt", "ud"})
_MIN_PICTURE = (3_402, 1_701)  # 6 by 3 cm, in twips; less is a seal, a sign or an ornament
_MAX_DEPTH = 500


@dataclass(slots=True)
class _RtfPicture:
    """A picture with its size in twips, 0 where it is not given."""

    digits: bytearray = field(default_factory=bytearray)
    size: dict[str, int] = field(default_factory=dict)

    @property
    def is_large(self) -> bool:
        given = (self.size.get(name, 0) for name in ("picwgoal", "pichgoal"))
        return all(not size or size >= least for size, least in zip(given, _MIN_PICTURE, strict=True))

    def decode(self) -> bytes:
        """Return the picture, or nothing where its digits are damaged."""
        try:
            return bytes.fromhex(self.digits.decode("ascii"))
        except ValueError:
            return b""


@dataclass(frozen=True, slots=True)
class _GroupState:
    picture: _RtfPicture | None = None
    is_skipped: bool = False
    is_repeated: bool = False
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
    pictures: list[_RtfPicture] = field(default_factory=list)
    objects: int = 0  # files in the file
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
        if (picture := self.states[-1].picture) is not None:
            picture.digits += given
            return
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
            case _ if word in _INNER_TEXTS:
                state = replace(state, is_skipped=False)
            case _ if word in _DESTINATIONS:
                state = replace(state, is_skipped=True)
            case _ if word in _CHARACTERS:
                self.add(_CHARACTERS[word])
            case _:
                state = self._read_object_word(state, word, number)
        self.states[-1] = state

    def _read_object_word(self, state: _GroupState, word: str, number: str) -> _GroupState:
        """Return the state behind a word that begins or measures a picture, or begins a file in the file."""
        match word:
            case "pict":
                state = replace(state, is_skipped=True, picture=_RtfPicture())
                self.pictures += [state.picture] if state.picture and not state.is_repeated else []
            case "picwgoal" | "pichgoal" if state.picture is not None and number:
                state.picture.size[word] = int(number)
            case "nonshppict":
                state = replace(state, is_skipped=True, is_repeated=True)
            case "objdata":
                self.objects += 1
                state = replace(state, is_skipped=True)
        return state


def read_rtf(body: bytes, *, reader: PictureReader | None = None) -> ParsedFile:
    """Parse an RTF file; bytes outside ASCII are read as GBK, else as what they are.

    Pictures that are large enough to hold a table are recognised by a reader; without one they are a doubt.
    """
    content = _read_content(body)
    text = "".join(content.parts).encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    doubts = (
        *describe_left_out({"struck through": content.struck, "hidden": content.hidden}, "file"),
        *describe_objects(content.objects),
    )
    pictures = [picture.decode() for picture in content.pictures if picture.is_large]
    return add_pictures(ParsedFile("\n".join(_list_lines(text)), doubts), pictures, reader)


def _read_content(body: bytes) -> _RtfReader:
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
            reader.states[-1] = replace(reader.states[-1], is_skipped=True, picture=None)
        elif symbol is not None:
            reader.add(_SYMBOLS.get(symbol, ""))
        elif brace == b"{" and len(reader.states) < _MAX_DEPTH:
            reader.states.append(reader.states[-1])
        elif brace == b"}" and len(reader.states) > 1:
            reader.states.pop()
    reader.flush()
    return reader


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
