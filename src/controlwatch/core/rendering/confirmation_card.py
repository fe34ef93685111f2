"""The cards that ask the owner of an address: whether to send alerts there, or to go on sending them."""

from __future__ import annotations

from datetime import UTC, datetime

from controlwatch.core.alerting.ended_subscriptions import ENDED_TITLE
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.reason_text import name_criteria
from controlwatch.core.rendering.wording import find_word, list_languages, pick_language


def build_confirmation_card(
    alert: Alert, subscription: Subscription, links: SignedLinks, lexicon: Lexicon, *, now: datetime
) -> Card:
    """Return the card of a confirmation, with a link that this reader may follow. Its body names who asked.

    Raises ValueError without a public address.
    """
    language, today = subscription.language, now.astimezone(UTC).date()
    has_ended = alert.title == ENDED_TITLE
    build_url = links.build_resubscribe_url if has_ended else links.build_confirm_url
    link = build_url(subscription.id, on=today)
    if not link:
        raise ValueError("confirming needs CONTROLWATCH_PUBLIC_URL")
    target, rate = subscription.target, subscription.rate
    contexts = {
        name: CardContext(lexicon=lexicon, language=name, today=today) for name in list_languages("both")
    }
    what = {name: name_criteria(subscription, context) for name, context in contexts.items()}
    who = to_one_line(alert.body, 100)
    sentences = {
        "en": (
            f"{who} asked controlwatch to send alerts to {target}: {what['en']}, {find_word(rate, 'en')}.",
            "If you want them, follow the link and confirm. If you do nothing, you get no further mail.",
        ),
        "zh": (
            f"{who} 请求 controlwatch 向 {target} 发送提醒：{what['zh']}，{find_word(rate, 'zh')}。",
            "如需接收，请打开下方链接确认。如不予理会，您不会再收到邮件。",
        ),
    }
    ended = {
        "en": (
            f"Somebody with a mail of controlwatch has ended the alerts to {target}: {what['en']}.",
            "If that was a mistake, follow the link within 30 days to continue. If not, do nothing.",
        ),
        "zh": (
            f"有人通过 controlwatch 邮件中的链接退订了发往 {target} 的提醒：{what['zh']}。",
            "如系误操作，请在30日内打开下方链接恢复。如确需退订，无须理会。",
        ),
    }
    heading = ("alerts to you have ended", "提醒已退订") if has_ended else HEADING
    chosen = ended if has_ended else sentences
    return Card(
        tone="neutral",
        badge=find_word("ended" if has_ended else "confirmation", language),
        heading=pick_language(*heading, language),
        title="",
        summary=tuple(sentence for name in list_languages(language) for sentence in chosen[name]),
        url=link,
        language=language,
        labels=("", "", "", find_word("continue" if has_ended else "confirm", language)),
    )


HEADING = ("alerts about China's export controls", "中国出口管制提醒")
