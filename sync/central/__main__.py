"""`python -m sync.central` is the `central` command."""

from sync.central.cli import main

main()
