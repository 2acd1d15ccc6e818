"""The map of the console: its areas, and the pages of each. What a role may not open is not shown.

A page is its endpoint and its word below `console.nav`; an area's word stands below `console.area`.
"""

from __future__ import annotations

from web_ui.console.rights import opens

Page = tuple[str, str]

AREAS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    ("today", (("console.today", "today"),)),
    (
        "circulation",
        (
            ("console.counter.start", "counter"),
            ("console.counter.returns", "returns"),
            ("console.holds.list", "holds"),
            ("console.claims.list", "claims"),
            ("console.overdue.list", "overdue"),
            ("console.classes.list", "classes"),
            ("console.boxes.list", "boxes"),
            ("console.boxes.missing", "missing"),
            ("console.textbooks.list", "textbooks"),
            ("console.textbooks.classes", "handing"),
            ("console.rooms.list", "rooms_now"),
            ("console.rooms.day", "rooms_day"),
        ),
    ),
    (
        "cases",
        (
            ("console.inbox", "inbox"),
            ("console.settled", "settled"),
            ("console.digest", "digest"),
            ("console.slip", "slip"),
        ),
    ),
    (
        "people",
        (
            ("console.people.list", "people"),
            ("console.people.import_form", "people_import"),
            ("console.people.cards", "cards"),
            ("console.people.pins", "pins"),
            ("console.people.year", "year"),
        ),
    ),
    (
        "catalogue",
        (
            ("console.catalogue.list", "titles"),
            ("console.catalogue.arrivals", "arrivals"),
            ("console.catalogue.donated", "donated"),
            ("console.catalogue.labels", "labels"),
            ("console.catalogue.imports", "imports"),
            ("console.catalogue.exports", "exports"),
            ("console.stock.list", "stock"),
            ("console.weeding.list", "weeding"),
            ("console.acts.list", "acts"),
        ),
    ),
    (
        "reading",
        (
            ("console.reading_lists.list", "reading_lists"),
            ("console.activities.list", "activities"),
            ("console.notices.list", "notices"),
        ),
    ),
    (
        "voices",
        (
            ("console.voices.list", "voices"),
            ("console.voices.wishes", "wishes"),
            ("console.voices.forms", "questionnaires"),
        ),
    ),
    (
        "reports",
        (
            ("console.reports.list", "reports"),
            ("console.reports.summary", "report_summary"),
            ("console.reports.lists", "report_lists"),
        ),
    ),
    ("devices", (("console.stations", "stations"), ("console.rules", "rules"))),
    ("accounts", (("console.accounts.list", "accounts"),)),
)


def area_of(page: str) -> str:
    """Where a page lies, by its word."""
    return next((area for area, pages in AREAS if page in {word for _, word in pages}), "")


def areas_shown() -> list[tuple[str, list[Page]]]:
    """The areas with the pages that whoever is signed in may open; the first of each is where its link leads."""
    shown = [(area, [page for page in pages if opens(page[0])]) for area, pages in AREAS]
    return [(area, pages) for area, pages in shown if pages]
