"""A bot challenge is recognised by what it says; a notice about JavaScript is not one."""

from __future__ import annotations

import pytest

from controlwatch.core.sources.plausibility import detect_challenge

LONG = "<p>为维护国家安全和利益，对下列物项实施出口管制，未经许可不得出口。</p>" * 20


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script></head><body></body></html>",
        '<script r="m">\n$_ts = window["$_ts"]; $_ts.cd="x";</script>',
        "<script>document.cookie=('__jsl_clearance=1')+('2|');location.href=location.pathname</script>",
        "<html><body><noscript>请开启JavaScript并刷新该页.</noscript><script>go()</script></body></html>",
        "<html><body><h1>405</h1><p>很抱歉，您的访问请求被拦截。</p></body></html>",
        "<html><body>请完成安全验证后继续访问</body></html>",
        "<script>var arg1='A';setCookie('acw_sc__v2',x)</script>",
        "<html><body><script>window._cf_chl_opt={}</script>Just a moment</body></html>",
    ],
)
def test_a_challenge_is_named(page: str) -> None:
    assert detect_challenge(page)


@pytest.mark.parametrize(
    "page",
    [
        f"<html><body>{LONG}<p>如页面异常，请开启JavaScript并刷新该页。</p></body></html>",
        f"<html><head><script>$_ts=window['$_ts'];</script></head><body>{LONG}</body></html>",
        "<html><body><noscript>您的浏览器不支持 JavaScript</noscript><p>通知</p></body></html>",
        "第三条 网站可以要求访问者“请开启JavaScript并刷新该页”，不得拒绝访问。",
        '{"success":true,"code":"200","data":{"html":"<script>var a=1</script>"}}',
        "",
    ],
)
def test_a_notice_is_not_a_challenge(page: str) -> None:
    assert detect_challenge(page) is None
