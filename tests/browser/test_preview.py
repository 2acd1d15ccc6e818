"""`kiosk check camera` as a person sees it: a real process, a real Chromium, a video file before the camera."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from drivers.painting import LABEL
from tests.drivers.views import TALL, WIDE, Projection, view

pytestmark = pytest.mark.browser
COMMAND = [sys.executable, "-m", "kiosk", "check", "camera", "--port", "0", "--device"]


@pytest.fixture
def check(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command on a film of a label with a stranger below it, and the address it tells."""
    film = Projection(tmp_path)
    # The second one has one digit too many for the sample library.
    both = np.vstack([view("20240001")[: TALL // 2], view("202400019")[TALL // 2 :]])
    film.show([both] * 20)
    program = subprocess.Popen([*COMMAND, str(film.path)], stdout=subprocess.PIPE, text=True)
    assert program.stdout
    first = program.stdout.readline()
    assert first.startswith("look at http://127.0.0.1:")
    yield program, first.split()[2]
    program.kill()
    program.wait()
    program.stdout.close()


def test_the_page_shows_outline_text_decoder_and_the_line_to_paste(
    check: tuple[subprocess.Popen[str], str], browser: Browser
) -> None:
    _program, url = check
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto(url, wait_until="domcontentloaded")
    said = page.frame_locator("iframe")
    expect(said.locator("li")).to_have_text(
        [
            "20240001 (Code 128, zxing-cpp)",
            "202400019 (Code 128, zxing-cpp): not a label by [barcodes] in library.toml",
        ]
    )
    expect(said.locator("p").nth(1)).to_contain_text("pictures a second")
    picture = page.locator("img")
    expect(picture).to_have_js_property("naturalWidth", WIDE)
    shot = cv2.imdecode(np.frombuffer(picture.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert shot is not None
    green = np.abs(shot.astype(int) - LABEL).max(axis=2) < 70
    rows, columns = np.nonzero(green)
    # The outline lies around the label, which is in the middle of the picture.
    assert rows.size > 200
    assert abs((columns.min() + columns.max()) / 2 - WIDE / 2) < 20
    assert rows.max() < TALL
    for corner in ((40, 20), (600, 140)):
        picture.click(position={"x": corner[0], "y": corner[1]}, no_wait_after=True)
        page.wait_for_url(f"**/?{corner[0]},{corner[1]}", wait_until="domcontentloaded")
    expect(page.frame_locator("iframe").locator("pre")).to_have_text("region = [40, 20, 560, 120]")
    page.close()


def test_what_was_scanned_stands_on_the_console_and_ctrl_c_ends_it(
    check: tuple[subprocess.Popen[str], str],
) -> None:
    program, url = check
    assert program.stdout
    scan, health = sorted(program.stdout.readline().strip() for _ in range(2))
    assert scan == "20240001 (Code 128)"
    assert health.startswith("camera: video file ")
    program.send_signal(signal.SIGINT)
    assert program.wait(10) == 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=2)


def test_a_page_from_elsewhere_does_not_see_the_picture(
    check: tuple[subprocess.Popen[str], str],
) -> None:
    _program, url = check
    asked = urllib.request.Request(url + "picture", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(asked, timeout=2)
    assert caught.value.code == 403
    caught.value.close()
