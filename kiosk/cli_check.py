"""`kiosk check`: one table of everything that a station stands on, and what to do where it is not well."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiosk.cli_options import CONFIG
from kiosk.cli_quiet import quiet
from kiosk.folders import Folders

PIPED_WIDTH = 130
_COLOURS = {"green": "green", "yellow": "yellow", "red": "bold red"}


@click.group("check", invoke_without_command=True)
@CONFIG
@click.option(
    "--port", type=click.IntRange(1, 65535), help="The port that `kiosk run --port` was given."
)
@click.option("--json", "as_json", is_flag=True, help="For a program: state, and every part.")
@click.pass_context
def check_group(ctx: click.Context, config: Path, port: int | None, as_json: bool) -> None:
    """Tell how every part of the station is, while it runs or not; nothing is changed.

    Exit 0: nothing is red (yellow asks for a look, lending goes on); 1: something is.
    """
    if ctx.invoked_subcommand:
        return
    from kiosk.bootstrap_check import Row, check, worst

    with quiet():
        rows: list[Row] = check(Folders(config.resolve()), port=port)
    state = worst(rows)
    if as_json:
        parts = [{"part": part, **line} for part, line in rows]
        click.echo(json.dumps({"state": state, "parts": parts}, ensure_ascii=False, indent=2))
    else:
        _print(rows, state)
    if state == "red":
        raise SystemExit(1)


def _print(rows: list[tuple[str, dict[str, object]]], state: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    table = Table("part", "", "what", "what to do", box=None, pad_edge=False)
    for part, line in rows:
        colour = _COLOURS[str(line["state"])]
        word = f"[{colour}]{line['state']}[/]"
        table.add_row(part, word, escape(str(line["what"])), escape(str(line["do"])))
    console.print(table)
    console.print(f"\nThe station is [{_COLOURS[state]}]{state}[/].")
