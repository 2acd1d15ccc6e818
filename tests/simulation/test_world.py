"""Stations, a bad line, backups, copied disks and wrong clocks, at random: nothing is lost, and nothing counts twice.

`make simulate` runs it longer (RUNS, STEPS). A failure prints the steps that lead to it.
"""

from __future__ import annotations

import os
import random
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.simulation.checks import CHECKS, QUIET, STEP, faults
from tests.simulation.world import PATRONS, World
from tests.sync.town import COPIES

RUNS = int(os.environ.get("SIMULATE_RUNS", "0"))
STEPS = int(os.environ.get("SIMULATE_STEPS", "20"))
BUSY = 16
MINUTE = 60_000
FATES = ("good", "lost", "reply lost", "twice", "late", "twice and late")
# After how many steps of an exchange the process ends; most are done whole, or pages would seldom be taken in.
DEATHS = (*[0] * 24, *range(1, 13))
which = st.integers(0, 3)
passed_on = st.tuples(st.sampled_from(COPIES[:3]), st.sampled_from(PATRONS))


class Town(RuleBasedStateMachine):
    """What may happen, in any order. A station is named by a number, so that a clone may be meant too."""

    @initialize(stations=st.integers(2, 4))
    def found(self, stations):
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name), stations)

    def name(self, number: int) -> str:
        names = sorted(self.world.disks)
        return names[number % len(names)]

    @rule(n=which, barcode=st.sampled_from(COPIES[:3]), patron=st.sampled_from(PATRONS))
    def borrow(self, n, barcode, patron):
        self.world.borrow(self.name(n), barcode, patron)

    @rule(n=which, barcode=st.sampled_from(COPIES[:3]))
    def give_back(self, n, barcode):
        self.world.give_back(self.name(n), barcode)

    @rule(n=which, barcode=st.sampled_from(COPIES[:3]))
    def renew(self, n, barcode):
        self.world.renew(self.name(n), barcode)

    @rule(minutes=st.sampled_from([1, 4, 11, 60, 7 * 24 * 60]))
    def time_passes(self, minutes):
        self.world.time.ms += minutes * MINUTE

    @rule(
        n=which,
        fates=st.lists(st.sampled_from(FATES), max_size=5),
        die=st.sampled_from(DEATHS),
        meanwhile=st.lists(passed_on, max_size=2),
    )
    def exchange(self, n, fates, die, meanwhile):
        self.world.exchange(self.name(n), fates, die, meanwhile)

    @rule(n=which)
    def deliver_late(self, n):
        self.world.deliver_late(n)

    @rule(n=which)
    def power_cut(self, n):
        self.world.power_cut(self.name(n))

    @rule(n=which, off=st.sampled_from([-400, -11, 0, 11, 400]), sure=st.booleans())
    def clock_jumps(self, n, off, sure):
        self.world.clock_jumps(self.name(n), off * MINUTE, sure=sure)

    @rule(n=which)
    def back_up(self, n):
        self.world.back_up(self.name(n))

    @precondition(lambda self: any(self.world.images.values()))
    @rule(n=which, image=which)
    def restore(self, n, image):
        name = self.name(n)
        if self.world.images[name]:
            self.world.restore(name, image)

    @precondition(lambda self: any(self.world.images.values()) and len(self.world.disks) < 5)
    @rule(n=which, image=which)
    def clone(self, n, image):
        name = self.name(n)
        if self.world.images[name] and f"{name}-clone" not in self.world.disks:
            self.world.clone(name, image)

    @rule(n=which)
    def choose_a_disk(self, n):
        self.world.choose(self.name(n))

    @rule(n=which, choice=which)
    def settle(self, n, choice):
        self.world.settle(n, choice)

    @rule(seed=st.integers(0, 2**32))
    def busy_hour(self, seed):
        """Many things one after the other, borrowing most of all: single rules seldom come this far."""
        dice = random.Random(seed)
        acts = (self.borrow, self.give_back, self.exchange, self.time_passes, self.power_cut)
        for act in dice.choices(acts, (9, 9, 6, 3, 1), k=BUSY):
            n, barcode = dice.randrange(4), dice.choice(COPIES[:3])
            match act:
                case self.borrow:
                    act(n, barcode, dice.choice(PATRONS))
                case self.give_back:
                    act(n, barcode)
                case self.exchange:
                    fates = [dice.choice(FATES)] * dice.randrange(2)
                    queue = [(barcode, dice.choice(PATRONS))] * dice.randrange(3)
                    act(n, fates, dice.choice(DEATHS), queue)
                case self.time_passes:
                    act(dice.choice((1, 4, 11)))
                case _:
                    act(n)

    @invariant()
    def holds(self):
        if hasattr(self, "world"):
            assert faults(self.world, STEP) == []

    def teardown(self):
        if not hasattr(self, "world"):
            return
        try:
            rounds = self.world.quiet()
            assert rounds < 5, f"I20: not quiet after {rounds} rounds"
            assert faults(self.world, QUIET) == []
            assert faults(self.world, STEP) == []
        finally:
            self.world.close()
            self.folder.cleanup()


@pytest.mark.slow
@pytest.mark.timeout(0 if RUNS else 120)
def test_whatever_happens_the_invariants_hold():
    run_state_machine_as_test(
        Town,
        settings=settings(
            max_examples=RUNS or 6,
            stateful_step_count=STEPS,
            deadline=None,
            # The suite must say the same each time; who looks for trouble asks for a seed of their own.
            derandomize=not RUNS,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_invariant_is_checked_and_it_is_said_when():
    assert sorted(CHECKS) == [f"I{n:02d}" for n in range(1, 22)]
    for number, checks in CHECKS.items():
        assert checks, number
        assert all(check.find or check.told for check in checks), number
    told = {c.told for checks in CHECKS.values() for c in checks if c.told}
    for name in told:
        owner, _, method = name.partition(".")
        assert owner == "World", name
        assert re.fullmatch(r"_\w+", method), name
        assert hasattr(World, method), name
