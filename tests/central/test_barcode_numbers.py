"""New copies get the next free labels, in the library's own shape and with its check digit."""

from __future__ import annotations

import pytest

from config.library import Barcodes
from config.numbers import check_digit_holds
from sync.central.barcode_numbers import next_labels
from sync.central.db import CentralError, insert_many
from sync.central.desk import Desk
from sync.central.schema import cards
from tests.central.fleet import SCHOOL, found_school
from tests.sync.story import NOON


def shaped(*shapes: str, check: str = "none") -> Barcodes:
    return Barcodes.model_validate(
        {"card": ["##########"], "copy": list(shapes), "copy_check_digit": check}
    )


def test_the_next_labels_follow_the_highest_and_step_over_what_is_taken(db):
    found_school(db, barcodes=("00000007", "00000009", "20001"), people=("ming",))
    with db.begin(SCHOOL) as conn:
        assert next_labels(conn, SCHOOL, shaped("########"), 2) == ["00000010", "00000011"]
        Desk(conn, SCHOOL, "li", NOON).replace_barcode("00000009", "00000008")
        insert_many(
            conn,
            cards,
            [{"school": SCHOOL, "number": "00000010", "patron_id": "ming", "state": "active"}],
        )
        # The old label still leads to its copy, and a card has the next.
        assert next_labels(conn, SCHOOL, shaped("########"), 2) == ["00000011", "00000012"]


def test_a_shape_with_letters_in_front_and_a_check_digit_is_counted_in(db):
    found_school(db)
    with db.begin(SCHOOL) as conn:
        assert next_labels(conn, SCHOOL, shaped("@@##", "TS#####"), 1) == ["TS00001"]
        labels = next_labels(conn, SCHOOL, shaped("########", check="mod10"), 30)
    assert len(set(labels)) == 30
    assert all(check_digit_holds(label, "mod10") for label in labels)
    assert [label[:7] for label in labels[:2]] == ["0000001", "0000002"]


def test_numbers_that_are_used_up_or_cannot_be_counted_are_told(db):
    found_school(db, barcodes=("98",))
    with db.begin(SCHOOL) as conn:
        assert next_labels(conn, SCHOOL, shaped("##"), 1) == ["99"]
        with pytest.raises(CentralError, match="## are used up"):
            next_labels(conn, SCHOOL, shaped("##"), 2)
        with pytest.raises(CentralError, match="nobody can count in the shapes @@@"):
            next_labels(conn, SCHOOL, shaped("@@@"), 1)
