"""`kiosk card learn`, and what the settings that it prints do: a shortened number opens the right pupil's visit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from drivers.cards import CardFormat
from kiosk.bootstrap_cards import Completion
from kiosk.cli import main
from kiosk.store.schema import cards
from tests.drivers.wires import Terminal
from tests.faults.demo import Demo, free_port, small_school
from tests.kiosk.school import School

# The same chip with and without its first byte; the twin differs in that byte only.
WHOLE, SHORT, TWIN = "0040856634", "07302202", "0057633850"


def give(folder: Path, *numbers: str) -> None:
    """New cards for the first two patrons, in turn."""
    school = School(folder)
    with school.store.begin() as tx:
        for at, number in enumerate(numbers):
            row = {"number": number, "patron_id": f"p{at % 2 + 1}", "state": "active"}
            tx.conn.execute(insert(cards), row)
    school.close()


def learn(folder: Path, *arguments: str, answers: str = "") -> Result:
    command = ["card", "learn", "--config", str(folder / "config"), *arguments]
    return CliRunner().invoke(main, command, input=answers)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    small_school(tmp_path)
    return tmp_path


def table(folder: Path, kind: str) -> None:
    path = folder / "config/station.toml"
    text = path.read_text(encoding="utf-8").replace('kind = "simulator"', kind, 1)
    path.write_text(text, encoding="utf-8")


def test_a_card_and_its_printed_number_give_the_lines_to_paste(folder: Path) -> None:
    done = learn(folder, answers=f"{WHOLE}\n07302202\n")
    assert done.exit_code == 0, done.output
    assert '    card_from = "8H10D"\n    card_to = "6H8D"\n' in done.output
    assert "leaves out" not in done.output


def test_the_number_need_not_be_known_if_the_card_is_in_the_list(folder: Path) -> None:
    give(folder, WHOLE)
    done = learn(folder, answers=f"{SHORT}\n\n")
    assert '    card_from = "6H8D"\n    card_to = "8H10D"\n' in done.output
    assert "the station takes the one card of its list that fits" in done.output


def test_cards_that_the_reader_would_mix_up_are_counted_and_named(folder: Path) -> None:
    give(folder, WHOLE, TWIN)
    done = learn(folder, "--read", SHORT, "--known", WHOLE)
    assert done.exit_code == 0
    assert "Warning: 2 cards of the list, in 1 groups, are alike to this reader" in done.output
    assert f"    {WHOLE}, {TWIN}\n" in done.output


def test_cards_of_the_list_in_another_format_are_told(folder: Path) -> None:
    give(folder, "B-77")
    done = learn(folder, "--read", SHORT, "--known", WHOLE)
    assert "are not written as 8H10D, such as B-77" in done.output


def test_the_same_number_twice_needs_no_setting(folder: Path) -> None:
    done = learn(folder, "--read", WHOLE, "--known", WHOLE)
    assert (done.exit_code, "nothing needs to be set" in done.output) == (0, True)


def test_another_card_is_asked_for_while_several_ways_fit(folder: Path) -> None:
    done = learn(folder, answers=f"0286331153\n11111111\n{WHOLE}\n026F6C3A\n")
    assert "ways fit so far: another card will tell them apart" in done.output
    assert '    card_from = "8H10D"\n    card_to = "8H"\n' in done.output


@pytest.mark.parametrize(
    ("arguments", "answers", "words"),
    [
        (["--read", WHOLE, "--known", "12345678"], "", "was it one card each time?"),
        (["--read", WHOLE], "", "give one --known for each --read"),
        (["--reader", "back"], "", "station.toml has no scanner 'back'; it has: front"),
        (["--reader", "front"], "", "front is a simulator, which reads no cards"),
        ([], f"{WHOLE}\n\n", "no card of the library's list can be this one"),
    ],
)
def test_what_cannot_be_learnt_is_told(
    folder: Path, arguments: list[str], answers: str, words: str
) -> None:
    done = learn(folder, *arguments, answers=answers)
    assert done.exit_code != 0
    assert words in done.output
    assert "Traceback" not in done.output


def test_a_serial_reader_is_read_as_the_device_writes(folder: Path) -> None:
    terminal = Terminal(folder)
    keys = 'card_from = "8H10D"\ncard_to = "8H"'
    table(folder, f'kind = "serial"\nport = "{terminal.path}"\n{keys}')
    # What is sent before the port is open is lost.
    terminal.send(*[f"{WHOLE}\r".encode()] * 30, pause_s=0.1)
    done = learn(folder, "--reader", "front", answers=f"{SHORT}\n")
    assert '    card_from = "8H10D"\n    card_to = "6H8D"\n' in done.output
    terminal.close()


def test_a_shortened_number_opens_the_visit_of_the_one_it_fits(folder: Path) -> None:
    give(folder, WHOLE)
    terminal = Terminal(folder)
    path = folder / "config/station.toml"
    reader = f'[[scanners]]\nname = "cards"\nkind = "serial"\nport = "{terminal.path}"\n'
    reader += 'card_from = "6H8D"\ncard_to = "8H10D"\n\n[printer]'
    path.write_text(path.read_text("utf-8").replace("[printer]", reader, 1), "utf-8")
    demo = Demo(folder, free_port(), alone=True).ready()
    terminal.send(f"{SHORT}\r".encode())
    screen = demo.screen(lambda screen: screen["place"] == "visit")
    assert "李小满" in json.dumps(screen, ensure_ascii=False)
    demo.close()
    terminal.close()


def test_of_two_cards_that_are_alike_neither_is_taken_and_new_ones_are_seen(
    folder: Path,
) -> None:
    give(folder, WHOLE)
    school = School(folder)
    complete = Completion(school.store, CardFormat.SHORT, CardFormat.WHOLE)
    assert complete(SHORT) == WHOLE
    assert (complete("00000001"), complete("B-77")) == ("00000001", "B-77")
    with school.store.begin() as tx:
        row = {"number": TWIN, "patron_id": "p2", "state": "active"}
        tx.conn.execute(insert(cards), row)
    assert complete(SHORT) == SHORT
    school.close()


def test_check_names_a_reader_that_mixes_cards_up(folder: Path) -> None:
    give(folder, WHOLE, TWIN)
    terminal = Terminal(folder)
    keys = 'card_from = "6H8D"\ncard_to = "8H10D"'
    table(folder, f'kind = "serial"\nport = "{terminal.path}"\n{keys}')
    done = CliRunner().invoke(main, ["check", "--json", "--config", str(folder / "config")])
    (line,) = [one for one in json.loads(done.output)["parts"] if one["part"] == "cards"]
    assert line["state"] == "yellow"
    assert line["what"].startswith("front cannot tell 2 cards of the library apart")
    terminal.close()
