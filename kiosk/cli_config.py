"""`kiosk config` and `kiosk policy`: check the settings, try the rules out."""

from __future__ import annotations

import click


@click.group("config")
def config_group() -> None:
    """Check the settings files."""


@click.group("policy")
def policy_group() -> None:
    """Try the lending rules out."""
