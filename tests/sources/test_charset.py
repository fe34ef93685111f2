"""Bytes become the text that the author wrote, whatever the server says about them."""

from __future__ import annotations

import pytest

from controlwatch.core.sources.decoding import decode_body

TITLE = "关于对镓、锗相关物项实施出口管制的公告"
PAGE = f"<html><head><title>{TITLE}</title></head></html>"
META_GBK = f'<html><head><meta charset="gb2312"><title>{TITLE}</title></head></html>'
META_UTF8 = f'<html><head><meta charset="utf-8"><title>{TITLE}</title></head></html>'


@pytest.mark.parametrize(
    ("body", "header", "declared", "encoding"),
    [
        (META_GBK.encode("gbk"), None, None, "gb18030"),
        (META_GBK.encode("gbk"), "text/html; charset=utf-8", None, "gb18030"),
        (META_GBK.encode("gbk"), "text/html; charset=ISO-8859-1", None, "gb18030"),
        (PAGE.encode("gbk"), None, None, "gb18030"),
        (PAGE.encode("gbk"), "text/html;charset=GBK", None, "gb18030"),
        (PAGE.encode("gbk"), None, "gb18030", "gb18030"),
        (META_GBK.encode("utf-8"), None, None, "utf-8"),
        (META_GBK.encode("utf-8"), "text/html; charset=gbk", None, "utf-8"),
        (META_UTF8.encode("gbk"), None, None, "gb18030"),
        (PAGE.encode("utf-8"), None, None, "utf-8"),
        (PAGE.encode("utf-8"), "text/html; charset=iso-8859-1", None, "utf-8"),
        (PAGE.encode("utf-8"), "text/html; charset=no-such-thing", None, "utf-8"),
        (PAGE.encode("utf-8-sig"), "text/html; charset=gbk", None, "utf-8"),
        (PAGE.encode("utf-16"), None, None, "utf-16"),
        (PAGE.encode("big5", errors="ignore"), "text/html; charset=big5", None, "big5hkscs"),
    ],
)
def test_the_title_survives_wrong_and_missing_labels(
    body: bytes, header: str | None, declared: str | None, encoding: str
) -> None:
    decoded = decode_body(body, header=header, declared=declared)
    assert decoded.encoding == encoding
    assert decoded.replaced == 0
    if encoding != "big5hkscs":
        assert TITLE in decoded.text
        assert not decoded.text.startswith("\ufeff")


def test_characters_of_four_bytes_are_read_under_the_old_names() -> None:
    decoded = decode_body("负责人姓氏为䶮，用字𬭚".encode("gb18030"), header="text/html; charset=gb2312")
    assert decoded.text == "负责人姓氏为䶮，用字𬭚"


def test_a_truncated_page_loses_one_character_and_says_so() -> None:
    decoded = decode_body(META_GBK.encode("gbk") + "公告".encode("gbk")[:3])
    assert TITLE in decoded.text
    assert decoded.text.endswith("公\ufffd")
    assert (decoded.encoding, decoded.replaced) == ("gb18030", 1)


def test_the_encoding_that_loses_least_wins() -> None:
    damaged = PAGE.encode("utf-8") + b"\xff\xff" + TITLE.encode("utf-8")
    assert decode_body(damaged, header="text/html; charset=utf-8").text.count(TITLE) == 2


@pytest.mark.parametrize("name", ["utf-7", "unicode_escape", "idna", "hex", "rot13", "utf-16"])
def test_a_page_cannot_choose_a_codec_that_rewrites_it(name: str) -> None:
    body = f'<meta charset="{name}">+ADw-script+AD4- \\u003cscript'.encode()
    assert decode_body(body, header=f"text/html; charset={name}").text == body.decode()


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"\xff", bytes(range(256)), b"<meta charset=", b"\xef\xbb\xbf"]
)
def test_no_bytes_are_too_strange_to_read(body: bytes) -> None:
    assert isinstance(decode_body(body, header="charset=", declared="").text, str)
