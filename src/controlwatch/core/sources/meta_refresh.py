"""Find where a page that is only a stop on the way sends its visitors: `<meta http-equiv="refresh">`."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from controlwatch.core.model import Snapshot
from controlwatch.core.model.addresses import resolve_link
from controlwatch.core.sources.decoding import decode_body, find_query_encoding
from controlwatch.core.sources.html_text import find_base
from controlwatch.core.sources.plausibility import detect_challenge

#: Longer pages are more than a stop on the way.
MAX_STOP_BYTES = 32_768
#: A page that waits for longer is meant to be read.
MAX_DELAY = 10

#: 0;url=/notices/ · 1; URL='list.html'
_CONTENT = re.compile(
    r"\s*(\d{1,5})(?:\.\d*)?(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?([\"']?)(.+)", re.IGNORECASE | re.DOTALL
)


def find_meta_refresh(snapshot: Snapshot) -> str | None:
    """Return the address that a short page sends its visitors to at once, or within seconds; else None.

    A bot challenge is not followed: it is reported.
    """
    body = snapshot.body
    if not 200 <= snapshot.status < 300 or len(body) > MAX_STOP_BYTES or b"refresh" not in body.lower():
        return None
    decoded = decode_body(body, header=snapshot.get_header("content-type"))
    if detect_challenge(decoded.text):
        return None
    tree = LexborHTMLParser(decoded.text)
    tree.strip_tags(["noscript", "template"])
    for node in tree.css("meta[http-equiv]"):
        match = _CONTENT.fullmatch(node.attributes.get("content") or "")
        is_refresh = (node.attributes.get("http-equiv") or "").strip().lower() == "refresh"
        if not is_refresh or match is None or int(match[1]) > MAX_DELAY:
            continue
        link = match[3].partition(match[2])[0] if match[2] else match[3]
        base = find_base(tree, snapshot.final_url)
        return resolve_link(link, base=base, encoding=find_query_encoding(decoded.encoding))
    return None
