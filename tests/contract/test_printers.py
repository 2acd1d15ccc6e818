"""Every printer keeps the same promises: on a serial port, on the network, as a file, and simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.errors import PrinterTrouble
from drivers.printer import Printer
from drivers.simulator import SimulatedPrinter
from tests.drivers.paper import SLIP, FileEnd, NetworkEnd, SerialEnd, printer_on, read_paper


class Real:
    """An ESC/POS printer and its far end."""

    def __init__(self, end: SerialEnd | NetworkEnd | FileEnd) -> None:
        self.end = end
        self.printer: Printer = printer_on(end)
        self.unplug, self.replug, self.close = end.unplug, end.replug, end.close

    def paper(self) -> str:
        return "\n".join(read_paper(self.end.does.printed))

    def out_of_paper(self, out: bool = True) -> None:
        self.end.does.paper_left = 0 if out else 1 << 20


class Pretended:
    """The simulated printer, which has no cable to pull."""

    def __init__(self) -> None:
        self.simulator = SimulatedPrinter()
        self.printer: Printer = self.simulator
        self.out_of_paper = self.simulator.out_of_paper

    def paper(self) -> str:
        return "\n".join(slip.text for slip in reversed(self.simulator.tray()))

    def close(self) -> None:
        pass


BENCHES: dict[str, Callable[[Path], Real | Pretended]] = {
    "serial": lambda folder: Real(SerialEnd(folder)),
    "network": lambda folder: Real(NetworkEnd(folder)),
    "file": lambda folder: Real(FileEnd(folder)),
    "simulated": lambda folder: Pretended(),
}


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Real | Pretended]:
    bench = BENCHES[request.param](tmp_path)
    yield bench
    bench.printer.stop()
    bench.close()


def test_a_slip_is_on_paper_once_it_is_said_to_be(bench: Real | Pretended) -> None:
    bench.printer.print_slip(SLIP)
    assert bench.paper().count("昆虫记               ") == 1
    assert bench.printer.health()["state"] == "green"


def test_two_slips_come_out_one_after_the_other(bench: Real | Pretended) -> None:
    for _ in range(2):
        bench.printer.print_slip(SLIP)
    assert bench.paper().count("阳光图书馆") == 2


def test_looking_prints_nothing(bench: Real | Pretended) -> None:
    bench.printer.look()
    assert bench.paper() == ""
    assert bench.printer.health()["state"] == "green"


@pytest.mark.parametrize("bench", [name for name in BENCHES if name != "file"], indirect=True)
def test_without_paper_nothing_is_sent_and_with_new_paper_it_prints(
    bench: Real | Pretended,
) -> None:
    bench.out_of_paper()
    with pytest.raises(PrinterTrouble, match="out of paper") as caught:
        bench.printer.print_slip(SLIP)
    assert (caught.value.no_paper, caught.value.begun) == (True, False)
    assert bench.printer.no_paper
    assert bench.printer.health()["state"] == "red"
    bench.out_of_paper(False)
    bench.printer.look()
    assert not bench.printer.no_paper
    bench.printer.print_slip(SLIP)
    assert bench.paper().count("阳光图书馆") == 1


@pytest.mark.parametrize("bench", [name for name in BENCHES if name != "simulated"], indirect=True)
def test_a_printer_comes_back_by_itself_after_it_was_unplugged(bench: Real | Pretended) -> None:
    assert isinstance(bench, Real)
    bench.unplug()
    with pytest.raises(PrinterTrouble) as caught:
        bench.printer.print_slip(SLIP)
    assert not caught.value.begun
    assert bench.printer.health()["state"] == "red"
    bench.replug()
    bench.printer.print_slip(SLIP)
    assert "阳光图书馆" in bench.paper()
    assert bench.printer.health()["state"] == "green"
