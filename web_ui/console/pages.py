"""Joins the console's areas to one blueprint under /console, and says what is told when something cannot be."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, g, render_template
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from sync.central.db import CentralError, Database
from web_ui.console.accounts import account_pages
from web_ui.console.activities import activity_pages
from web_ui.console.acts import act_pages
from web_ui.console.box_loans import box_loan_pages
from web_ui.console.boxes import box_pages
from web_ui.console.cards import card_pages
from web_ui.console.cases import case_pages
from web_ui.console.catalogue_files import file_pages
from web_ui.console.claims import claim_pages
from web_ui.console.classes import class_pages
from web_ui.console.copies import copy_pages
from web_ui.console.counter import counter_pages
from web_ui.console.devices import device_pages
from web_ui.console.entrance import entrance_pages
from web_ui.console.frame import bare
from web_ui.console.gate import guard_console
from web_ui.console.handing import handing_pages
from web_ui.console.holds import hold_pages
from web_ui.console.importing import import_pages
from web_ui.console.notices import notice_pages
from web_ui.console.overdue import overdue_pages
from web_ui.console.people import people_pages
from web_ui.console.pins import pin_pages
from web_ui.console.reading import reading_pages
from web_ui.console.reports import report_pages
from web_ui.console.rooms import room_pages
from web_ui.console.rules import rule_pages
from web_ui.console.school_year import year_pages
from web_ui.console.shelf_lists import list_pages
from web_ui.console.signed import set_up
from web_ui.console.slips import slip_pages
from web_ui.console.stock import stock_pages
from web_ui.console.textbooks import textbook_pages
from web_ui.console.titles import title_pages
from web_ui.console.today import today_pages
from web_ui.console.voices import voice_pages
from web_ui.console.weeding import weeding_pages


def console_pages(
    db: Database, now_ms: Callable[[], int], sign_in_ms: Callable[[], int]
) -> Blueprint:
    """The pages under /console. now_ms: the record's clock; sign_in_ms: what times sign-ins (UTC ms)."""
    pages = Blueprint(
        "console",
        __name__,
        url_prefix="/console",
        template_folder="templates",
        static_folder="static",
    )

    @pages.record_once
    def _set_up(state: BlueprintSetupState) -> None:
        assert isinstance(state.app, Flask)
        set_up(state.app, db, sign_in_ms)

    guard_console(pages)
    entrance_pages(pages, db, sign_in_ms)
    today_pages(pages, db, now_ms)
    case_pages(pages, db, now_ms)
    slip_pages(pages, db, now_ms)
    device_pages(pages, db, now_ms)
    rule_pages(pages, db, now_ms)
    people = people_pages(db, now_ms)
    import_pages(people, db, now_ms)
    year_pages(people, db, now_ms)
    card_pages(people, db, now_ms)
    pin_pages(people, db, now_ms)
    pages.register_blueprint(people)
    pages.register_blueprint(class_pages(db, now_ms))
    boxes = box_pages(db, now_ms)
    box_loan_pages(boxes, db, now_ms)
    pages.register_blueprint(boxes)
    textbooks = textbook_pages(db, now_ms)
    handing_pages(textbooks, db, now_ms)
    pages.register_blueprint(textbooks)
    catalogue = title_pages(db, now_ms)
    for add in (copy_pages, list_pages, file_pages):
        add(catalogue, db, now_ms)
    pages.register_blueprint(catalogue)
    pages.register_blueprint(report_pages(db, now_ms))
    pages.register_blueprint(account_pages(db, now_ms))
    pages.register_blueprint(reading_pages(db, now_ms))
    pages.register_blueprint(activity_pages(db, now_ms))
    pages.register_blueprint(notice_pages(db, now_ms))
    pages.register_blueprint(stock_pages(db, now_ms))
    pages.register_blueprint(weeding_pages(db, now_ms))
    pages.register_blueprint(act_pages(db, now_ms))
    pages.register_blueprint(room_pages(db, now_ms))
    pages.register_blueprint(voice_pages(db, now_ms))
    for circulation in (counter_pages, hold_pages, claim_pages, overdue_pages):
        pages.register_blueprint(circulation(db, now_ms))
    pages.register_error_handler(HTTPException, _told)
    pages.register_error_handler(CentralError, _cannot)
    return pages


def _told(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    ours = error.description != type(error).description
    words = error.description if ours else g.say("console.no_page")
    return _trouble(words or error.name, error.code)


def _cannot(error: CentralError) -> tuple[str, int]:
    return _trouble(g.say("console.cannot"), 503)


def _trouble(words: str, status: int) -> tuple[str, int]:
    return render_template("console/trouble.html", **bare(""), words=words), status
