"""`sms.Panel("clients.csv")`: a campaign in five steps, each open once the one before is right.

It holds nothing of the campaign: file, settings, corrections and journal are the truth, and opened again it stands at the
right step. Nothing is sent by opening it, nor by running its cell again.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets

from smscampaign.campaign.keywords import by_key, in_python, with_keywords
from smscampaign.errors import CampaignError, SettingsProblem
from smscampaign.languages import say
from smscampaign.notebook.panel.check_step import CheckStep
from smscampaign.notebook.panel.desk import Desk
from smscampaign.notebook.panel.file_step import FileStep
from smscampaign.notebook.panel.message_step import MessageStep
from smscampaign.notebook.panel.pieces import Pulse
from smscampaign.notebook.panel.results_step import ResultsStep
from smscampaign.notebook.panel.send_step import SendStep
from smscampaign.notebook.panel.step import Step
from smscampaign.notebook.panel.uploads import found


class Panel(ipywidgets.VBox):  # type: ignore[misc]
    """A campaign to be clicked through: file, message, check, send, results.

    `recipients` is the path of the file; where there is none yet, a file that is dropped is stored there. It rehearses in a
    sandbox on this computer until somebody chooses otherwise in it. `settings` are those of `sms.Campaign`: one that the
    settings file does not have yet is written there, and what stands there counts.
    """

    @with_keywords
    def __init__(self, recipients: str | PathLike[str] | None = None, **settings: Any) -> None:
        if not isinstance(recipients, str | PathLike | None):
            raise SettingsProblem(
                f"a panel is about a file, and not about {type(recipients).__name__}",
                where="Panel",
                remedy='Write sms.Panel("customers.csv"). A table in memory is sent by sms.Campaign(…).',
            )
        asked = None if recipients is None else Path(os.fspath(recipients))
        path = None if asked is None else found(asked)
        with in_python():
            given = {key: it for key, it in by_key(settings, "Panel").items() if it is not None}
        _leave_alone_what_is_loaded()
        self._desk = Desk(asked, path, rehearsal=True, redraw=self._redraw, given=given)
        problem = self._begin()
        words = {
            "stopped": self._desk.say(say("The kernel has stopped. Run this cell again; sending goes on.")),
            "busy": self._desk.say(
                say("The kernel is at work on another cell and answers after it; sending goes on.")
            ),
        }
        self._pulse = Pulse({"beat": self._beat, "more": self._more}, words)
        desk, opened = self._desk, self._open
        check = CheckStep(desk, 3, opened)
        self._results = ResultsStep(desk, 5, opened, pulse=self._pulse)
        self._steps: list[Step] = [
            FileStep(desk, 1, opened),
            MessageStep(desk, 2, opened),
            check,
            SendStep(desk, 4, opened, check=check),
            self._results,
        ]
        for one, after in pairwise(self._steps):
            one.next = after
        self._opened = self._right_step()
        super().__init__([self._pulse, *(part for one in self._steps for part in (one.head, one.body))])
        self.add_class("sms-panel")
        self._redraw()
        if problem is not None:
            self._opened.complain(problem)

    def _begin(self) -> CampaignError | None:
        """Read what is there; a file without settings gets some proposed."""
        try:
            if self._desk.path is not None:
                self._desk.begin(self._desk.path)
        except CampaignError as problem:
            return problem
        finally:
            self._desk.read()
        return None

    def _right_step(self) -> Step:
        """Where it goes on: the results of what is over, the sending of what has begun, else the first that is not right."""
        _, _, check, send, results = self._steps
        if self._desk.facts.standing.begun:
            return results if send.done() else send
        return next((one for one in self._steps if not one.done()), check)

    def _open(self, step: Step) -> None:
        self._desk.read()
        if step.reachable():
            self._opened = step
            self._desk.overview.forget_refusal()
        self._redraw()

    def _redraw(self) -> None:
        if not self._opened.reachable():
            self._opened = self._right_step()
        # The open one first: what it finds out is what the others' headings tell.
        for one in sorted(self._steps, key=lambda one: one is not self._opened):
            one.show(opened=one is self._opened)

    def _beat(self, _: Mapping[str, Any], __: Sequence[bytes]) -> None:
        """Answered whatever goes wrong meanwhile, because only a kernel that is gone is silent."""
        try:
            stale, begun = self._desk.stale, self._desk.facts.standing.begun
            if stale or self._opened.watching:
                self._desk.read()
            if self._desk.facts.standing.begun and not begun:
                # Somebody began it, or what stood in the way of reading it is gone.
                self._opened = self._right_step()
            if stale:
                self._redraw()
            self._opened.beat()
        except CampaignError as problem:
            self._opened.complain(problem)
        finally:
            self._pulse.tell("beat")

    def _more(self, content: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
        self._results.hears(lambda *_: self._results.send_piece(int(content["at"])))(content, buffers)


def _leave_alone_what_is_loaded() -> None:
    """Let garbage collections pass over the modules of this kernel, once: they are never garbage.

    With every tenth key one of them took 80 ms. Of 100 keys the 95th takes 18 ms of the processor now (10 000 rows).
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
