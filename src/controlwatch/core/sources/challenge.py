"""Recognise a bot challenge by what it says, because its status can be 200 as well as 412."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

_SCRIPTS = (
    (
        re.compile(r"\$_ts\s*=\s*window\s*\["),
        "a $_ts challenge script",
    ),  # $_ts=window['$_ts'];if(!$_ts)$_ts={};
    (re.compile(r"__jsl_clearance|__jsluid"), "a __jsl cookie script"),  # document.cookie='__jsl_clearance=1…
    (re.compile(r"acw_sc__v\d"), "an acw_sc cookie script"),  # setCookie("acw_sc__v2", x)
    (re.compile(r"_cf_chl_opt|/cdn-cgi/challenge-platform/"), "a browser check"),  # window._cf_chl_opt={…
)
_WORDS = (
    (re.compile(r"请开启\s*JavaScript\s*并刷新该页", re.IGNORECASE), "a request to switch JavaScript on"),
    (
        re.compile(r"(?:访问|请求|操作)[^。]{0,12}(?:被拦截|被阻断|已被WAF拦截)"),
        "a firewall's refusal",
    ),  # 您的访问请求被拦截
    (re.compile(r"请(?:完成|进行|通过)(?:安全|人机|滑动)验证"), "a human check"),  # 请完成安全验证后继续访问
)
_MARKUP = re.compile(r"<(?:script|html|body|noscript)\b", re.IGNORECASE)
_MAX_CHALLENGE_LENGTH = (
    300  #: characters a challenge may show; a notice, even one that mentions JavaScript, shows more
)


def detect_challenge(text: str) -> str | None:
    """Return what makes a page a challenge, or None for any other text.

    A page with more than a few lines to read is never one: a page saved from a real browser still
    carries the challenge script beside the notice.
    """
    if not _MARKUP.search(text):
        return None
    suspect = [reason for pattern, reason in (*_SCRIPTS, *_WORDS) if pattern.search(text)]
    if not suspect or len(_extract_visible_text(text)) > _MAX_CHALLENGE_LENGTH:
        return None
    return suspect[0]


def _extract_visible_text(text: str) -> str:
    tree = LexborHTMLParser(text)
    tree.strip_tags(["script", "style", "template"])
    return "".join(tree.body.text().split()) if tree.body else ""
