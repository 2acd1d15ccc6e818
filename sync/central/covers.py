"""Pictures of covers: looked at before anything opens them, made small and anew, so that nothing else travels along.

What is kept is a JPEG of our own making: no place, no camera, no second file behind the picture.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from sync.central.schema import pictures

if TYPE_CHECKING:
    import numpy

MAX_BYTES = 5 << 20
# A picture is measured before it is opened: a few kilobytes may claim to be a square kilometre.
MAX_SIDE_PX, MAX_PIXELS = 12_000, 40_000_000
HEIGHT_PX, WIDTH_PX = 640, 640
_QUALITY = 85


class BadPicture(ValueError):
    """The file is no cover. Its text is a word below console.catalogue.cover.cannot."""


def made_cover(content: bytes) -> tuple[str, bytes]:
    """A picture (PNG, JPEG, WebP) as it is kept, and the hash by which it is called. Raises BadPicture."""
    # Imported here and below: a tenth of a second that every start would pay for the few uploads there are.
    import cv2

    if len(content) > MAX_BYTES:
        raise BadPicture("large")
    width, height = _size(content)
    if not (
        0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX and width * height <= MAX_PIXELS
    ):
        raise BadPicture("size" if width and height else "kind")
    # Turned as its camera said, in plain colours; transparency becomes white paper below.
    picture = _opened(content)
    scale = min(1.0, HEIGHT_PX / picture.shape[0], WIDTH_PX / picture.shape[1])
    if scale < 1:
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise BadPicture("kind")
    kept = jpeg.tobytes()
    return hashlib.sha256(kept).hexdigest(), kept


def picture(conn: Connection, school: str, digest: str) -> bytes | None:
    """A kept picture."""
    query = select(pictures.c.content).where(pictures.c.school == school, pictures.c.hash == digest)
    found = conn.execute(query).scalar()
    return bytes(found) if found is not None else None


def _opened(content: bytes) -> numpy.ndarray:
    import cv2
    import numpy

    raw = numpy.frombuffer(content, numpy.uint8)
    try:
        plain = cv2.imdecode(raw, cv2.IMREAD_COLOR)
        whole = (
            cv2.imdecode(raw, cv2.IMREAD_UNCHANGED) if content[:4] != b"\xff\xd8\xff\xe0" else None
        )
    except cv2.error as error:
        raise BadPicture("kind") from error
    if plain is None:
        raise BadPicture("kind")
    if whole is None or whole.ndim != 3 or whole.shape[2] != 4 or whole.dtype != numpy.uint8:
        return plain
    seen = whole[:, :, 3:].astype(numpy.float32) / 255
    return (whole[:, :, :3] * seen + 255 * (1 - seen)).astype(numpy.uint8)


def _size(content: bytes) -> tuple[int, int]:
    """Width and height that the file claims; (0, 0) for what is none of the three kinds."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return struct.unpack(">II", content[16:24])
        if content.startswith(b"\xff\xd8\xff"):
            return _size_of_jpeg(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _size_of_webp(content)
    except (struct.error, IndexError):
        pass
    return 0, 0


def _size_of_jpeg(content: bytes) -> tuple[int, int]:
    at = 2
    while content[at] == 0xFF:
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        # Start of frame, of any coding but tables (C4), extensions (C8) and conditioning (CC).
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + max(2, length)
    return 0, 0


def _size_of_webp(content: bytes) -> tuple[int, int]:
    kind, body = content[12:16], content[20:30]
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
