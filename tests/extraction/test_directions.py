"""Direction is the direction of the control; a notice may point several ways."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.core.model import Direction, DocumentNumber
from tests.extraction.making import announcement, notice


@pytest.mark.parametrize(
    ("sentence", "direction"),
    [
        ("决定对镓相关物项实施出口管制。", "tighten"),
        ("未经许可，镓不得出口。", "tighten"),
        ("决定将3家实体列入出口管制管控名单。", "tighten"),
        ("决定暂停进口某企业的禽肉产品。", "tighten"),
        ("商务部公告2025年第80号暂停实施。", "suspend"),
        ("商务部公告2025年第80号恢复实施。", "resume"),
        ("商务部公告2025年第80号暂停实施期限于2026年11月10日届满，不予延长。", "resume"),
        ("鉴于暂停执行期间的情况发生变化，恢复执行商务部公告2025年第80号。", "resume"),
        ("自2026年4月1日起，不再暂停执行商务部公告2025年第80号。", "resume"),
        ("China will scrap export tax rebates for gallium oxide.", "tighten"),
        ("决定废止2025年第8号公告（《关于暂停实施商务部公告2024年第62号的公告》）。", "resume"),
        ("商务部公告2025年第39号将12家实体列入出口管制管控名单。决定将其移出名单。", "relax"),
        ("对商务部公告2025年第80号不予暂停。", "neutral"),
        ("对镓的加征关税不再加征。", "relax"),
        ("上述镓制品无需办理出口许可证件。", "relax"),
        ("上述镓制品不再属于管制物项。", "relax"),
        ("取消对石墨的临时出口管制。", "relax"),
        ("决定将3家实体移出出口管制管控名单。", "relax"),
        ("镓出口许可证有效期由6个月延长为12个月。", "relax"),
        ("镓出口许可证有效期由12个月缩短为6个月。", "tighten"),
        ("镓粉末的管制门槛由纯度99.999%以上调整为99.99%以上。", "tighten"),
        ("镓产品出口退税率恢复至13%。", "relax"),
        ("现将《两用物项和技术进出口许可证管理目录》予以公布。", "neutral"),
    ],
)
def test_a_sentence_moves_the_control(sentence: str, direction: str) -> None:
    assert announcement(sentence).direction == direction


def test_tightening_outweighs_relaxing_and_the_part_is_kept() -> None:
    read = announcement("一、未经许可，人造石墨不得出口。\n二、其他石墨物项取消临时出口管制。")
    assert read.direction == "tighten"
    assert [(part.scope, part.direction.value) for part in read.parts] == [("二", "relax")]


def test_a_suspension_does_not_tighten_by_citing_what_it_suspends() -> None:
    read = announcement("自即日起，商务部公告2025年第80号（《关于对镓实施出口管制的公告》）暂停实施。")
    assert read.direction == "suspend"


def test_an_answer_that_only_explains_clarifies() -> None:
    read = notice(
        "商务部新闻发言人就加强镓出口管制答记者问",
        "问：请介绍情况。\n答：商务部发布2026年第90号公告，对镓实施出口管制。",
    )
    assert (read.direction, read.is_change, read.reports_change) == ("clarify", False, True)


@pytest.mark.parametrize(
    "aside",
    [
        "商务部公告2024年第18号管制的物项不受影响，仍须凭证出口。",
        "其余物项继续实施出口管制，未经许可不得出口。",
        "其他镓物项仍列入管制清单，应当申请许可。",
        "商务部公告2024年第18号不受本公告影响。",
        "The requirements of Announcement No. 18 of 2024 on export control are not affected hereby.",
        "Items on the list remain controlled and require a licence.",
        "Announcement No. 18 of 2024, whose implementation was suspended, is unaffected.",
    ],
)
def test_what_is_left_untouched_moves_nothing(aside: str) -> None:
    read = announcement(f"自即日起，商务部公告2025年第80号（公布对镓实施出口管制的决定）暂停实施。\n{aside}")
    assert read.direction == "suspend"


@pytest.mark.parametrize(
    ("title", "direction"),
    [
        ("Announcement on the Repeal of Documents on Suspensions of Imports of Poultry", "relax"),
        ("Announcement on Lifting the Suspension of Imports of Beef", "relax"),
        ("Announcement Ending the Suspension of Export Control Measures", "resume"),
        ("关于解除暂停进口禽肉措施的公告", "relax"),
        ("关于废止暂停输华公告的公告", "relax"),
        ("关于终止暂停实施有关公告的公告", "resume"),
    ],
)
def test_the_end_of_a_suspension_depends_on_what_rested(title: str, direction: str) -> None:
    assert (
        announcement("自2026年4月1日起实施。", title=f"商务部公告2026年第90号 {title}").direction == direction
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "タングステン関連品目に対する輸出管理を実施する。",
        "以下の特性を満たす品目について輸出管理を実施することを決定した。",
        "ガリウム関連品目を対象に輸出許可制を導入する。",
        "許可を得ずに輸出してはならない。",
    ],
)
def test_a_japanese_translation_imposes_what_the_instrument_does(sentence: str) -> None:
    title = "商務部公告2026年第90号"
    assert announcement(sentence, title=title).direction == "tighten"


def test_an_answer_that_stops_a_measure_is_not_read_by_its_question() -> None:
    read = notice(
        "商务部新闻发言人就终止有关不可靠实体清单措施答记者问",
        "2026年3月2日\n问：2025年8月，不可靠实体清单工作机制决定暂停有关措施90天。请问进展如何？\n"
        "答：工作机制决定，自2026年4月1日起，停止对不可靠实体清单工作机制公告〔2025〕7号所列"
        "甲公司（Some Works Inc.）采取的不可靠实体清单措施；对其余4家，维持原措施不变。",
    )
    assert (read.direction, [(day.start, day.until) for day in read.effective]) == (
        "relax",
        [(date(2026, 4, 1), None)],
    )
    assert [(found.verb.value, found.target) for found in read.relations] == [("amends", "UEL 2025-7")]


@pytest.mark.parametrize(
    ("title", "body", "direction"),
    [
        (
            "公布《出口许可证管理货物目录（2027年）》",
            "2027年实行许可证管理的货物为44种，较上年新增1种。",
            "tighten",
        ),
        (
            "公布《出口许可证管理货物目录（2027年）》",
            "2027年实行许可证管理的货物为43种，较上年减少1种。",
            "relax",
        ),
        ("关于发布《稀土物项出口管制实施细则》的公告", "下列情形免于申请许可：维修返还原物主。", "neutral"),
        ("关于恢复对美国出口锑相关两用物项审批的公告", "有关规定停止执行，改为逐单审查。", "relax"),
        ("关于延长部分商品排除期限的公告", "上述商品继续不加征关税。", "relax"),
        ("关于中止部分产品关税减让的公告", "对附表产品中止适用协定税率。", "tighten"),
    ],
)
def test_an_instrument_moves_by_what_it_adds_and_gives(title: str, body: str, direction: str) -> None:
    found = announcement(body, title=f"商务部公告2026年第90号 {title}")
    assert found.direction == direction


def test_a_clause_on_what_a_notice_is_about_does_not_outweigh_what_it_does() -> None:
    read = notice(
        "交通运输部公告2026年第90号",
        "现就对美船舶收取船舶特别港务费有关事项公告如下：\n自2026年3月10日起，交通运输部公告2025年第54号暂停实施一年。\n"
        "交通运输部\n2026年3月2日",
    )

    assert read.direction == Direction.SUSPEND


def test_of_what_none_may_leave_without_a_licence_is_controlled() -> None:
    read = notice(
        "MOFCOM Announcement No. 90 of 2026\nCertain tungsten powders",
        "From 1 May 2026, no tungsten powder that satisfies both parameters (HS code 8101100090; control code 1C901.b) "
        "may be exported without a licence.\nMinistry of Commerce\nMarch 2, 2026",
    )

    assert (read.is_change, read.direction) == (True, Direction.TIGHTEN)


def test_a_spokesperson_who_says_what_was_decided_from_now_on_decides() -> None:
    read = notice(
        "MOFCOM Spokesperson's Remarks on Tungsten",
        "Q: Could you confirm this?\nA: China has decided that from now until June 30, 2026, the application of "
        "paragraph 2 of Announcement No. 9 of 2025 of the Ministry of Commerce, under which exports of tungsten powder "
        "to the United States are not permitted, shall be suspended.",
        page_date=date(2026, 3, 2),
    )

    assert (read.is_change, read.direction) == (True, Direction.SUSPEND)
    assert [(relation.verb, relation.target) for relation in read.relations] == [
        ("suspends", "MOFCOM 2025-9")
    ]
    assert [(found.start, found.until) for found in read.effective] == [(date(2026, 3, 2), date(2026, 6, 30))]


@pytest.mark.parametrize(
    ("title", "body", "direction"),
    [
        (
            "关于停止执行对美出口两用物项部分规定的公告",
            "现决定停止执行商务部公告2025年第33号第二条。该公告第一条，即禁止对军事用户出口的规定，继续有效。",
            Direction.RELAX,
        ),
        (
            "关于部分线材不再实行出口许可证管理的公告",
            "下列商品不再实行出口许可证管理。生铁仍应申领出口许可证。",
            Direction.RELAX,
        ),
        (
            "关于修改出口管制条例的决定",
            "将第九条中的“违法经营额50万元以上”修改为“违法经营额20万元以上”。",
            Direction.TIGHTEN,
        ),
        (
            "关于调整易制毒化学品出口目录的公告",
            "面向墨西哥的化学品增加以下四种。向其他国家出口，无需办理许可。",
            Direction.TIGHTEN,
        ),
        ("关于调整限制出口技术目录的公告", "新增2条技术条目。一、固态电解质制备技术。", Direction.TIGHTEN),
        (
            "关于进口鲜食火龙果检疫要求的公告",
            "即日起，允许厄瓜多尔火龙果进口。发现活虫的，海关视情况暂停相关果园输华。",
            Direction.RELAX,
        ),
    ],
)
def test_what_ends_eases_and_what_is_added_or_fined_earlier_is_stricter(
    title: str, body: str, direction: Direction
) -> None:
    assert announcement(body, title=f"商务部公告2026年第90号 {title}").direction == direction


def test_measures_in_abeyance_are_suspended() -> None:
    read = notice(
        "Announcement of the Working Mechanism of the Unreliable Entity List\nNo. 6 [2026]",
        "The measures announced on April 4, 2025 against eleven enterprises remain in abeyance for a further year, that is "
        "from Tuesday, November 10, 2026 through Tuesday, November 9, 2027.\nNovember 7, 2026",
    )

    assert read.direction == Direction.SUSPEND
    assert [(day.start, day.until) for day in read.effective] == [(date(2026, 11, 10), date(2027, 11, 9))]


def test_an_import_stop_in_english_is_a_change_whose_numbered_exceptions_are_no_parties() -> None:
    read = notice(
        "Announcement on Preventing the Introduction of Sheep Pox from Peru\n"
        "General Administration of Customs of the P.R. China, Announcement 2026 No. 41",
        "It is announced as follows:\n1. The import, direct or indirect, of sheep, goats and products thereof shipped from Peru "
        "on or after 2 April 2026 is prohibited.\n2. Heat-treated wool is not affected.\nApril 1, 2026",
    )

    assert (read.is_change, read.direction, read.entities) == (True, Direction.TIGHTEN, ())
    assert read.number == DocumentNumber(issuers=("GACC",), year=2026, n=41)


@pytest.mark.parametrize(
    ("title", "body", "direction"),
    [
        ("关于恢复日本部分地区水产品进口的公告", "自公布之日起，恢复日本冲绳县水产品进口。", Direction.RELAX),
        (
            "公布调整《两用物项出口管制清单》",
            "对清单进行调整。\n货物依调整后的清单不再受管制的，无需办理许可。\n1\t1C210.d\t新增\t单向无纬布",
            Direction.TIGHTEN,
        ),
    ],
)
def test_imports_that_come_back_ease_and_added_rows_are_stricter(
    title: str, body: str, direction: Direction
) -> None:
    assert announcement(body, title=f"海关总署公告2026年第90号（{title}）_海关总署").direction == direction


@pytest.mark.parametrize(
    ("sentence", "direction"),
    [
        ("自2026年4月1日起一年内，继续停止对美国船舶收取船舶特别港务费。", "suspend"),
        ("自2026年4月1日起，出口磁体可凭一张通用许可多次出口，无需逐单申领许可证。", "relax"),
        ("对实体中的2家停止采取相应管制措施，其余3家维持原措施不变。", "relax"),
        ("此前暂停的镝相关物项出口管制自2026年4月1日起恢复实施。", "resume"),
        ("在限制出口部分新增“液流电池技术”，自2026年4月1日起执行。", "tighten"),
    ],
)
def test_an_act_is_told_from_what_only_stands_beside_it(sentence: str, direction: str) -> None:
    assert announcement(f"{sentence}\n有关出口管制事项按规定办理。").direction.value == direction


def test_a_title_that_lowers_a_duty_relaxes() -> None:
    found = notice(
        "国务院关税税则委员会公告2026年第4号 关于降低部分商品加征关税税率的公告",
        "自2026年4月1日起，大麦加征的关税税率由15%降为5%。\n国务院关税税则委员会\n2026年3月2日",
    )
    assert found.direction.value == "relax"
