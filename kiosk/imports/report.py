"""What an import came to: the counts, the rows that were not taken, and the file that lists them all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kiosk.imports.compare import Comparison
from kiosk.imports.faults import Problem
from kiosk.imports.staging import Staging
from kiosk.store.backup import drop_old

_NAMES = {"patron": "patrons", "card": "cards", "title": "titles", "copy": "copies"}
# More than these are in the file only.
_KEPT_LINES = 200
KEPT_LISTS = 20


@dataclass(slots=True)
class Report:
    """`problems`: the first of `found` as lines; all are in `file`. kept: new rows in use when it was cancelled."""

    kind: str
    source: str
    dry_run: bool = False
    rows: int = 0
    unit: str = "line"
    comparison: Comparison = field(default_factory=Comparison)
    rejected: int = 0
    warnings: int = 0
    problems: list[str] = field(default_factory=list)
    found: tuple[Problem, ...] = ()
    file: Path | None = None
    cancelled: bool = False
    kept: int = 0
    finished: str = ""
    seconds: float = 0.0

    def summary(self) -> list[str]:
        """A few plain sentences for the screen."""
        lines = [self.finished] if self.finished else []
        if self.cancelled:
            return [*lines, *self._cancelled()]
        lines.append(f"{self.source}: {self.rows} {self.unit}s in {self.seconds:.1f} s")
        for kind, count in self.comparison.counts.items():
            name = _NAMES[kind]
            lines.append(
                f"{name}: {count.new} new, {count.changed} changed, {count.same} as before"
            )
        lines.append(f"{self.rejected} rejected, {self.warnings} taken with a note")
        if self.comparison.left_alone:
            name = "patrons" if self.kind == "patrons" else "copies"
            lines.append(
                f"{self.comparison.left_alone} {name} that the file does not name are left as they are"
            )
        if self.dry_run:
            lines.append("this was a dry run: nothing was written")
        return lines

    def _cancelled(self) -> list[str]:
        lines = ["cancelled: the store is as it was before"]
        if self.kept:
            lines.append(f"except {self.kept} new rows that were used meanwhile; they stay")
        return lines


def as_line(problem: Problem, unit: str) -> str:
    """One line: where, what, what to do."""
    where = f"{unit} {problem.line}" if problem.line else "file"
    verdict = "rejected" if problem.rejected else "note"
    return f"{where}: {verdict}: {problem.what}; {problem.remedy}"


def note_problems(report: Report, folder: Path, staging: Staging) -> None:
    """Count the problems, keep the first as lines, and write all into a file of their own if there are any."""
    report.unit = staging.get("unit") or "line"
    found = sorted(staging.problems(), key=lambda p: (not p.rejected, p.line))
    report.found = tuple(found)
    report.rejected = sum(p.rejected for p in found)
    report.warnings = len(found) - report.rejected
    report.problems = [as_line(p, report.unit) for p in found[:_KEPT_LINES]]
    if not found:
        return
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).astimezone().strftime("%Y%m%d-%H%M%S")
    report.file = folder / f"{stamp}-{report.kind}.txt"
    lines = [f"{report.source}: {report.rejected} rejected, {report.warnings} notes", ""]
    lines += [as_line(p, report.unit) for p in found]
    try:
        report.file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError:
        report.file.unlink(missing_ok=True)
        raise
    drop_old(folder, "*.txt", keep=KEPT_LISTS)
