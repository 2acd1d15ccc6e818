"""What the commands of `central` share."""

from __future__ import annotations

import re
from pathlib import Path

import click

CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("config"),
    show_default=True,
    help="Folder with central.toml.",
)
SCHOOL = click.option("--school", help="Which school; the only one, if there is one.")
_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def ID(_ctx: click.Context, _param: click.Parameter, value: str) -> str:  # noqa: N802
    """An id that never changes: it stands in keys of entries and in file names."""
    if not _ID.fullmatch(value):
        raise click.BadParameter(
            "write small letters, digits, - and _, beginning with a letter, at most 40"
        )
    return value
