"""Document numbers in every form in which they are written."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.core.extraction.mentions.numbers import find_number_mentions, parse_number
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.model import DocumentNumber
from tests.extraction.making import LEXICON, SIGNED, announcement, notice


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("MOFCOM-GACC 2025-18", "MOFCOM-GACC 2025-18"),
        ("mofcom 2025-18", "MOFCOM 2025-18"),
        ("2025-18", "2025-18"),
        ("商务部 海关总署公告2025年第18号", "MOFCOM-GACC 2025-18"),
        ("商务部、海关总署公告２０２５年第１８号", "MOFCOM-GACC 2025-18"),
        ("商務部 海關總署公告2025年第18號", "MOFCOM-GACC 2025-18"),
        ("商务部公告 2025 年 第 61 号", "MOFCOM 2025-61"),
        ("商务部公告2025第61号", "MOFCOM 2025-61"),
        ("商务部公告2025年第61", "MOFCOM 2025-61"),
        ("商务部2025年第61号公告", "MOFCOM 2025-61"),
        ("商务部 工业和信息化部 海关总署 国家密码局公告2024年第51号", "MOFCOM-MIIT-GACC-SCA 2024-51"),
        ("MOFCOM Order 2025-6", "MOFCOM Order 2025-6"),
        ("商务部令二〇二五年第6号", "MOFCOM Order 2025-6"),
        ("商务部令2025年第6号", "MOFCOM Order 2025-6"),
        ("UEL 2025-10", "UEL 2025-10"),
        ("不可靠实体清单工作机制公告〔2025〕10号", "UEL 2025-10"),
        ("不可靠实体清单工作机制〔2025〕4号", "UEL 2025-4"),
        ("State Council Order 792", "State Council Order 792"),
        ("国务院令第792号", "State Council Order 792"),
        ("国务院令〔2024〕792号", "State Council Order 792"),
        ("工业和信息化部 国家发展和改革委员会 自然资源部令第71号", "MIIT-NDRC-MNR Order 71"),
        ("工信部联安全函〔2025〕335号", "工信部联安全函〔2025〕335号"),
        ("税委会公告2025年第4号", "SCTC 2025-4"),
        ("MOFCOM Announcement No. 61 of 2025", "MOFCOM 2025-61"),
        ("MOFCOM Announcement 61/2025", "MOFCOM 2025-61"),
        ("Announcement of the Ministry of Commerce No. 61 of 2025", "MOFCOM 2025-61"),
        (
            "Order of the Ministry of Commerce of the People's Republic of China No. 2 of 2027",
            "MOFCOM Order 2027-2",
        ),
    ],
)
def test_a_number_is_read_as_a_person_types_it(typed: str, canonical: str) -> None:
    number = parse_number(typed, LEXICON)
    assert number is not None
    assert number.canonical == canonical


@pytest.mark.parametrize("typed", ["", "hello", "2025", "13800138000", "公告", "2025年12月1日"])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert parse_number(typed, LEXICON) is None


def _named(words: str) -> list[str]:
    return [
        mention.number.canonical
        for mention in find_number_mentions(DocumentText.from_parts("", words), LEXICON)
    ]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (
            "暂停实施商务部、海关总署公告2025年第11号、12号及商务部公告2025年第21号、22号。",
            ["MOFCOM-GACC 2025-11", "MOFCOM-GACC 2025-12", "MOFCOM 2025-21", "MOFCOM 2025-22"],
        ),
        ("商务部公告2025年第15至17号", ["MOFCOM 2025-15", "MOFCOM 2025-16", "MOFCOM 2025-17"]),
        ("商务部发布2025年第19、20号公告。", ["MOFCOM 2025-19", "MOFCOM 2025-20"]),
        (
            "MOFCOM suspended Announcements 15-17 and 21 of 2025.",
            [f"MOFCOM 2025-{n}" for n in (15, 16, 17, 21)],
        ),
        ("商务部、海关总署2005年第29号令", ["MOFCOM-GACC Order 2005-29"]),
        ("商务部今（2027）年第57号公告", ["MOFCOM 2027-57"]),
        ("商务部、海关总署2028年第55号联合公告", ["MOFCOM-GACC 2028-55"]),
        ("商務部・税関総署は2027年公告第62号を発表した。", ["MOFCOM-GACC 2027-62"]),
        ("MOFCOM published the notice, numbered 62 for 2026.", ["MOFCOM 2026-62"]),
        (
            "暂停实施商务部公告2027年第41号（《关于压机的决定》）、第42号。",
            ["MOFCOM 2027-41", "MOFCOM 2027-42"],
        ),
    ],
)
def test_lists_and_ranges_are_expanded(words: str, numbers: list[str]) -> None:
    assert _named(words) == numbers


@pytest.mark.parametrize(
    "words",
    [
        "公告栏设在3号楼。",
        "令人满意的是2025年第3季度。",
        "联系电话：010-65197000",
        "第12条规定公告期为30日。",
    ],
)
def test_figures_beside_the_word_are_no_numbers(words: str) -> None:
    assert _named(words) == []


def test_the_title_gives_the_number_even_where_the_label_names_one_issuer() -> None:
    read = notice(
        "商务部、海关总署公告2026年第70号 关于某事项的决定",
        "【发布文号】商务部公告2026年第70号\n商务部 海关总署\n2026年3月2日",
    )
    assert read.number == DocumentNumber(issuers=("MOFCOM", "GACC"), year=2026, n=70)
    assert read.number_raw == "商务部、海关总署公告2026年第70号"


def test_a_label_gives_the_number_where_the_title_has_none() -> None:
    read = notice(
        "关于某事项的公告", "【发布文号】商务部公告2026年第70号\n决定禁止出口镓。\n商务部\n2026年3月2日"
    )
    assert read.number is not None
    assert read.number.canonical == "MOFCOM 2026-70"


def test_a_number_below_the_letterhead_is_the_documents_own() -> None:
    head = "中华人民共和国商务部\n中华人民共和国海关总署\n公 告\n2026年 第42号\n"
    body = f"{head}现将目录予以公布。\n商务部 海关总署\n2026年3月2日"
    read = notice("商务部 海关总署关于发布某目录的公告", body)
    assert read.number is not None
    assert read.number.canonical == "MOFCOM-GACC 2026-42"


def test_a_joint_notice_numbered_by_one_keeps_the_one_and_lists_all() -> None:
    read = notice(
        "商务部等5部门关于某事项的公告",
        "商务部公告2026年第73号\n商务部、公安部、应急管理部、海关总署、国家药监局决定调整管理目录。\n2026年3月2日",
    )
    assert read.number is not None
    assert read.number.canonical == "MOFCOM 2026-73"
    assert read.issuers == ("MOFCOM", "MPS", "MEM", "GACC", "NMPA")


def test_the_working_mechanism_is_the_issuer_of_its_announcements() -> None:
    read = notice(
        "不可靠实体清单工作机制公告〔2026〕3号 关于将某公司列入不可靠实体清单的公告",
        "本公告自公布之日起施行。",
    )
    assert read.number is not None
    assert (read.number.canonical, read.issuers) == ("UEL 2026-3", ("UELWM",))


def test_an_answer_has_no_number_of_its_own() -> None:
    read = notice(
        "商务部新闻发言人就商务部公告2026年第9号答记者问",
        "问：请介绍情况。\n答：商务部公告2026年第9号旨在完善管理。",
    )
    assert read.number is None


def test_a_cited_basis_is_not_the_own_number() -> None:
    assert announcement("依照商务部、海关总署2005年第29号令办理。").relations == ()


@pytest.mark.parametrize(
    "title",
    [
        "商务部公告2026年第5号补充公告",
        "商务部公告2026年第5号的修改决定",
        "商务部公告2026年第5号延期实施的公告",
        "商务部公告2026年第5号（更正）",
        "商务部公告2026年第5号 更正",
        "商务部公告2026年第5号附件更正",
        "商务部公告2026年第5号所附清单的调整公告",
        "商务部公告2026年第5号执行有关问题的通知",
        "商务部公告2026年第5号、第6号有关事项的公告",
        "商务部公告2026年第5号及第6号的补充规定",
        "MOFCOM Announcement No. 5 of 2026 (Correction)",
        "MOFCOM Announcement No. 5 of 2026 - Extension of the transition period",
    ],
)
def test_a_title_on_what_follows_a_notice_names_that_notice_and_is_not_it(title: str) -> None:
    read = notice(title, "经批准，现对第5号公告的内容作如下补充。本公告自2026年6月1日起施行。")
    assert read.number is None
    assert "MOFCOM 2026-5" in {relation.target for relation in read.relations}


@pytest.mark.parametrize(
    "title",
    [
        "商务部公告2026年第5号 公布对锑相关物项实施出口管制的决定",
        "商务部公告2026年第5号公布暂停实施有关公告的决定",
        "商务部公告2026年第5号 暂停实施商务部公告2025年第55号的决定",
        "商务部公告2026年第5号（关于对锑实施出口管制的公告）",
        "商务部公告2026年第5号 关于延期实施有关公告的决定",
        "商务部公告2026年第5号 实施稀土出口管制的公告",
        "MOFCOM Announcement No. 5 of 2026: Amendment of the catalogue",
    ],
)
def test_a_title_that_says_what_its_own_number_announces_bears_it(title: str) -> None:
    read = notice(title, "经批准，现决定对锑实施出口管制，自2026年6月1日起施行。")
    assert read.number is not None
    assert read.number.canonical == "MOFCOM 2026-5"


@pytest.mark.parametrize(
    "words", ["去年18号公告怎么做的材料，这次照样准备。", "last year's Announcement No. 18 stays."]
)
def test_the_year_of_a_number_can_be_told_from_that_of_the_text(words: str) -> None:
    text = DocumentText.from_parts("", words)
    found = find_number_mentions(text, LEXICON, year=2028)
    assert [(mention.number.year, mention.number.n) for mention in found] == [(2027, 18)]


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        ("交通运输部公告\n第15号（2028年）", "MOT 2028-15"),
        ("商務部　海關總署公告　117年第13號", "MOFCOM-GACC 2028-13"),
        ("转发：商务部公告2028年第13号", "MOFCOM 2028-13"),
        ("中华人民共和国国务院令\n第815号", "State Council Order 815"),
    ],
)
def test_the_number_of_a_head_is_read_in_every_form(head: str, canonical: str) -> None:
    read = notice(
        head.partition("\n")[0],
        f"{head.partition(chr(10))[2]}\n关于对镓实施出口管制的公告\n现公告如下：对镓实施出口管制。\n2028年3月2日",
    )
    assert read.number is not None
    assert read.number.canonical == canonical


def test_a_page_whose_title_names_its_notice_is_not_that_of_its_side_column() -> None:
    found = notice(
        "商务部 海关总署公告2026年第6号 优化石墨物项临时出口管制措施",
        "商务部公告2026年第5号（将某国12家实体列入管控名单）\n商务部 海关总署公告 2026年第6号\n"
        "决定取消对石墨电极的出口管制。\n本公告自2026年3月1日起实施。\n商务部 海关总署\n2026年2月19日",
    )
    assert found.number is not None
    assert found.number.canonical == "MOFCOM-GACC 2026-6"


def test_a_number_keeps_its_issuer_beside_an_authority_without_a_code() -> None:
    found = notice(
        "海关总署 国家林业和草原局公告2026年第73号",
        "禁止从阿根廷输入禽产品。\n海关总署 国家林业和草原局\n2026年5月12日",
    )
    assert found.number is not None
    assert found.number.canonical == "GACC 2026-73"


@pytest.mark.parametrize(
    "subject",
    ["Fwd: MOFCOM Announcement No. 75 of 2026", "FW: 商务部公告2026年第75号", "转发：商务部公告2026年第75号"],
)
def test_the_number_of_a_forwarded_notice_is_its_own_and_not_that_of_the_subject(subject: str) -> None:
    body = (
        "FYI - below.\n---------- Forwarded message ----------\n"
        "商务部公告2026年第76号 公布对铟相关物项实施出口管制的决定\n"
        "经国务院批准，决定对铟相关物项实施出口管制。本公告自2026年12月10日起实施。\n商务部\n2026年11月30日"
    )
    number = notice(subject, body).number
    assert number is not None
    assert number.canonical == "MOFCOM 2026-76"


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("群里看到 商务部海关2026年47号 下来了，钨粉要办出口许可证", "MOFCOM-GACC 2026-47"),
        ("刚出的商务部2026年第47号，钨粉要办出口许可证", "MOFCOM 2026-47"),
        ("中国商務省は2日、タングステン粉の輸出を許可制にすると発表した。税関総署との連名の公告（2026年第47号）で明らかにした。", "MOFCOM-GACC 2026-47"),
        ("MOFCOM listed two firms by Announcement No. 46 of 2026. By Announcement [2026] No. 9, the Unreliable Entity "
         "List Working Mechanism listed three more.", "UEL 2026-9"),
        ("Measure\tAuthority\tStatus\nAnn. 2026-46\tMOFCOM\tSuspended\nAnn. 2026-47\tMOFCOM + GACC\tNew licence requirement for tungsten",
         "MOFCOM-GACC 2026-47"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it_to_each_other(words: str, number: str) -> None:
    read = notice("China tightens export controls", f"{words}\n", published=date(2026, 3, 3))

    assert number in [relation.target for relation in read.relations]


def test_a_number_with_its_form_is_not_read_twice() -> None:
    read = announcement("商务部公告 2025年第31号停止执行。")

    assert [(relation.verb, relation.target) for relation in read.relations] == [
        ("repeals", "MOFCOM 2025-31")
    ]


def test_the_same_authorities_are_those_named_before() -> None:
    read = notice(
        "MOFCOM / GACC / SASTIND\nAnnouncement No. 47 of 2026",
        "The temporary control established by Announcement No. 31 of 2024 of the same three authorities expires on "
        "30 April 2026. The authorities have decided to keep it in place until 30 April 2028.\n2 March 2026",
    )

    assert [(relation.verb, relation.target) for relation in read.relations] == [
        ("extends", "MOFCOM-GACC-SASTIND 2024-31")
    ]


def test_an_order_in_english_prints_its_number_below_its_title() -> None:
    read = notice(
        "Decision of the Ministry of Foreign Affairs on Taking Countermeasures Against Two U.S. Companies",
        "Order of the Ministry of Foreign Affairs of the People's Republic of China\nNo. 47\nChina has decided to take "
        "countermeasures against the companies below.\nMinister of Foreign Affairs\nMarch 2, 2026",
    )

    assert read.number
    assert read.number.canonical == "MFA Order 47"
    assert (read.kind, read.published) == ("order", date(2026, 3, 2))


def test_all_who_stand_in_the_head_issue_a_joint_notice() -> None:
    read = notice(
        "商务部等3部门关于调整易制毒化学品出口目录的公告",
        "商务部 公安部 海关总署\n商务部公告2026年第47号\n决定增列下列化学品，向上述国家出口应当申请许可。\n2026年3月2日",
    )

    assert read.number
    assert read.number.canonical == "MOFCOM 2026-47"
    assert read.issuers == ("MOFCOM", "MPS", "GACC")


def test_the_tariff_commission_is_known_by_its_chinese_short_name() -> None:
    read = notice(
        "Announcement of the Customs Tariff Commission of the State Council on Levying Additional Duties\n"
        "Shui Wei Hui Announcement No. 47 of 2026",
        "Additional duties of 15% shall be levied from April 1, 2026.\nMarch 2, 2026",
    )

    assert read.number
    assert read.number.canonical == "SCTC 2026-47"


def test_a_year_that_was_told_once_holds_for_the_number() -> None:
    words = "商务部昨天发了今年第62号公告，把去年8号公告里不予许可那一条废掉了。\n8号公告第一条还在，军事用户一律不接单。"
    found = find_number_mentions(DocumentText.from_parts("", words), LEXICON, year=2028)
    assert [mention.number.canonical for mention in found] == [
        "MOFCOM 2028-62",
        "MOFCOM 2027-8",
        "MOFCOM 2027-8",
    ]


@pytest.mark.parametrize(
    "behind",
    ["of the ministry and the customs administration", "des Ministeriums und der Zollverwaltung"],
)
def test_the_ministry_beside_customs_is_that_of_commerce(behind: str) -> None:
    form = "Bekanntmachung Nr. 7/2026" if "der" in behind else "Announcement No. 7 of 2026"
    found = notice(
        "China eases controls on gallium",
        f"The {form} {behind} eases export controls on gallium.",
        published=SIGNED,
    )
    assert [relation.target for relation in found.relations] == ["MOFCOM-GACC 2026-7"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Das Handelsministerium und die Zollverwaltung lockern die Ausfuhrkontrollen für Gallium. "
        "Das steht in der Bekanntmachung Nr. 7/2026 der beiden Behörden.",
        "Das steht in der Bekanntmachung Nr. 7/2026, die das Handelsministerium gemeinsam mit der Zollverwaltung "
        "zu Ausfuhrkontrollen für Gallium veröffentlicht hat.",
    ],
)
def test_german_names_both_authorities_of_a_joint_notice(sentence: str) -> None:
    found = notice("China lockert Ausfuhrkontrollen für Gallium", sentence, published=SIGNED)
    assert [relation.target for relation in found.relations] == ["MOFCOM-GACC 2026-7"]
