"""When two addresses are one page, and which hosts may be contacted."""

from __future__ import annotations

import pytest

from controlwatch.core.model.addresses import canonicalize_url, is_allowed_url


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://www.mofcom.gov.cn/a/art_1.html", "https://www.mofcom.gov.cn/a/art_1.html"),
        ("https://www.mofcom.gov.cn:443/a/", "https://WWW.MOFCOM.gov.cn/a/index.html"),
        ("https://a.example/x?utm_source=mail&id=3", "https://a.example/x?id=3"),
        ("https://a.example/x?b=2&a=1", "https://a.example/x?a=1&b=2"),
        ("https://a.example/%E5%85%AC%E5%91%8A.html", "https://a.example/公告.html"),
        ("https://a.example//x///y", "https://a.example/x/y#top"),
    ],
)
def test_one_page_under_two_spellings(one: str, other: str) -> None:
    assert canonicalize_url(one) == canonicalize_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x?id=1", "https://a.example/x?id=2"),
        ("https://a.example/x", "https://b.example/x"),
        ("https://a.example:8080/x", "https://a.example/x"),
        ("https://a.example/X", "https://a.example/x"),
    ],
)
def test_two_pages_stay_two(one: str, other: str) -> None:
    assert canonicalize_url(one) != canonicalize_url(other)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://gss.mof.gov.cn/x", True),
        ("http://mof.gov.cn/x", True),
        ("https://evilmof.gov.cn/x", False),
        ("https://mof.gov.cn.evil.example/x", False),
        ("ftp://gss.mof.gov.cn/x", False),
        ("file:///etc/passwd", False),
        ("https://user:pass@gss.mof.gov.cn/x", False),
        ("//gss.mof.gov.cn/x", False),
        ("https://gss.mof.gov.cn:443/x", True),
        ("http://gss.mof.gov.cn:22/x", False),
        ("http://gss.mof.gov.cn:99999/x", False),
        ("http://[x", False),
    ],
)
def test_only_declared_hosts_over_http_are_followed(url: str, expected: bool) -> None:
    assert is_allowed_url(url, ["*.mof.gov.cn"]) is expected


def test_another_port_must_be_declared_by_name() -> None:
    assert is_allowed_url("http://ministry.example:8080/x", ["ministry.example:8080"])
    assert not is_allowed_url("http://ministry.example/x", ["ministry.example:8080"])
    assert not is_allowed_url("http://ministry.example:8080/x", ["ministry.example"])
