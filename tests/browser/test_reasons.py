"""Every reason, reached by a real act, is told on the page in a child's words, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kiosk.domain import Reason
from kiosk.screen import Screen, Touch
from kiosk.store import store as store_module
from tests.browser.pupil import foreign_words, pupil
from tests.kiosk.acts import top
from tests.kiosk.test_reasons import ROUTES

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_on_the_page_in_both_languages(
    tmp_path: Path, browser: Browser, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOCK_WAIT_S", 0.2)
    with pupil(tmp_path, browser) as child:
        screen = ROUTES[reason](child.school)
        assert top(screen).reason is reason
        child.sees(screen)
        chinese = child.reads()
        visit = screen.visit.id if screen.visit else None
        assert child.school.station.touch(Touch.LANGUAGE, visit=visit)
        child.sees(child.school.station.screen)
        english = child.reads().replace("\n", "")
        assert chinese != english
        assert foreign_words(english, *names_on(screen)) == set()


def names_on(screen: Screen) -> list[str]:
    """What stays Chinese on an English page: the library, the patron, titles and authors."""
    lines = [*screen.returns, *(screen.visit.lines if screen.visit else ())]
    lines += [screen.notice] if screen.notice else []
    books = [word for line in lines for word in (line.book.title, line.book.author)]
    patron = [screen.visit.name, screen.visit.class_name] if screen.visit else []
    return [screen.library, "中文", *books, *patron]
