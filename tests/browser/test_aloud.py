"""The youngest hear their name and what became of each book, in a voice of the machine that is their language's."""

from __future__ import annotations

from datetime import datetime

import pytest

from kiosk.screen import Touch
from tests.browser.pupil import Pupil
from tests.kiosk.school import ANAN, CITY, DICTIONARY, INSECTS, SEA, XIAOMAN, ZONE

pytestmark = pytest.mark.browser

# Browsers in a test have no voice: this stands where a machine's would, and writes down what it is given.
VOICES = """
  window.said = [];
  const voices = [
    { localService: false, lang: "zh-CN", name: "far" },
    { localService: true, lang: "zh-HK", name: "cantonese" },
    { localService: true, lang: "cmn", name: "near" },
    { localService: true, lang: "en-US", name: "english" },
  ];
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  Object.defineProperty(window, "speechSynthesis", { value: {
    getVoices: () => voices,
    speak: (words) => window.said.push([words.voice.name, words.text]),
    cancel: () => window.said.push(["", ""]),
  } });
"""


def heard(child: Pupil) -> list[str]:
    """What was said and not cut off by what came later; then forgets it."""
    said = child.page.evaluate("window.said.splice(0)")
    return [f"{voice}: {text}" for voice, text in said if voice]


def test_a_first_grader_hears_the_name_and_each_book_and_a_third_grader_nothing(
    child: Pupil,
) -> None:
    child.page.evaluate(VOICES)
    child.scan(XIAOMAN, CITY)
    child.tap(Touch.FINISH)
    assert heard(child) == []
    child.scan(ANAN)
    assert heard(child) == ["near: 王安安，你好！"]
    child.scan(SEA)
    assert heard(child) == ["near: 海底两万里。借好了。14 天后还"]
    child.scan(DICTIONARY)
    assert heard(child) == ["near: 辞海。这本只能在馆里看。可以坐下来慢慢看。"]
    child.tap(Touch.LANGUAGE)
    assert heard(child) == []
    child.scan(INSECTS)
    assert heard(child)[0].startswith("english: 昆虫记. ")


def test_what_is_being_said_stops_when_the_visit_ends(child: Pupil) -> None:
    child.page.evaluate(VOICES)
    child.scan(ANAN)
    heard(child)
    child.tap(Touch.FINISH)
    assert child.page.evaluate("window.said") == [["", ""]]


def test_nothing_is_said_in_a_quiet_time_or_without_a_voice_of_this_machine(child: Pupil) -> None:
    child.page.evaluate(VOICES.replace("localService: true", "localService: false"))
    child.scan(ANAN)
    assert heard(child) == []
    child.tap(Touch.FINISH)
    child.page.evaluate(VOICES)
    child.school.clock.set(datetime(2026, 11, 25, 13, 0, tzinfo=ZONE))
    child.scan(ANAN)
    assert heard(child) == []
