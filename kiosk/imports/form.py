"""What a file is by what is in it, for its name may say anything; and advice where it cannot be read."""

from __future__ import annotations

import zipfile
from enum import StrEnum
from pathlib import Path

from kiosk.imports.faults import ImportFailed
from kiosk.imports.marc import looks_like_marc

_HEAD = 4_096
_SAVE = "open it in Excel or WPS and save it as .xlsx (另存为)"
_WEB_PAGES = (b"<html", b"<!doctype html", b"<table", b"<meta", b"<style")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")


class Form(StrEnum):
    XLSX = "xlsx"
    MARC = "marc"
    TEXT = "text"


def form_of(path: Path) -> Form:
    """Look into the file; raises ImportFailed for what holds neither a table nor MARC records."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _packed(path)
    if looks_like_marc(path):
        return Form.MARC
    if advice := _advice(head):
        raise ImportFailed(f"{path} {advice}")
    return Form.TEXT


def _packed(path: Path) -> Form:
    try:
        with zipfile.ZipFile(path) as archive:
            folders = {name.split("/")[0] for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise ImportFailed(f"{path} is damaged ({error}); export it again") from error
    if "xl" in folders:
        return Form.XLSX
    if "word" in folders:
        raise ImportFailed(
            f"{path} is a Word document; copy its table into Excel or WPS and save it as .xlsx"
        )
    raise ImportFailed(f"{path} is an archive; unpack it, and import the file in it")


def _advice(head: bytes) -> str:
    """Why a file that begins like this is not read, and what to do; "" for a text."""
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    if not head:
        return "is empty; export it again"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return (
            "is an old .xls file, or has a password; save it as .xlsx (Excel: 另存为) without one"
        )
    if start.startswith(_WEB_PAGES):
        return f"is a web page, which some programs call .xls; {_SAVE}"
    if start.startswith((b"<?xml", b"<collection", b"<record")):
        marc = b"<record" in start or b"<collection" in start
        return (
            "holds MARCXML; export the records as ISO 2709 (.mrc, .iso)"
            if marc
            else f"is an XML file; {_SAVE}"
        )
    if start.startswith(b"%pdf"):
        return "is a PDF; ask whoever made it for the table itself, as .xlsx or .csv"
    if head.startswith(_PICTURES):
        return "is a picture; ask whoever made it for the table itself, as .xlsx or .csv"
    return ""
