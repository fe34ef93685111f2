"""A world with a second reader beside the rules: a real HTTP host, the real adapter and the real store."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from controlwatch.adapters.second_readers.chat_completions import ChatCompletionsReader
from controlwatch.adapters.second_readers.model_endpoint import ModelAddress
from controlwatch.services.second_opinions import SecondOpinions
from tests.second_opinion.making import to_json
from tests.services.world import Page, World
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from controlwatch.testing.model_host import ModelHost

TITLE = "商务部 海关总署公告2026年第2号 公布对镓相关物项实施出口管制的决定"
#: The rules find a date; nothing in them knows this repeal without the number of a year.
SAID = "本公告自2026年4月1日起正式实施"
#: A sentence with a day that the rules pass over, because it is about the past.
MORE = "此前，有关措施自2026年6月1日起施行。"
#: A text on which the rules are silent, though it orders something.
HINT_TITLE = "关于做好有关工作的提示"
ORDERS = "自2026年5月1日起，办理上述业务应当提前申请，未经许可不得办理"
HINT = Page(
    "/notices/art_70.html",
    HINT_TITLE,
    f"各有关企业：\n现将有关事项提示如下：{ORDERS}。\n办公室\n2026年3月2日",
)
FLOWERS = Page(
    "/notices/art_71.html", "菊花展开幕", "记者从市园林局获悉，今年的菊花展近日开幕。市民可以免费参观。"
)

Lists = dict[str, list[tuple[str, str]]]


def reader_of(host: ModelHost, *, model: str = "a-model", seconds: float = PATIENCE) -> ChatCompletionsReader:
    """The adapter for a host."""
    return ChatCompletionsReader(ModelAddress(url=host.chat_url, key=host.key, seconds=seconds), model)


def opinions_of(w: World, host: ModelHost, **changes: object) -> SecondOpinions:
    """What asks the host about the texts of the ministry."""
    opinions = SecondOpinions(
        reader=reader_of(host),
        records=w.store.opinions,
        lexicon=w.ingester.lexicon,
        sources=frozenset({"ministry"}),
        monthly_tokens=1_000_000,
    )
    return replace(opinions, **changes)  # type: ignore[arg-type]


def let_say(host: ModelHost, **lists: list[tuple[str, str]]) -> None:
    """Let the model of the host say this of every text."""
    host.say = lambda _text: json.loads(to_json(lists))
