"""Readings: the ones that pypinyin gets wrong, and the shapes that the screen and the search rely on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.pinyin import initials, joined, plain, ruby, toned

# Text, reading as a teacher would write it. Most of these are wrong without our own phrases.
READINGS = """
借还 jiè huán
借还书 jiè huán shū
未还 wèi huán
应还日期 yīng huán rì qī
曾国藩家书 zēng guó fān jiā shū
曾国藩 zēng guó fān
汪曾祺 wāng zēng qí
单田芳 shàn tián fāng
单田芳说单田芳 shàn tián fāng shuō shàn tián fāng
朝花夕拾 zhāo huā xī shí
明朝那些事儿 míng cháo nà xiē shì ér
任溶溶 rén róng róng
重返 chóng fǎn
重庆 chóng qìng
我要长大 wǒ yào zhǎng dà
长袜子皮皮 cháng wà zi pí pí
格兰特船长的儿女 gé lán tè chuán zhǎng de ér nǚ
不来梅的音乐家 bù lái méi de yīn yuè jiā
快乐王子 kuài lè wáng zǐ
张乐平 zhāng lè píng
雾都孤儿 wù dū gū ér
呼兰河传 hū lán hé zhuàn
皮皮鲁传 pí pí lǔ zhuàn
名人传 míng rén zhuàn
苏东坡传 sū dōng pō zhuàn
宣传 xuān chuán
水浒传 shuǐ hǔ zhuàn
昆虫记 kūn chóng jì
数星星 shǔ xīng xing
数学花园漫游记 shù xué huā yuán màn yóu jì
种太阳 zhòng tài yáng
安的种子 ān de zhǒng zi
失落的一角 shī luò de yī jiǎo
活了100万次的猫 huó le 1 0 0 wàn cì de māo
了不起的狐狸爸爸 liǎo bù qǐ de hú li bà ba
14只老鼠吃早餐 1 4 zhī lǎo shǔ chī zǎo cān
11只猫做苦工 1 1 zhī māo zuò kǔ gōng
是谁嗯嗯在我的头上 shì shéi ēn ēn zài wǒ de tóu shàng
格列佛游记 gé liè fó yóu jì
田鼠阿佛 tián shǔ ā fó
堂吉诃德 táng jí hē dé
吉卜林 jí bǔ lín
塞万提斯 sài wàn tí sī
欧也妮·葛朗台 ōu yě nī · gě lǎng tái
诸葛亮 zhū gě liàng
还珠格格 huán zhū gé ge
我还会飞 wǒ hái huì fēi
让孩子着迷的77×2个经典科学游戏 ràng hái zi zháo mí de 7 7 × 2 gè jīng diǎn kē xué yóu xì
陶行知教育文集 táo xíng zhī jiào yù wén jí
湘行散记 xiāng xíng sǎn jì
趣味几何学 qù wèi jǐ hé xué
老舍 lǎo shě
论语 lún yǔ
内蒙古 nèi měng gǔ
绿野仙踪 lǜ yě xiān zōng
""".strip().splitlines()


@pytest.mark.parametrize("line", READINGS)
def test_titles_and_names_are_read_as_a_teacher_reads_them(line: str) -> None:
    text, *syllables = line.split(" ")
    assert toned(text) == " ".join(syllables)


def test_a_correction_holds_whatever_stands_around_it() -> None:
    assert "zēng guó fān" in toned("读曾国藩，学做人")
    assert toned("皮皮鲁传（注音版）").startswith("pí pí lǔ zhuàn")


@given(st.text(max_size=40))
def test_there_is_one_token_for_every_character(text: str) -> None:
    reading = toned(text)
    assert reading == "" or len(reading.split(" ")) == len(text)
    assert len(ruby(text, reading)) == len(text)


def test_what_is_not_chinese_stays_and_a_space_becomes_a_mark() -> None:
    assert toned("DK 大百科") == "D K _ dà bǎi kē"
    assert toned("Harry Potter") == ""


def test_ruby_stands_over_chinese_characters_only() -> None:
    assert ruby("A 猫", toned("A 猫")) == (("A", ""), (" ", ""), ("猫", "māo"))


def test_a_reading_that_does_not_fit_is_not_drawn() -> None:
    assert ruby("红楼梦", "hóng lóu") == (("红", ""), ("楼", ""), ("梦", ""))


@pytest.mark.parametrize(
    ("text", "letters", "typed"),
    [
        ("红楼梦", "hlm", "hongloumeng"),
        ("100层的房子", "100cdfz", "100cengdefangzi"),
        ("绿野仙踪", "lyxz", "lvyexianzong"),
        ("DK儿童百科", "dketbk", "dkertongbaike"),
        ("三体Ⅱ：黑暗森林", "stiihasl", "santiiiheiansenlin"),
    ],
)
def test_first_letters_and_joined_syllables(text: str, letters: str, typed: str) -> None:
    assert initials(text) == letters
    assert joined(text) == typed


def test_a_corrected_reading_rules_over_the_computed_one() -> None:
    assert joined("曾", "zēng") == "zeng"


def test_u_with_two_dots_is_typed_as_v() -> None:
    assert [plain(s) for s in ("lǜ", "nǚ", "lüè", "yú")] == ["lv", "nv", "lve", "yu"]
