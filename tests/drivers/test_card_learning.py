"""From one card read twice to the two settings; and which cards of a list those settings mix up."""

from __future__ import annotations

import pytest

from drivers.card_learning import Pair, alike, drops_bytes, foreign, learn, lines, search
from drivers.cards import CardFormat, Link, translate
from tests.drivers.test_cards import WRITTEN

WHOLE, SHORT = CardFormat.WHOLE, CardFormat.SHORT


@pytest.mark.parametrize("read", CardFormat)
@pytest.mark.parametrize("known", CardFormat)
def test_one_card_is_enough_for_every_two_formats(read: CardFormat, known: CardFormat) -> None:
    if read is known:
        return
    (link,) = learn([[Pair(WRITTEN[read], WRITTEN[known])]])
    if drops_bytes(link):
        assert translate(WRITTEN[known], link.second, link.first) == WRITTEN[read]
    else:
        assert translate(WRITTEN[read], link.first, link.second) == WRITTEN[known]


def test_two_different_cards_are_in_no_way_one() -> None:
    assert learn([[Pair("0040856634", "07302203")]]) == ()


def test_what_one_card_leaves_open_another_closes() -> None:
    # All bytes of this card are alike, so that it reads the same from both ends.
    palindrome = [Pair("0286331153", "11111111")]
    assert len(learn([palindrome])) > 1
    card = [Pair(WRITTEN[WHOLE], WRITTEN[CardFormat.HEX])]
    assert learn([palindrome, card]) == (Link(WHOLE, CardFormat.HEX),)


def test_cards_that_contradict_each_other_leave_nothing() -> None:
    one = [Pair(WRITTEN[WHOLE], WRITTEN[SHORT])]
    other = [Pair(WRITTEN[WHOLE], WRITTEN[CardFormat.HEX])]
    assert learn([one, other]) == ()


def test_a_card_is_found_in_the_list_whatever_its_format() -> None:
    numbers = ["2024030217", WRITTEN[WHOLE], "2026010101"]
    found = search(WRITTEN[SHORT], numbers)
    assert found == [Pair(WRITTEN[SHORT], WRITTEN[WHOLE])]
    assert learn([found]) == (Link(SHORT, WHOLE),)


def test_the_lines_are_those_of_the_settings() -> None:
    assert lines(Link(SHORT, WHOLE)) == ('card_from = "6H8D"', 'card_to = "8H10D"')


def test_cards_that_differ_only_in_what_the_reader_drops_are_named() -> None:
    twin = translate("03" + WRITTEN[CardFormat.HEX][2:], CardFormat.HEX, WHOLE)
    assert twin
    numbers = [WRITTEN[WHOLE], twin, "0000000001", "not a card"]
    assert alike(Link(SHORT, WHOLE), numbers) == ((WRITTEN[WHOLE], twin),)
    assert alike(Link(WHOLE, WHOLE), numbers) == ()
    assert foreign(Link(SHORT, WHOLE), numbers) == ["not a card"]
