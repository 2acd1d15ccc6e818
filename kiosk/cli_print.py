"""`kiosk cards print` and `kiosk labels print`: one HTML file, ready for the printer.

Exit 0: all that was asked for; 1: some are left out and listed, or nothing could be printed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from kiosk.cli_options import CONFIG
from kiosk.errors import SheetError

if TYPE_CHECKING:
    from config.library import Library
    from config.sheets import Sheet
    from kiosk.sheets.values import LeftOut
    from kiosk.store.store import Store

# How many of those left out the screen shows; a dry run shows them all.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Job:
    """Where it goes, and how. `start_at`: the first label that is still on the sheet."""

    config: Path
    out: Path
    start_at: int
    dry_run: bool
    force: bool


@dataclass(frozen=True, slots=True)
class _Work:
    """What is printed: the text of each, in words and as HTML; and those left out."""

    texts: Sequence[Any]
    faces: Sequence[str]
    left: Sequence[LeftOut]


@click.group("cards")
def cards_group() -> None:
    """Library cards on paper."""


@click.group("labels")
def labels_group() -> None:
    """Barcode labels and spine labels on paper."""


def _common(out: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    options = (
        click.option("--dry-run", is_flag=True, help="List what would be printed; write nothing."),
        click.option("--force", is_flag=True, help="Replace the file if it is there already."),
        click.option(
            "--start-at",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            metavar="N",
            help="First label that is left on a partly used sheet, counted row by row.",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path, dir_okay=False),
            default=Path(out),
            show_default=True,
            help="The file to write.",
        ),
        CONFIG,
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in options:
            command = option(command)
        return command

    return decorate


@cards_group.command("print")
@click.option("--class", "classes", multiple=True, help="A class, such as 三年级2班.")
@click.option("--patron", "patrons", multiple=True, help="Number of a patron or of a card.")
@click.option("--all", "everybody", is_flag=True, help="Everybody.")
@click.option("--backs", is_flag=True, help="A page of backs (cards.back) after each page.")
@_common("cards.html")
def print_cards(
    classes: tuple[str, ...],
    patrons: tuple[str, ...],
    everybody: bool,
    backs: bool,
    **job: Any,
) -> None:
    """Cards as one HTML file: name, class, number, bars. Each of the first three options adds cards."""
    from kiosk.sheets.cards import card_texts
    from kiosk.sheets.choosing import PatronChoice, choose_cards
    from kiosk.sheets.faces import card_back, card_face

    if not (classes or patrons or everybody):
        raise click.UsageError("say whose cards: --class, --patron or --all")
    library, store, name, words = _opened(job["config"])
    today = datetime.now(ZoneInfo(library.library.time_zone)).date()
    with store.read() as tx:
        holders = tx.every_patron()
    store.close()
    choice = PatronChoice(classes, patrons, everybody)
    chosen, left = choose_cards(holders, choice, library.barcodes, today)
    texts = card_texts(chosen, library, name=name, heading=words("sheet.card"))
    work = _drawn(texts, card_face(library.cards), left)
    back = card_back(library.cards, name) if backs else ""
    sheet = library.cards.sheet
    _check_symbologies(library.cards.symbology, qr=library.cards.qr, library=library)
    _print(_Job(**job), work, sheet, "card", words, back=back, cut_out=sheet.count > 1)


@labels_group.command("print")
@click.option("--copy", "numbers", multiple=True, help="A label's number.")
@click.option("--from", "first", default="", help="First of a range of label numbers.")
@click.option("--to", "last", default="", help="Last of a range of label numbers.")
@click.option("--call-from", "call_first", default="", help="First of a range of call numbers.")
@click.option(
    "--call-to", "call_last", default="", help="Last of it; all that begin with it belong to it."
)
@click.option("--title", "titles", multiple=True, help="All copies of a title.")
@click.option("--all", "everything", is_flag=True, help="Every copy.")
@click.option("--spine", is_flag=True, help="Call numbers for the spines, instead of barcodes.")
@_common("labels.html")
def print_labels(
    numbers: tuple[str, ...],
    titles: tuple[str, ...],
    everything: bool,
    spine: bool,
    **more: Any,
) -> None:
    """Labels as one HTML file. Every option that names copies adds some; a range of call numbers is in shelf order."""
    from kiosk.sheets.choosing import CopyChoice, choose_copies
    from kiosk.sheets.faces import label_face, spine_face
    from kiosk.sheets.values import LabelText

    ranges = {name: more.pop(name) for name in ("first", "last", "call_first", "call_last")}
    choice = CopyChoice(numbers, titles, everything=everything, **ranges)
    if choice == CopyChoice():
        raise click.UsageError(
            "say which copies: --copy, --from and --to, --call-from and --call-to, --title or --all"
        )
    library, store, name, words = _opened(more["config"])
    with store.read() as tx:
        copies = tx.every_copy()
    store.close()
    chosen, left = choose_copies(copies, choice, library.barcodes)
    texts = [LabelText(c.barcode, c.title.title, c.call_number, name) for c in chosen]
    if spine:
        work = _drawn(texts, spine_face(library.labels), left)
        _print(_Job(**more), work, library.labels.spine, "spine label", words)
        return
    _check_symbologies(library.labels.symbology, qr=library.labels.qr, library=library)
    work = _drawn(texts, label_face(library.labels), left)
    _print(_Job(**more), work, library.labels.sheet, "label", words)


def _opened(config: Path) -> tuple[Library, Store, str, Any]:
    """The rules, the store, what the library is called on paper, and the words."""
    from config.settings import load_library
    from kiosk.folders import existing_store
    from web_ui.catalogue import Voice

    library = load_library(config / "library.toml")
    words = Voice(library.screen.language)
    english = library.library.name_en if words.language == "en" else ""
    return library, existing_store(config), english or library.library.name, words


def _check_symbologies(symbology: str, *, qr: bool, library: Library) -> None:
    from config.sheet_checks import unseen

    for wanted in (symbology, *(["QR Code"] if qr else [])):
        if message := unseen(wanted, library.barcodes):
            raise SheetError(message)


def _drawn(
    texts: Iterable[Any], face: Callable[[Any], str | LeftOut], left: Sequence[LeftOut]
) -> _Work:
    drawn = [(text, face(text)) for text in texts]
    return _Work(
        [text for text, shown in drawn if isinstance(shown, str)],
        [shown for _, shown in drawn if isinstance(shown, str)],
        [*left, *(shown for _, shown in drawn if not isinstance(shown, str))],
    )


def _print(
    job: _Job,
    work: _Work,
    sheet: Sheet,
    noun: str,
    words: Any,
    *,
    back: str = "",
    cut_out: bool = False,
) -> None:
    from kiosk.sheets.page import document, sheets_needed

    if job.start_at > sheet.count:
        raise click.BadParameter(
            f"a sheet has {sheet.count} labels; write 1 to {sheet.count}", param_hint="--start-at"
        )
    _tell_left_out(work.left, most=len(work.left) if job.dry_run else SHOWN)
    if not work.faces:
        raise SheetError(f"no {noun} can be printed of what was asked for; nothing was written")
    sheets = sheets_needed(len(work.faces), sheet, job.start_at)
    count = f"{_many(len(work.faces), noun)} on {_many(sheets, 'sheet')}"
    if job.dry_run:
        for index, text in enumerate(work.texts, job.start_at - 1):
            page, at = divmod(index, sheet.count)
            click.echo(f"sheet {page + 1}, {at + 1:>2}: {text}")
        click.echo(f"would print {count}; nothing was written")
    else:
        html = document(
            work.faces,
            sheet,
            title=f"{noun}s",
            advice=words("sheet.advice"),
            start_at=job.start_at,
            back=back,
            cut_out=cut_out,
        )
        _write(job, html)
        click.echo(f"{job.out}: {count}; print at actual size (100 %), without margins")
    if work.left:
        click.echo(f"left out: {len(work.left)}, listed above", err=True)
        raise SystemExit(1)


def _tell_left_out(left: Sequence[LeftOut], most: int) -> None:
    for one in left[:most]:
        click.echo(str(one), err=True)
    if len(left) > most:
        click.echo(f"... and {len(left) - most} more; --dry-run lists them all", err=True)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _write(job: _Job, html: str) -> None:
    """The whole file or none."""
    if not job.out.parent.is_dir():
        raise SheetError(f"there is no folder {job.out.parent}; make it, or name another file")
    if job.out.exists() and not job.force:
        raise SheetError(
            f"{job.out} is there already; name another file with --out, or add --force"
        )
    part = job.out.with_name(job.out.name + ".part")
    try:
        part.write_text(html, encoding="utf-8")
        os.replace(part, job.out)
    finally:
        part.unlink(missing_ok=True)
