"""The one mail that an address gets before its owner has confirmed: who asked, for what, and what if not."""

from __future__ import annotations

from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.subscription_text import describe_criteria
from controlwatch.core.rendering.wording import list_languages


def list_request_sentences(alert: Alert, subscription: Subscription) -> tuple[str, ...]:
    """Return the sentences of the request, in the language asked for. The alert's body says who asked."""
    who, what = to_one_line(alert.body, 100), describe_criteria(subscription)
    said = {
        "en": (
            f"{who} asked controlwatch to send alerts to {subscription.target}: {what}, {subscription.rate}.",
            "If you want them, follow the link and confirm. If you do nothing, you get no further mail.",
        ),
        "zh": (
            f"{who} 请求 controlwatch 向 {subscription.target} 发送提醒：{what}，{subscription.rate}。",
            "如需接收，请打开下方链接确认。如不予理会，您不会再收到邮件。",
        ),
    }
    return tuple(sentence for tongue in list_languages(subscription.language) for sentence in said[tongue])
