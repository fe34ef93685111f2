"""Write the font that stands in for every font missing from a PDF: the same box for each character."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src/controlwatch/data/fonts/boxes.ttf"
EM, ASCENT, DESCENT, SIDE = 1000, 880, -120, 50
CHARACTERS = range(0x20, 0xFFFE)  # of the basic plane


def build_font() -> bytes:
    """Return a TrueType font of less than a kilobyte: a map of all characters to one glyph."""
    made = FontBuilder(EM, isTTF=True)
    made.setupGlyphOrder([".notdef", "box"])
    made.setupCharacterMap({})
    many_to_one = CmapSubtable.newSubtable(13)
    many_to_one.platformID, many_to_one.platEncID, many_to_one.language = 3, 10, 0
    many_to_one.cmap = dict.fromkeys(CHARACTERS, "box")
    made.font["cmap"].tables = [many_to_one]
    made.setupGlyf({".notdef": _draw_box(), "box": _draw_box()})
    made.setupHorizontalMetrics({".notdef": (EM, SIDE), "box": (EM, SIDE)})
    made.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    made.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    made.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT, usWinAscent=ASCENT, usWinDescent=-DESCENT)
    made.setupPost(keepGlyphNames=False)
    made.font["head"].created = made.font["head"].modified = 0
    made.font.recalcTimestamp = False
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _draw_box() -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((SIDE, DESCENT))
    for corner in ((SIDE, ASCENT), (EM - SIDE, ASCENT), (EM - SIDE, DESCENT)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(build_font())
    sys.stdout.write(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size} bytes\n")
