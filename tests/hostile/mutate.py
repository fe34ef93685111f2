"""Make inputs hostile: damage them at random, or put into them what has hurt readers before."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from random import Random

#: No input is larger, so that a hang is a hang and no honest work.
LARGEST = 300_000

ENTITIES = (
    b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><l>&d;&d;&d;&d;</l>',
    b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>',
    b'<!DOCTYPE l [<!ENTITY % p SYSTEM "http://169.254.169.254/x"> %p;]><l/>',
)
#: Words that act somewhere: in markup, in chats, in headers, in spreadsheets, on terminals, in file names.
WORDS = tuple(
    word.encode("utf-8", "surrogatepass")
    for word in (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "javascript:alert(1)",
        "&lt;script&gt;",
        "<!channel>",
        "<@U0123>",
        "<https://evil.example|bank>",
        "@everyone",
        "[x](https://evil.example)",
        '=HYPERLINK("https://evil.example")',
        "+1+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "a\r\nBcc: all@corp.example\r\n\r\n",
        "\n--=_controlwatch\n",
        "\x1b[2J",
        "\x1b]8;;https://evil.example\x07",
        "\x00",
        "\x85",
        "\u2028",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\ud800",
        "\udfff",
        "\U000e0041",
        "../../etc/passwd",
        "C:\\x",
        "%00",
        "%0d%0a",
        "{{7*7}}",
        "${x}",
        "%s%n",
        "'; DROP TABLE notice; --",
        "http://[",
        "http://a:99999/",
        "//",
        "file:///etc/passwd",
        "data:text/html,x",
        "mailto:a@b.example",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?xml",
        "</html>",
        "<table><tr><td rowspan=0 colspan=99999999>",
        "<frameset>",
        "<svg><style>",
        "<noscript>",
        "<template>",
        "<plaintext>",
        "<textarea>",
        "<a href='",
        "9" * 5_000,
        "1e999",
        "NaN",
        "Infinity",
        "-0",
        "0x7f000001",
        "99999999999999999999",
        "²",
        "٣",
        "½",
        "公告2026年第1号",
        "自9999年12月31日起施行",
        "0000年0月0日",
        "商务部",
        "8112929010",
        "3A001.a.1",
        "除外",
    )
)
#: Bytes that make readers of files look elsewhere, for more, or for ever.
BYTES = (
    b"%PDF-1.7", b"/Kids [2 0 R 1 0 R]", b"/Parent 3 0 R", b"/Count 99999999", b"/Length 99999999", b"/Prev 0",
    b"<< /Filter [/FlateDecode /FlateDecode /FlateDecode] ", b"/Type /ObjStm /N 99999 /First 0 ", b"endobj", b"stream\r\n",
    b"/Rotate 45", b"/MediaBox [0 0 0 0]", b"/MediaBox [-1e38 -1e38 1e38 1e38]", b"xref\n0 99999999\n", b"trailer",
    b"/Encrypt << /V 9 /R 9 >>", b"BT /F1 1e9 Tf (x) Tj ET", b"0 0 m 1e30 1e30 l S ", b"/W [1 9 9]", b"(((((",
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"\xff" * 64,
    b"\x1f\x8b", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\x80", b"\x81\x30\x81", b"+ADw-script+AD4-", b"\x1b$B",
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"Content-Transfer-Encoding: uuencode\r\n",
    b"Content-Type: text/html; charset*0=x; charset*1*=''%ff\r\n", b"=?utf-8?B?////?=", b'<meta charset="utf-7">', *ENTITIES,
)  # fmt: skip
TOKENS = (*WORDS, *BYTES)
#: What nests, with what ends it.
NESTS: tuple[tuple[bytes, bytes], ...] = (
    (b"<div>", b"</div>"), (b"<table><tr><td>", b""), (b"<ul><li>", b""), (b"<b><i>", b""), (b"<a href=/x.html>", b""),
    (b"<article>", b"</article>"), (b"<span><p>", b""), (b"<svg>", b""), (b"[", b"]"), (b'{"a":', b"}"), (b"(", b")"), (b"<<", b">>"),
    ("《".encode(), "》".encode()), ("（".encode(), "）".encode()), (b"<item><title>", b""), (b"q ", b"Q "), (b"<x>", b"</x>"),
    (b"<w:tbl><w:tr><w:tc>", b"</w:tc></w:tr></w:tbl>"), (b"<w:p><w:r>", b"</w:r></w:p>"),
)  # fmt: skip


def place(random: Random, body: bytes) -> int:
    """Somewhere in a body, with its beginning and its end more often than by chance."""
    return random.choice((0, len(body), *(random.randint(0, len(body)) for _ in range(6))))


def flip(random: Random, body: bytes) -> bytes:
    made = bytearray(body)
    for _ in range(random.choice((1, 1, 2, 8, 64)) if made else 0):
        made[random.randrange(len(made))] ^= 1 << random.randrange(8)
    return bytes(made)


def cut(random: Random, body: bytes) -> bytes:
    return body[: place(random, body)]


def tear(random: Random, body: bytes) -> bytes:
    start = place(random, body)
    return body[:start] + body[start + random.choice((1, 4, 40, 400, 4_000)) :]


def put(random: Random, body: bytes) -> bytes:
    at = place(random, body)
    return body[:at] + random.choice(TOKENS) + body[at:]


def overwrite(random: Random, body: bytes) -> bytes:
    at, token = place(random, body), random.choice(TOKENS)
    return body[:at] + token + body[at + len(token) :]


def number(random: Random, body: bytes) -> bytes:
    """Change a number: sizes, counts, places and days are where readers trust."""
    digits = [at for at, byte in enumerate(body[:50_000]) if 48 <= byte <= 57]
    if not digits:
        return put(random, body)
    start = random.choice(digits)
    end = start
    while end < len(body) and 48 <= body[end] <= 57:
        end += 1
    chosen = random.choice(
        (b"0", b"-1", b"65535", b"4294967295", b"9" * 20, b"9" * 5_000, b"1e400", b"00000007")
    )
    return body[:start] + chosen + body[end:]


def repeat(random: Random, body: bytes) -> bytes:
    """Say a stretch of it again and again."""
    start = place(random, body)
    stretch = body[start : start + random.choice((1, 3, 12, 60, 400))] or b"\n"
    times = random.choice((2, 50, 3_000, LARGEST)) // len(stretch) + 1
    return body[:start] + stretch * times + body[start:]


def run(random: Random, body: bytes) -> bytes:
    """Say a word of the hostile many times."""
    at, token = place(random, body), b"".join(random.choices(TOKENS, k=random.choice((1, 1, 2))))
    times = random.choice((10, 1_000, 20_000, LARGEST // max(1, len(token))))
    return body[:at] + (token * times)[:LARGEST] + body[at:]


def nest(random: Random, body: bytes) -> bytes:
    opening, closing = random.choice(NESTS)
    deep = random.choice((3, 60, 1_100, 20_000))
    start, end = sorted((place(random, body), place(random, body)))
    return body[:start] + opening * deep + body[start:end] + closing * deep + body[end:]


MUTATORS: tuple[Callable[[Random, bytes], bytes], ...] = (
    flip, flip, cut, tear, put, put, put, overwrite, number, number, repeat, run, nest,
)  # fmt: skip


def splice(random: Random, body: bytes, others: Sequence[bytes]) -> bytes:
    other = random.choice(others)
    return body[: place(random, body)] + other[place(random, other) :]


def mutated(random: Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """Return a body after one to five changes; zips are opened first, as their own check would stop the rest."""
    if body.startswith(b"PK\x03\x04") and random.random() < 0.7:
        return rezipped(random, body, others)
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        if others and random.random() < 0.1:
            body = splice(random, body, others)
        else:
            body = random.choice(MUTATORS)(random, body)
        body = body[: 2 * LARGEST]
    return body


def rezipped(random: Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """Change what is in a zip: a member, a name, the claims of its directory, or how often it holds something."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return flip(random, body)
    for _ in range(random.choice((1, 1, 2))):
        at = random.randrange(len(members)) if members else 0
        name, held = members[at] if members else ("x", b"")
        what = random.random()
        if what < 0.7:
            held = random.choice(MUTATORS)(random, held)
        elif what < 0.8:
            name = random.choice(TOKENS)[:200].decode("utf-8", "replace").replace("\x00", "") or "x"
        elif what < 0.9 and others:
            held = random.choice(others)
        else:
            members.extend(members[at : at + 1] * random.choice((1, 60)))
        members[at : at + 1] = [(name, held[:LARGEST])]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in members:
            archive.writestr(zipfile.ZipInfo(name), held, zipfile.ZIP_DEFLATED)
    made = out.getvalue()
    return flip(random, made) if random.random() < 0.1 else made


def words(random: Random, texts: Sequence[str]) -> str:
    """Return a text of a field: something hostile, something read, or both."""
    token = random.choice(TOKENS).decode("utf-8", "replace")
    text = random.choice(texts)
    return random.choice(
        (token, token, text, token + text, text + token, token * random.choice((3, 300)), "")
    )[:LARGEST]
