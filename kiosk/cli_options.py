"""Options that several commands share: what is the same is called the same everywhere."""

from __future__ import annotations

from pathlib import Path

import click

CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("config"),
    show_default=True,
    help="Folder with station.toml and library.toml (the demo's: demo-data/config).",
)
