"""A sheet on paper: the real file in Chromium as it prints, photographed at 300 dots an inch, label by label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Page

from config.sheets import Sheet
from drivers.decode import ALL, Decoded, Image, read_zxing
from kiosk.sheets.page import place

DPI = 300
MM = DPI / 25.4


@contextmanager
def printed(browser: Browser, file: Path) -> Iterator[Page]:
    """The file opened for print, at 300 dots an inch; it may ask nobody for anything."""
    context = browser.new_context(device_scale_factor=DPI / 96, offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(media="print")
    page.goto(file.as_uri())
    page.evaluate("() => document.fonts.ready")
    try:
        yield page
        assert asked == [file.as_uri()]
    finally:
        context.close()


def photographs(page: Page) -> list[Image]:
    """Each page of paper in grey."""
    shots = [section.screenshot() for section in page.locator("section").all()]
    flags = cv2.IMREAD_GRAYSCALE
    return [np.asarray(cv2.imdecode(np.frombuffer(s, np.uint8), flags), np.uint8) for s in shots]


def cut_out(photograph: Image, index: int, sheet: Sheet) -> Image:
    """One label, where the sheet of stickers really has it."""
    left, top = (round(mm * MM) for mm in place(index, sheet))
    width, height = round(sheet.label_width * MM), round(sheet.label_height * MM)
    return photograph[top : top + height, left : left + width]


def codes_on(label: Image) -> list[Decoded]:
    return list(read_zxing(label, ALL))


def overflowing(page: Page) -> list[str]:
    """Texts that are wider than their place, or stand outside their label."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('div p')].filter(p => {
            const a = p.getBoundingClientRect(), b = p.parentElement.getBoundingClientRect()
            return p.scrollWidth > p.clientWidth + 1 || a.left < b.left || a.right > b.right + 1
                || a.top < b.top || a.bottom > b.bottom + 1
        }).map(p => p.textContent)"""
    )
    return found


def colliding(page: Page) -> list[str]:
    """Texts that run into another text or into the bars of the same label."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('div')].flatMap(label => {
            const parts = [...label.querySelectorAll('p, svg')].map(part => {
                const place = part.getBoundingClientRect()
                if (!part.matches('p')) return [part, place]
                // As wide as its words, as high as its lines.
                const range = document.createRange()
                range.selectNodeContents(part)
                const {left, right} = range.getBoundingClientRect()
                return [part, {left, right, top: place.top, bottom: place.bottom}]
            })
            return parts.flatMap(([p, a], i) => parts.slice(i + 1).filter(([q, b]) =>
                a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2
            ).map(([q]) => `${p.textContent} / ${q.textContent || q.tagName}`))
        })"""
    )
    return found


def paper_sizes(page: Page) -> list[tuple[float, float]]:
    """Width and height in mm of every page that really comes out of the printer."""
    made = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", made)
    return [(round(float(w) * 25.4 / 72), round(float(h) * 25.4 / 72)) for w, h in boxes]
