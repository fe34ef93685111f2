"""Chinese has many ways to say what a notice does; each is read as the common one is."""

from __future__ import annotations

import pytest

from tests.extraction.making import announcement, notice

OLDER = "商务部公告2026年第12号"
NUMBER = "商务部公告2026年第90号"  #: a head that says nothing of the subject


@pytest.mark.parametrize(
    ("body", "direction"),
    [
        (f"{OLDER}所设管制措施，自即日起至2027年3月1日搁置执行。", "suspend"),
        (f"自即日起至2027年3月1日，{OLDER}停止执行。", "suspend"),
        (f"2026年5月1日（含当日）至10月31日（含当日）期间，{OLDER}不予适用。", "suspend"),
        (f"将{OLDER}确定的暂停期续期至2027年3月1日。", "suspend"),
        (f"{OLDER}原定自2026年5月1日起施行，现改自2026年8月1日起施行。", "suspend"),
        (f"{OLDER}自2026年5月1日起解除暂停，继续施行。", "resume"),
        (f"被暂停的{OLDER}，自2026年5月1日起复效。", "resume"),
        ("自2026年5月1日起，对甲国船舶恢复收取船舶特别港务费。", "resume"),
        ("自2026年5月1日起，免除对含镓废料的出口许可要求。", "relax"),
        ("自2026年5月1日起，将锑锭出口暂定税率降为0。", "relax"),
        ("将铝箔的增值税出口退税率提高至13%，自2026年5月1日起执行。", "relax"),
        (f"将{OLDER}附件第三项自2026年5月1日起删去。", "relax"),
        ("决定不再将示例机电公司列于关注名单，自公布之日起生效。", "relax"),
        ("自2026年5月1日起，准许智利樱桃输华，须符合检疫要求。", "relax"),
        (f"{OLDER}规定的临时管制于2026年4月30日期满，不再延长。", "relax"),
        (f"{OLDER}原定自2026年8月1日起施行，现提前至2026年5月1日起施行。", "tighten"),
        ("自2026年5月1日起，碲化镉出口一律凭两用物项出口许可证办理。", "tighten"),
        ("下列锑制品的出口，自2026年5月1日起须经商务部批准。", "tighten"),
        ("自2026年5月1日起，对石墨烯粉体试行出口许可管理。", "tighten"),
        ("即日起，暂停输入台湾地区冻鱼。", "tighten"),
        ("自2026年5月1日起，稀土永磁材料通用许可停止使用。", "tighten"),
        (f"{OLDER}关于民用用途豁免许可的规定，自2026年5月1日起取消。", "tighten"),
        (f"{OLDER}的管制范围扩大至粒度小于10微米的人造石墨，自2026年5月1日起执行。", "tighten"),
        ("未列入国营贸易企业名单的经营者，自2026年5月1日起一律不得出口锑品。", "tighten"),
    ],
)
def test_a_wording_moves_the_control_as_the_common_one_does(body: str, direction: str) -> None:
    read = announcement(body, title=NUMBER)
    assert (read.is_change, read.direction) == (True, direction)


@pytest.mark.parametrize(
    ("body", "verb"),
    [
        (f"{OLDER}自2026年5月1日起暂不施行，恢复时间另行公告。", "suspends"),
        (f"{OLDER}的有效期展期一年，即自2026年5月1日起至2027年4月30日止，继续停止实施各项管制。", "extends"),
        (f"{OLDER}施行期限截至2026年4月30日。经研究，该公告有效期延长至2028年4月30日。", "extends"),
        (f"{OLDER}第二款的暂停期限提前终止。", "resumes"),
        (f"{OLDER}的暂停实施至2026年4月30日为止，自5月1日起重新执行。", "resumes"),
        (f"自公布之日起，撤回{OLDER}。", "repeals"),
        (f"{OLDER}自2026年5月1日起失效，所列物项出口不再受管制。", "repeals"),
        (f"{OLDER}规定的临时管制于2026年4月30日期满，不再延长。", "repeals"),
        (f"{OLDER}规定的比例标准由5%提高至10%，自2026年5月1日起执行。", "amends"),
        (f"在{OLDER}附件中补入“氧化镓单晶”一项。", "amends"),
        (f"{OLDER}推迟至2026年8月1日起施行。", "amends"),
        (f"{OLDER}所附清单第3项，自公布之日起不再实施出口管制。", "amends"),
    ],
)
def test_a_wording_acts_on_an_older_notice_as_the_common_one_does(body: str, verb: str) -> None:
    read = announcement(body, title=NUMBER)
    assert [(found.verb.value, found.target) for found in read.relations] == [(verb, "MOFCOM 2026-12")]


