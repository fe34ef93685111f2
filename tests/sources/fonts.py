"""A TrueType font to embed: a box for each character, as wide as a real one. Readers then need no font of their own."""

from __future__ import annotations

import io
import zlib
from functools import cache

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

#: Units of the font, and widths of characters in them: ASCII is half as wide as Chinese.
EM, WIDE, NARROW = 1000, 1000, 500
ASCENT, DESCENT = 880, -120
FIRST_ASCII, LAST_ASCII = 0x20, 0x7E


def font_objects(characters: frozenset[str], first: int) -> list[bytes]:
    """Return a Type 0 font of these characters as PDF objects numbered from `first`.

    Its codes are the characters in UTF-16, as those of `UniGB-UCS2-H` are: the same text can be shown in either.
    """
    codes = sorted(map(ord, characters))
    body = build_font(tuple(codes))
    glyphs = bytearray(2 * 0x10000)
    for glyph, code in enumerate(codes, start=1):
        glyphs[2 * code : 2 * code + 2] = glyph.to_bytes(2, "big")
    descendant, descriptor, program, mapping, unicode = range(first + 1, first + 6)
    return [
        f"<< /Type /Font /Subtype /Type0 /BaseFont /ABCDEF+Boxes /Encoding /Identity-H"
        f" /DescendantFonts [{descendant} 0 R] /ToUnicode {unicode} 0 R >>".encode(),
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /ABCDEF+Boxes"
        f" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        f" /FontDescriptor {descriptor} 0 R /CIDToGIDMap {mapping} 0 R /DW {WIDE}"
        f" /W [{FIRST_ASCII} {LAST_ASCII} {NARROW}] >>".encode(),
        f"<< /Type /FontDescriptor /FontName /ABCDEF+Boxes /Flags 4 /FontBBox [0 {DESCENT} {EM} {ASCENT}]"
        f" /ItalicAngle 0 /Ascent {ASCENT} /Descent {DESCENT} /CapHeight {ASCENT} /StemV 93"
        f" /FontFile2 {program} 0 R >>".encode(),
        _stream(body, more=f"/Length1 {len(body)}"),
        _stream(bytes(glyphs)),
        _stream(_to_unicode(codes)),
    ]


@cache
def build_font(codes: tuple[int, ...]) -> bytes:
    """Return a TrueType font with a box for each code."""
    names = [".notdef", *(f"u{code:04X}" for code in codes)]
    widths = [WIDE, *(NARROW if FIRST_ASCII <= code <= LAST_ASCII else WIDE for code in codes)]
    made = FontBuilder(EM, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({code: f"u{code:04X}" for code in codes})
    made.setupGlyf({name: _box(width) for name, width in zip(names, widths, strict=True)})
    made.setupHorizontalMetrics({name: (width, 50) for name, width in zip(names, widths, strict=True)})
    made.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    made.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    made.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT, usWinAscent=ASCENT, usWinDescent=-DESCENT)
    made.setupPost()
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _box(width: int) -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((50, DESCENT + 40))
    for corner in ((50, ASCENT - 40), (width - 50, ASCENT - 40), (width - 50, DESCENT + 40)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def _to_unicode(codes: list[int]) -> bytes:
    """Every code is its own character."""
    blocks = [codes[start : start + 100] for start in range(0, len(codes), 100)]
    mapped = "".join(
        f"{len(block)} beginbfchar\n{' '.join(f'<{code:04X}> <{code:04X}>' for code in block)}\nendbfchar\n"
        for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{mapped}endcmap\n"
        "CMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()


def _stream(body: bytes, *, more: str = "") -> bytes:
    packed = zlib.compress(body)
    return (
        f"<< /Length {len(packed)} /Filter /FlateDecode {more} >>\nstream\n".encode()
        + packed
        + b"\nendstream"
    )
