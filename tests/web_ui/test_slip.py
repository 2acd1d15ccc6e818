"""The slip: short enough for a phone, complete enough to settle an argument."""

from __future__ import annotations

import io

import pytest
import segno

from tests.web_ui.looks import BUSY
from tests.web_ui.samples import BOOKS, LOCAL, lent, loan, returned, visit
from web_ui.slip_words import MAX_BYTES
from web_ui.station.slip import STYLE, slip_html, slip_text


def test_a_slip_masks_the_name_and_tells_dates_and_proof() -> None:
    text = slip_text(
        visit(returned(3), lent(2, BOOKS[4]), lent(1), loan(0)), "zh", "阳光图书馆", LOCAL
    )
    assert text == (
        "阳光图书馆\n2026年11月25日 11:45\n李**\n借：\n· 昆虫记，12月9日前还\n· 夏洛的网，12月9日前还\n"
        "还：\n· 海底两万里，凭证 R4T9\n以前借的：\n· 城南旧事，12月2日前还"
    )


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("count", [1, 5, 12, 60])
def test_a_slip_stays_short_however_many_books(language: str, count: int) -> None:
    lines = [lent(i, BOOKS[i % len(BOOKS)]) for i in range(count)]
    text = slip_text(visit(*lines), language, "阳光实验学校图书馆", LOCAL)
    assert len(text.encode()) <= MAX_BYTES
    if count == 60:
        shown = text.count("·")
        assert f"{60 - shown}" in text.splitlines()[-1]


def test_the_code_on_screen_is_read_back_as_the_text() -> None:
    cv2 = pytest.importorskip("cv2")
    zxing = pytest.importorskip("zxingcpp")
    np = pytest.importorskip("numpy")
    text = slip_text(visit(*BUSY), "zh", "阳光实验学校图书馆", LOCAL)
    out = io.BytesIO()
    segno.make(text, error="l", micro=False, encoding="utf-8", boost_error=False).save(
        out, kind="png", scale=5, border=4
    )
    image = cv2.imdecode(np.frombuffer(out.getvalue(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert zxing.read_barcodes(image)[0].text == text


def test_the_printed_slip_is_one_page_that_needs_nothing_else() -> None:
    page = slip_html(visit(lent(1)), "zh", "<图书馆>", LOCAL)
    assert STYLE in page
    assert "&lt;图书馆&gt;" in page
    assert "<svg" in page
    assert "李小满" not in page
    assert "src=" not in page
