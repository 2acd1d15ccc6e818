"""From what was read to the one who listens, and to the words of health; shared by every kind of scanner.

What was read but is no barcode reaches the listener as a Scan with the text "": the desk asks to scan again. What
was seen goes into the log and into health, with digits and letters hidden.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from drivers.framing import ADVICE, Outcome, Rubbish
from drivers.recording import Recorder
from drivers.scan import Listener, Scan

log = structlog.get_logger()

_UNSPY = 'once the trouble is found: take "spy:" out of station.toml, restart the station, delete the file'


class Delivery:
    """One scanner's way out. `change` is applied to each text that was read; `recorder` writes down what came."""

    def __init__(
        self, name: str, change: Callable[[str], str] = str, recorder: Recorder | None = None
    ) -> None:
        self.name = name
        self.listener: Listener | None = None
        self._change = change
        self._recorder = recorder
        self._health: dict[str, object] = {}
        self.say("yellow", "not started", "start the station")

    def take(self, outcome: Outcome, where: str) -> None:
        """Hand one outcome over. A listener that fails is told to staff, and the next scan is read all the same."""
        if self._recorder:
            self._recorder.text("" if isinstance(outcome, Rubbish) else outcome.text)
        if isinstance(outcome, Rubbish):
            self._report(outcome)
            self._hand_over(Scan("", "", self.name, outcome.at_ms))
            return
        if self._health["state"] != "green":
            self.well(where)
        text = self._change(outcome.text)
        self._hand_over(Scan(text, outcome.symbology, self.name, outcome.at_ms))

    def well(self, where: str) -> None:
        if self._recorder is None:
            self.say("green", where, "")
        elif self._recorder.fault:
            self.say("yellow", f"{where}; no longer recorded: {self._recorder.fault}", _UNSPY)
        else:
            written = f"all that it reads is written to {self._recorder.path}, card numbers too"
            self.say("yellow", f"{where}; {written}", _UNSPY)

    def stopped(self) -> None:
        self.say("yellow", "stopped", "start the station")
        if self._recorder:
            self._recorder.close()

    def trouble(self, what: str, todo: str) -> None:
        """The scanner does not work; the same trouble is logged once. `what` names the scanner."""
        if self._health["what"] != what:
            log.warning("scanner does not work", scanner=self.name, what=what, do=todo)
        self._health = {"state": "red", "what": what, "do": todo}

    def say(self, state: str, what: str, todo: str) -> None:
        self._health = {"state": state, "what": f"{self.name}: {what}", "do": todo}

    def health(self) -> dict[str, object]:
        return dict(self._health)

    def _report(self, rubbish: Rubbish) -> None:
        log.warning(
            "scan not believed", scanner=self.name, why=rubbish.why.value, seen=rubbish.seen
        )
        what = f"the last scan was not believed, because {rubbish.why}: {rubbish.seen}"
        self.say("yellow", what, ADVICE[rubbish.why])

    def _hand_over(self, scan: Scan) -> None:
        listener = self.listener
        if listener is None:
            return
        try:
            listener(scan)
        except Exception as error:
            log.exception("scan not taken", scanner=self.name)
            what = f"the station did not take a scan ({error!r})"
            self.say("red", what, "scan again; if it stays, restart the station")
