"""Patrons and catalogue from files: read and check, compare with the store, write in short steps.

read.py and what it uses (tables, MARC) stage a file beside the store; compare.py plans what is to be written;
steps.py writes it while the desk is open, undoes it, or goes on with it after a crash; run.py is the whole of it.
"""

from __future__ import annotations

from kiosk.store.store import Store


def finish_interrupted(store: Store) -> str:
    """Finish an import that a crash broke off; what was done, in words ("" in the ordinary case)."""
    # A station starts without the readers of files, which take a third of a second to import.
    from kiosk.imports.staging import FILE

    if not (store.folder / FILE).exists():
        return ""
    from kiosk.imports.run import finish_interrupted as finish

    return finish(store)
