"""A document that the reader does not conclude on: a circular that names a control and decides nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controlwatch.services.settle_review import settle_review
from tests.services.world import Page, World

if TYPE_CHECKING:
    from datetime import datetime

    from controlwatch.core.law.answers import ReviewLine
    from controlwatch.core.model import Verdict
    from controlwatch.services.settle_review import Settlement

TITLE = "关于石墨出口管制工作的通知"
TEXT = (
    "各有关单位：\n为做好石墨出口管制工作，请各单位认真学习有关文件，提高认识，加强领导。\n"
    "各单位要结合工作实际，组织干部职工集中学习，交流体会，总结经验，做好宣传和服务，"
    "并及时报送学习情况和典型做法。\n商务部\n2026年3月2日"
)
CIRCULAR = Page("/notices/art_60.html", TITLE, TEXT)
#: The same address with words that do decide.
DECIDES = (
    "各有关单位：\n经批准，决定对石墨实施出口管制，自2026年4月1日起实施。未经许可不得出口。\n"
    "商务部\n2026年3月2日"
)
SAYS_NOTHING = "各有关单位：\n请各单位认真学习有关文件，提高认识，加强领导。\n商务部\n2026年3月2日"


def open_review(w: World) -> ReviewLine:
    """Return the one open review."""
    (line,) = w.store.reviews.list_reviews()
    return line


def settle(w: World, verdict: Verdict, *, note: str = "", at: datetime | None = None) -> Settlement:
    """Settle the one review, open or not, as a person does."""
    (line,) = w.store.reviews.list_reviews(settled=True)
    return settle_review(w.store.reviews, line.id, verdict=verdict, who="U0BOSS", note=note, now=at or w.now)
