"""Camera frames drawn from a seed: one printed label on paper over a desk, turned, blurred and noisy."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import barcode
import cv2
import numpy as np
import segno

from config.numbers import check_digit_holds, gtin_holds
from drivers.decode import Image, Symbology

WIDTH, HEIGHT = 1280, 720
PX_PER_MODULE = 3
QUIET = 12
BAR_HEIGHT = 100


@dataclass(frozen=True)
class Frame:
    image: Image
    symbology: Symbology
    text: str


def frames(seed: int, angle: float, count: int) -> Iterator[Frame]:
    """`count` frames of each symbology; the same seed draws the same frames."""
    dice = random.Random(f"{seed} {angle}")
    noise = np.random.default_rng(dice.randrange(2**32))
    for symbology in Symbology:
        for _ in range(count):
            text = a_text(symbology, dice)
            yield Frame(on_desk(label(symbology, text), angle, dice, noise), symbology, text)


def a_text(symbology: Symbology, dice: random.Random) -> str:
    """A number such as labels carry; those of 14 digits and EAN-13 have their check digit."""
    digits = "".join(dice.choices("0123456789", k=13))
    match symbology:
        case Symbology.CODABAR:
            return next(
                text for d in range(10) if check_digit_holds(text := f"{digits}{d}", "mod10")
            )
        case Symbology.ITF:
            return next(text for d in range(10) if gtin_holds(text := f"{digits}{d}"))
        case Symbology.EAN13:
            return next(text for d in range(10) if gtin_holds(text := f"978{digits[:9]}{d}"))
        case Symbology.CODE39:
            return f"B{digits[:7]}"
        case Symbology.CODE128:
            return f"LIB{digits[:8]}"
        case Symbology.QR:
            return f"LIB-{digits}"


def label(symbology: Symbology, text: str, scale: int = PX_PER_MODULE) -> Image:
    """Black on white with quiet zone, `scale` pixels a module."""
    if symbology is Symbology.QR:
        rows = [list(row) for row in segno.make(text, micro=False, error="m").matrix]
        modules = np.pad(np.array(rows, np.uint8), 4)
    else:
        bars = np.array([int(bar) for bar in _bars(symbology, text)], np.uint8)
        quiet = QUIET
        if symbology in (Symbology.CODABAR, Symbology.ITF):
            # Their narrow bars are drawn two modules wide, so that wide ones can be five.
            scale, quiet = max(1, scale - 1), 2 * QUIET
        modules = np.tile(np.pad(bars, quiet), (BAR_HEIGHT // scale, 1))
        modules = np.pad(modules, ((4, 4), (0, 0)))
    ink = np.where(modules > 0, 25, 235).astype(np.uint8)
    return np.kron(ink, np.ones((scale, scale), np.uint8))


def _bars(symbology: Symbology, text: str) -> str:
    match symbology:
        case Symbology.CODABAR:
            return barcode.get("codabar", f"A{text}A").build()[0]
        case Symbology.CODE39:
            return barcode.get("code39", text, options={"add_checksum": False}).build()[0]
        case Symbology.CODE128:
            return barcode.get("code128", text).build()[0]
        case Symbology.EAN13:
            return barcode.get("ean13", text[:12]).build()[0].replace("G", "1")
        case Symbology.ITF:
            return barcode.get("itf", text).build()[0]
        case Symbology.QR:
            raise AssertionError("a QR code has no bars")


def on_desk(paper: Image, angle: float, dice: random.Random, noise: np.random.Generator) -> Image:
    """The paper somewhere on a desk with a grain, `angle` degrees to either side; slight blur, camera noise."""
    across, along = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    tall, wide = paper.shape
    fit = min(
        1.0,
        0.9 * WIDTH / (wide * along + tall * across),
        0.9 * HEIGHT / (wide * across + tall * along),
    )
    turned = cv2.getRotationMatrix2D(
        (paper.shape[1] / 2, paper.shape[0] / 2), angle * dice.choice((-1, 1)), fit
    )
    turned[0, 2] += (WIDTH - paper.shape[1]) / 2 + dice.uniform(-20, 20)
    turned[1, 2] += (HEIGHT - paper.shape[0]) / 2 + dice.uniform(-20, 20)
    desk = np.full((HEIGHT, WIDTH), dice.randrange(70, 150), np.float32)
    grain = np.arange(WIDTH, dtype=np.float32) / np.float32(dice.uniform(9, 30))
    desk += 8 * np.sin(grain)
    size = (WIDTH, HEIGHT)
    laid = cv2.warpAffine(paper.astype(np.float32), turned, size, flags=cv2.INTER_AREA)
    mask = cv2.warpAffine(np.ones(paper.shape, np.float32), turned, size)
    frame = cv2.GaussianBlur(laid * mask + desk * (1 - mask), (0, 0), 0.6)
    frame = frame + 3 * noise.standard_normal((HEIGHT, WIDTH), np.float32)
    return np.clip(frame, 0, 255).astype(np.uint8)
