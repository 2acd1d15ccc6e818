"""What several commands share: options that are called the same everywhere, and how trouble ends a command."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import click

from config.settings import SettingsError
from kiosk.errors import KioskError

CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("config"),
    show_default=True,
    help="Folder with station.toml and library.toml (the demo's: demo-data/config).",
)


class Plainly(click.Group):
    """Settings and store trouble end a command with their own words and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            raise SystemExit(1) from None
        except BrokenPipeError:
            raise  # whoever read this has read enough (`| head`): click ends quietly
        except (KioskError, OSError) as error:
            raise click.ClickException(str(error)) from error
        except sqlite3.Error as error:
            raise click.ClickException(
                f"a database file cannot be used ({error}); look at the rights of its folder, and at the disk"
            ) from error
