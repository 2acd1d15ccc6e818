"""The peers of our decoders, as anybody would call them: every symbology that they know, nothing set."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import zxingcpp
from pyzbar import pyzbar

from drivers.decode import Image, Symbology, canonical

Found = list[tuple[str, str]]
Reader = Callable[[Image], Found]

_BY_NAME = {
    "Codabar": Symbology.CODABAR,
    "Code39": Symbology.CODE39,
    "Code128": Symbology.CODE128,
    "EANUPC": Symbology.EAN13,
    "ITF": Symbology.ITF,
    "QRCode": Symbology.QR,
    "CODABAR": Symbology.CODABAR,
    "CODE39": Symbology.CODE39,
    "CODE128": Symbology.CODE128,
    "EAN13": Symbology.EAN13,
    "I25": Symbology.ITF,
    "QRCODE": Symbology.QR,
    "EAN_13": Symbology.EAN13,
    "UPC_A": Symbology.EAN13,
}


def _named(name: str, text: str) -> Found:
    """One read in our words; a symbology that no picture asks for (EAN-8, DataBar) is not counted."""
    symbology = _BY_NAME.get(name)
    return [(symbology, canonical(text, symbology))] if symbology else []


def bare_zxing(image: Image) -> Found:
    found = zxingcpp.read_barcodes(image)
    return [pair for one in found for pair in _named(one.symbology.name, one.text)]


def bare_pyzbar(image: Image) -> Found:
    found = pyzbar.decode(image)
    return [pair for one in found for pair in _named(one.type, one.data.decode("utf-8", "replace"))]


def opencv() -> Reader:
    linear, qr = cv2.barcode.BarcodeDetector(), cv2.QRCodeDetector()

    def read(image: Image) -> Found:
        _ok, texts, kinds, _corners = linear.detectAndDecodeWithType(image)
        found = [p for t, k in zip(texts, kinds, strict=False) if t for p in _named(k, t)]
        text, _outline, _code = qr.detectAndDecode(image)
        return found + (_named("QRCODE", text) if text else [])

    return read
