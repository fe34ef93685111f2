"""Which notice a page is: a number, an address and equal words are hints, and nothing official is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controlwatch.testing.sites import Answer
from tests.services.world import HOST, Ministry, Page, World, other, tightening

pytestmark = pytest.mark.usefixtures("sound_chain")

OLD = Page("/notices/art_1.html", "关于做好日常工作的通知", "请各单位按照要求做好日常工作。" * 5)
RULE = Page(
    "/notices/art_40.html",
    "商务部公告2026年第940号 公布对镓相关物项实施出口管制的决定",
    tightening(940),
)
SUPPLEMENT = (
    "经批准，现就有关公告所列氧化镓的技术指标说明如下：纯度大于等于99.99%的氧化镓（参考海关商品编号：2825909001）"
    "应当申请许可，未经许可不得出口。\n本公告自2026年6月1日起施行。\n商务部\n2026年3月2日"
)
OTHER_WORDS = (
    "经研究，现将企业办理出口手续时需要提交的最终用户证明、合同副本和技术说明书的格式作统一安排，"
    "有关企业应当按照新格式填写，本公告自2026年6月1日起施行。\n商务部\n2026年3月2日"
)
ERROR = "<h1>很抱歉，您访问的页面不存在或已被删除</h1><p>系统将在五秒后自动跳转到首页。</p>"


def html(inner: str, *, title: str = "页面不存在") -> Answer:
    return Answer(
        body=f'<html><head><meta charset="utf-8"><title>{title}</title></head><body>{inner}</body></html>'.encode()
    )


def started(w: World, *pages: Page) -> World:
    w.ministry.publish(replace(OLD), *(replace(page) for page in pages))
    assert w.poll().outcome == "shelved"
    return w


def told(w: World) -> list[tuple[str, str]]:
    return [(alert.kind, alert.title) for alert in w.alerts() if not alert.kind.startswith("health")]


@pytest.fixture
def known(w: World) -> World:
    """A world in which announcement 940 was told."""
    started(w).ministry.publish(replace(RULE))
    w.poll()
    assert told(w) == [("new", RULE.title)]
    return w


@pytest.mark.parametrize(
    "behind",
    [
        "补充公告",
        "的修改决定",
        "延期实施的公告",
        "（更正）",
        "附件更正",
        "执行有关问题的通知",
        "、第941号有关事项的公告",
    ],
)
def test_a_follow_up_that_begins_with_the_number_of_a_notice_is_told(known: World, behind: str) -> None:
    title = f"商务部公告2026年第940号{behind}"
    known.ministry.publish(Page("/notices/art_41.html", title, SUPPLEMENT))
    known.poll()
    ((kind, shown),) = told(known)
    assert kind in {"new", "review"}
    assert shown == title


def test_a_known_number_with_other_words_is_told_with_the_doubt_and_does_not_replace_the_notice(
    known: World,
) -> None:
    again = Page("/notices/art_42.html", "商务部公告2026年第940号 关于氧化镓技术指标的公告", OTHER_WORDS)
    known.ministry.publish(again)
    known.poll()
    (alert,) = known.alerts()
    assert alert.kind in {"new", "review"}
    assert alert.notice is not None
    assert any("bears the number of MOFCOM 2026-940" in doubt for doubt in alert.notice.doubts)
    record = known.store.queries.find_record("MOFCOM 2026-940")
    assert record is not None
    assert record.notice.title == RULE.title
    known.poll(later=timedelta(days=1))
    assert told(known) == []


def test_the_authors_own_text_is_told_though_another_source_used_its_number_first(w: World) -> None:
    cabinet = Ministry(w.sites, host="https://cabinet.example")
    watcher = other("cabinet", cabinet.host, issuer="State Council")
    started(w)
    cabinet.publish(Page("/notices/x.html", "关于日常工作的消息", "有关单位召开了会议。" * 10))
    w.poll(watcher)
    cabinet.publish(
        Page(
            "/notices/y.html",
            RULE.title,
            "商务部今天发布公告，对镓相关物项实施出口管制。详见商务部网站。" * 2,
        )
    )
    w.poll(watcher)
    first = told(w)
    w.ministry.publish(replace(RULE))
    w.poll()
    assert told(w) == [("new", RULE.title)]
    record = w.store.queries.find_record("MOFCOM 2026-940")
    assert record is not None
    assert record.standings[0].url == f"{HOST}{RULE.path}"
    assert len(first) <= 1


def test_two_notices_without_numbers_with_one_body_are_two(w: World) -> None:
    body = (
        "经批准，决定对附件所列实体实施出口管制，禁止向其出口两用物项，自公布之日起施行。\n"
        + "特此公告。" * 12
    )
    started(w).ministry.publish(
        Page("/notices/a.html", "关于将甲公司列入出口管制管控名单的决定", body),
        Page("/notices/b.html", "关于将乙公司列入出口管制管控名单的决定", body),
    )
    w.poll()
    assert len(told(w)) == 2


def test_the_same_notice_without_a_number_at_another_address_is_told_once(w: World) -> None:
    body = (
        "经批准，决定对附件所列实体实施出口管制，禁止向其出口两用物项，自公布之日起施行。\n"
        + "特此公告。" * 12
    )
    page = Page("/notices/a.html", "关于将甲公司列入出口管制管控名单的决定", body)
    started(w).ministry.publish(page, replace(page, path="/notices/b.html", title=f"{page.title[:16]}…"))
    w.poll()
    # The title that was cut may raise a question first, which the whole one answers.
    kinds = [kind for kind, _ in told(w)]
    assert kinds
    assert len(kinds) == len(set(kinds))


def test_the_sources_own_copy_elsewhere_that_states_more_is_an_amendment(known: World) -> None:
    more = RULE.text.replace("8112929010", "8112929010、8112929090")
    known.ministry.publish(replace(RULE, path="/notices/revised.html", text=more))
    known.poll()
    (alert,) = known.alerts()
    assert alert.kind == "amended"
    assert alert.change is not None
    assert alert.change.moved == ("HS codes: 8112929010 → 8112929010, 8112929090",)


def test_the_sources_own_copy_elsewhere_that_says_no_more_is_not_told(known: World) -> None:
    known.ministry.publish(replace(RULE, path="/notices/again.html", text=f"{RULE.text}\n转载请注明来源"))
    known.poll()
    assert told(known) == []


# --------------------------------------------------------------------------- a page that is not the notice


def test_a_new_notice_that_is_first_served_as_a_known_one_is_told_when_it_is_served(known: World) -> None:
    new = Page("/notices/art_41.html", RULE.title.replace("940", "941"), tightening(941, item="金属锗"))
    known.ministry.publish(new)
    known.sites.put(f"{HOST}{new.path}", Answer(body=RULE.html.encode()))
    known.poll()
    assert told(known) == []
    known.ministry.render()
    known.poll(later=timedelta(minutes=10))
    assert told(known) == [("new", new.title)]


@pytest.mark.parametrize(
    "inner",
    [
        ERROR,
        f'<div class="body">{ERROR}</div>',
        '<h1>系统维护公告</h1><div class="body"><p>为了给您提供更好的服务，本网站将于今晚进行系统升级维护，请稍后访问。</p></div>',
        '<div class="nav"><a href="/">首页</a></div>'
        + "".join(f'<li><a href="/n{n}.html">关于第{n}次会议的消息</a></li>' for n in range(30)),
        '<div class="body"></div>',
        f'<h1>{RULE.title}</h1><div class="body"><p>系统繁忙，内容加载失败，请稍后再试。</p></div>',
    ],
    ids=[
        "an error text",
        "an error text in the layout",
        "maintenance",
        "the home page",
        "an empty layout",
        "the title alone",
    ],
)
def test_another_page_at_the_address_of_a_told_notice_changes_nothing(known: World, inner: str) -> None:
    known.sites.put(f"{HOST}{RULE.path}", html(inner))
    for _ in range(4):
        known.poll(later=timedelta(hours=7))
    assert told(known) == []
    record = known.store.queries.find_record("MOFCOM 2026-940")
    assert record is not None
    assert [revision.kind for revision in record.revisions] == ["new"]
    known.ministry.render()
    known.poll(later=timedelta(days=3))
    assert told(known) == []


@pytest.mark.parametrize("inner", [ERROR, f'<div class="body">{ERROR}</div>'], ids=["bare", "in the layout"])
def test_a_new_notice_that_is_first_served_as_another_page_is_told_as_new(w: World, inner: str) -> None:
    started(w).ministry.publish(replace(RULE))
    w.sites.put(f"{HOST}{RULE.path}", html(inner))
    w.poll()
    assert told(w) == []
    w.ministry.render()
    w.poll(later=timedelta(hours=1))
    assert told(w) == [("new", RULE.title)]


def test_a_notice_that_is_never_served_is_told_from_its_title(w: World) -> None:
    started(w).ministry.publish(replace(RULE))
    w.sites.put(f"{HOST}{RULE.path}", html(ERROR))
    for _ in range(3):
        w.poll(later=timedelta(hours=7))
    (alert,) = [alert for alert in w.alerts() if alert.kind == "new"]
    assert alert.title == RULE.title
    assert alert.unread == "page"


def test_a_repeal_marked_in_place_of_the_text_is_an_amendment(known: World) -> None:
    page = known.ministry.pages[0]
    page.title, page.text = f"{RULE.title}（已废止）", "本公告已被商务部公告2026年第960号废止。"
    known.ministry.render()
    known.poll(later=timedelta(hours=7))
    assert [kind for kind, _ in told(known)] == ["amended"]


def test_an_address_that_is_given_to_another_rule_tells_that_rule_as_new(w: World) -> None:
    body = (
        "经批准，决定对附件所列实体实施出口管制，禁止向其出口两用物项，自公布之日起施行。\n"
        + "特此公告。" * 12
    )
    started(w).ministry.publish(Page("/notices/a.html", "关于将甲公司列入出口管制管控名单的决定", body))
    w.poll()
    assert len(told(w)) == 1
    page, listing = w.ministry.pages[0], replace(w.ministry.pages[0])
    graphite = replace(page, title="公布对石墨实施临时出口许可的事项", text=tightening(1, item="人造石墨"))
    told_each_time = []
    for shown in (graphite, listing, graphite):
        w.ministry.pages[0] = shown
        w.ministry.render()
        w.poll(later=timedelta(hours=7))
        told_each_time.append(told(w))
    assert told_each_time == [[("new", graphite.title)], [], []]
