"""Write a small PDF of Chinese text in a font that PDF readers supply, so none is embedded."""

from __future__ import annotations

from collections.abc import Iterable

_PER_PAGE = 40
_LEADING = 18  # points from line to line
_FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UCS2-H /Encoding /UniGB-UCS2-H"
    b" /DescendantFonts [4 0 R] >>",
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light"
    b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >>"
    b" /FontDescriptor 5 0 R /DW 1000 >>",
    b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
    b" /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
)


def pdf(lines: Iterable[str]) -> bytes:
    """Return a PDF of lines, forty on an A4 page. Characters beyond the BMP become '?'."""
    shown = tuple(lines)
    sheets = [shown[start : start + _PER_PAGE] for start in range(0, len(shown), _PER_PAGE)] or [()]
    pages = [6 + 2 * number for number in range(len(sheets))]  # object numbers; the content follows its page
    kids = " ".join(f"{page} 0 R" for page in pages)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        *_FONT,
    ]
    for page, sheet in zip(pages, sheets, strict=True):
        objects += [_page(page), _content(sheet)]
    return _file(objects)


def _page(number: int) -> bytes:
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number + 1} 0 R"
        " /Resources << /Font << /F1 3 0 R >> >> >>"
    ).encode()


def _content(lines: tuple[str, ...]) -> bytes:
    drawn = "".join(f"<{_hex(line)}> Tj 0 -{_LEADING} Td\n" for line in lines)
    stream = f"BT /F1 11 Tf 50 800 Td\n{drawn}ET".encode()
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)


def _hex(line: str) -> str:
    plane = "".join(character if ord(character) < 0x10000 else "?" for character in line)
    return plane.encode("utf-16-be", errors="replace").hex()


def _file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
