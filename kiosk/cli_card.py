"""`kiosk card learn`: from cards that were read twice to the settings of the reader."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.cli_options import CONFIG
from kiosk.cli_quiet import quiet

if TYPE_CHECKING:
    from drivers.card_learning import Pair
    from drivers.cards import Link

MOST_CARDS = 5
SCAN_S = 60
SHOWN = 10


@click.group("card")
def card_group() -> None:
    """Campus cards and their readers."""


@card_group.command("learn")
@CONFIG
@click.option("--reader", help="A scanner of station.toml; without it the reader types here.")
@click.option("--read", "reads", multiple=True, help="What the reader makes of a card.")
@click.option("--known", "knowns", multiple=True, help="How the library writes the same card.")
def learn_command(
    config: Path, reader: str | None, reads: tuple[str, ...], knowns: tuple[str, ...]
) -> None:
    """Find out how a reader writes card numbers, from a card whose number the library knows.

    The other number of the card is printed on it, stands in the library's list, or is what another reader makes of it.
    """
    from drivers.card_learning import Pair, learn

    if len(reads) != len(knowns):
        raise click.UsageError("give one --known for each --read")
    numbers = _numbers(config)
    cards = [[Pair(one.strip(), other.strip())] for one, other in zip(reads, knowns, strict=True)]
    while not reads and len(cards) < MOST_CARDS:
        cards.append(_another(config, reader, numbers))
        ways = len(learn(cards))
        if ways <= 1 or _as_it_is(cards):
            break
        click.echo(f"{ways} ways fit so far: another card will tell them apart.")
    _tell(cards, learn(cards), numbers)


def _numbers(config: Path) -> list[str]:
    """The library's list; empty before the station has ever run."""
    from config.settings import load_station
    from kiosk.folders import Folders
    from kiosk.store.listing import card_numbers
    from kiosk.store.store import Store

    folders = Folders(config.resolve())
    store = Store.look(folders.store(load_station(folders.config / "station.toml")))
    if store is None:
        return []
    with store.read() as tx:
        numbers = card_numbers(tx).splitlines()
    store.close()
    return numbers


def _another(config: Path, reader: str | None, numbers: list[str]) -> list[Pair]:
    from drivers.card_learning import Pair, search

    read = _scanned(config, reader) if reader else click.prompt("Hold a card to the reader").strip()
    asked = "The same card's number as the library writes it"
    known = click.prompt(
        f"{asked} (Enter: look for it in the list)", default="", show_default=False
    )
    if known.strip():
        return [Pair(read, known.strip())]
    found = search(read, numbers)
    if not found:
        raise click.ClickException(
            "no card of the library's list can be this one in any format; bring the list in with "
            "`kiosk import patrons`, or type the number that is printed on the card"
        )
    return found


def _scanned(config: Path, reader: str) -> str:
    """One scan of a scanner of station.toml, as the device writes it."""
    from config.settings import load_station
    from drivers.make import make_scanner
    from drivers.scan import Scan

    scanners = load_station(config / "station.toml").scanners
    settings = next((one for one in scanners if one.name == reader), None)
    if settings is None:
        names = ", ".join(one.name for one in scanners) or "none"
        raise click.ClickException(f"station.toml has no scanner {reader!r}; it has: {names}")
    if settings.kind == "simulator":
        raise click.ClickException(
            f"{reader} is a simulator, which reads no cards; name another with --reader, or give --read"
        )
    scans: queue.Queue[Scan] = queue.Queue()
    click.echo(f"Hold a card to {reader}; there are {SCAN_S} seconds.")
    with quiet():
        scanner = make_scanner(settings.model_copy(update={"card_from": "", "card_to": ""}))
        scanner.start(scans.put)
        try:
            return next(filter(None, (scans.get(timeout=SCAN_S).text for _ in range(100))))
        except (queue.Empty, StopIteration):
            health = scanner.health()
            raise click.ClickException(
                f"no card was read: {health['what']}; {health['do'] or 'hold a card closer'}"
            ) from None
        finally:
            scanner.stop()


def _as_it_is(cards: list[list[Pair]]) -> bool:
    return all(pair.read == pair.known for pairs in cards for pair in pairs)


def _tell(cards: list[list[Pair]], ways: tuple[Link, ...], numbers: list[str]) -> None:
    from drivers.card_learning import drops_bytes, lines

    if _as_it_is(cards):
        click.echo("This reader writes cards as the library does: nothing needs to be set.")
        return
    if not ways:
        raise click.ClickException(
            "no card format makes these numbers the same card; was it one card each time? "
            "Try another card, or set the reader to another format"
        )
    if len(ways) > 1:
        raise click.ClickException(
            f"{len(ways)} ways fit these cards; learn from more cards, in one call"
        )
    (link,) = ways
    click.echo(f"The reader writes {link.first}, the library {link.second}. Its [[scanners]] table")
    click.echo("in station.toml needs these lines, and the station a restart:")
    for line in lines(link):
        click.echo(f"    {line}")
    if drops_bytes(link):
        click.echo(
            "This reader leaves out a part of each number: the station takes the one card of its list that fits."
        )
    _warn(link, numbers)


def _warn(link: Link, numbers: list[str]) -> None:
    from drivers.card_learning import alike, foreign

    groups = alike(link, numbers)
    if groups:
        count = sum(map(len, groups))
        click.echo(
            f"Warning: {count} cards of the list, in {len(groups)} groups, are alike to this reader; "
            "it opens no visit for them. Set the reader to a longer format, or give these patrons other cards:"
        )
        for group in groups[:SHOWN]:
            click.echo(f"    {', '.join(group)}")
        if len(groups) > SHOWN:
            click.echo(f"    ... and {len(groups) - SHOWN} groups more")
    others = foreign(link, numbers)
    if others:
        click.echo(
            f"Warning: {len(others)} of {len(numbers)} cards of the list are not written as {link.second}, "
            f"such as {others[0]}: no card that is read becomes one of them."
        )