@pytest.mark.parametrize(
    ("body", "start", "until"),
    [
        (
            f"鉴于美方提高对华关税，自2026年5月1日起，{OLDER}规定的税率由15%提高至34%。",
            "2026-05-01",
            "None",
        ),
        (f"自公布之日起，中止执行{OLDER}一年。", "2026-03-02", "2027-03-02"),
        (f"自2026年5月1日起一年内，{OLDER}不予实施。", "2026-05-01", "2027-05-01"),
        ("氦气出口自2026年5月1日起改为许可证管理。", "2026-05-01", "None"),
        ("已签发的石墨出口通用许可自2026年5月1日起失效。", "2026-05-01", "None"),
    ],
)
def test_a_wording_dates_the_measure_as_the_common_one_does(body: str, start: str, until: str) -> None:
    read = announcement(body, title=NUMBER)
    assert [(str(found.start), str(found.until)) for found in read.effective] == [(start, until)]


def test_an_instrument_without_a_signed_day_states_it_itself() -> None:
    read = notice(
        "商务部公告2026年第90号（关于对钪相关物项实施出口管制的公告）",
        "钪靶材非经许可不得出口。\n本公告于2026年3月2日公布，自2026年5月1日起施行。\n商务部",
    )
    assert str(read.published) == "2026-03-02"


def test_a_mail_whose_heads_stand_on_one_line_has_its_day() -> None:
    read = notice("发件人：关务部  日期：2026年3月2日", "各位同事：去年第19号公告明天起恢复实施，请留意。")
    assert str(read.published) == "2026-03-02"


def test_a_catalogue_that_loses_an_item_is_named_by_its_title() -> None:
    read = announcement("《中国禁止出口限制出口技术目录》中“制备技术”等3项技术条目予以删除。")
    assert [(found.verb.value, found.target) for found in read.relations] == [
        ("amends", "中国禁止出口限制出口技术目录")
    ]
    assert (read.is_change, read.direction) == (True, "relax")


@pytest.mark.parametrize(
    ("title", "text", "direction"),
    [
        (
            "陸對日本軍事用戶祭兩用物項禁令",
            "〔記者王某某/綜合報導〕2026年3月2日 中國商務部公告2026年第12號，即日起禁止兩用物項出口至日本軍事用戶。",
            "tighten",
        ),
        (
            "三家企业遭除名",
            "某某新闻2026年3月2日消息，商务部今日发布2026年第12号公告，即日起将三家美国企业从出口管制管控名单中除名。",
            "relax",
        ),
    ],
)
def test_the_press_is_read_in_the_same_wordings(title: str, text: str, direction: str) -> None:
    read = notice(title, text)
    assert (read.kind, read.is_change, read.reports_change) == ("news", False, True)
    assert (read.direction, str(read.published)) == (direction, "2026-03-02")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("商务部公布一季度许可证签发情况", "一季度签发两用物项出口许可证3200份，作废12份，撤回申请35份。"),
        ("某某股份2025年年度报告", "产品出口须凭许可证办理，报告期内两份许可证经展期延续。"),
        (
            "市场监管总局公告2026年第12号",
            "决定注销某企业生产许可证，自公布之日起作废。\n市场监管总局\n2026年3月2日",
        ),
        ("日本提前实施出口许可", "日本经济产业省3月2日宣布，半导体设备出口许可制度提前至5月1日实施。"),
        ("贸促会呼吁美方撤回关税", "发言人表示，希望美方尽快撤回对华加征的关税措施，恢复正常贸易。"),
    ],
)
def test_the_same_wordings_of_another_matter_are_no_change(title: str, text: str) -> None:
    read = notice(title, text)
    assert (read.is_change, read.reports_change) == (False, False)
