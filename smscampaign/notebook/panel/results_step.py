"""The fifth step: what became of everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

import ipywidgets

from smscampaign.campaign import editions, reply_file
from smscampaign.campaign.rejected_file import place_for
from smscampaign.campaign.reports import place_of
from smscampaign.drawing import Table, figure, html_table, mask, masked
from smscampaign.errors import FileProblem
from smscampaign.journal.store import open_journal
from smscampaign.languages import say
from smscampaign.model import Delivery, RowResult, Status, Tally
from smscampaign.notebook.journals import answers_of
from smscampaign.notebook.panel import sending
from smscampaign.notebook.panel.outcome_page import OutcomePage, workbook_of, write_report, write_workbook
from smscampaign.notebook.panel.pieces import Form, Page, Pulse
from smscampaign.notebook.panel.step import Step

#: Rows that are drawn, those among which what did not go well is looked for, and bytes of a file that travel at once:
#: half of what a server lets through in a second.
_DRAWN, _LOOKED_AT, _PIECE = 20, 1_000, 512 * 1024

#: What nobody has to look into is drawn last.
_LAST = {Status.SUPPRESSED: 1, Status.ACCEPTED: 2}


class ResultsStep(Step):
    """The funnel, what became of the messages in figures and pictures, some rows, and the files."""

    title = say("Results")

    def __init__(self, *given: Any, pulse: Pulse) -> None:
        super().__init__(*given)
        self._pulse = pulse
        self._file: Path | None = None
        self._page = OutcomePage()

    def pieces(self) -> Sequence[ipywidgets.Widget]:
        """Figures, files, rows."""
        self.funnel, self.outcome, self.rows = Page(), Page(), Page()
        self.asks = Form({"submit": self.hears(self._ask)})
        self.form = Form({"submit": self.hears(self._download)})
        return [self.funnel, self.asks, self.form, self.outcome, self.rows]

    def reachable(self) -> bool:
        """Once it has begun."""
        return self.desk.facts.standing.begun

    def done(self) -> bool:
        """Whether nothing is left to wait for."""
        standing = self.desk.facts.standing
        return standing.begun and not standing.open and standing.driver is None

    def about(self) -> str:
        """How many have it."""
        standing = self.desk.facts.standing
        return self.desk.say(say("{figure} accepted", figure=figure(standing.of(Status.ACCEPTED))))

    def draw(self) -> None:
        """What the journal says of each row."""
        tally = self.desk.facts.standing.tally
        if tally is None:
            return
        self.funnel.html(self._funnel(tally))
        self.rows.html(self._table())
        self._draw_outcome()
        buttons = [
            {"name": name, "label": self.desk.say(say("Download {file}", file=file.name))}
            for name, file in self._files().items()
            if file.is_file()
        ]
        note = say("The results hold full numbers and texts: keep them to yourself.")
        self.form.ask(buttons=buttons, note=self.desk.say(note))
        self.tell()

    def _draw_outcome(self) -> None:
        """Figures and pictures, and what can be asked for; while it is being sent they would be old at once."""
        campaign, sending_now = self.desk.facts.campaign, self.desk.facts.standing.driver is not None
        for one in (self.asks, self.outcome):
            one.layout.display = "none" if sending_now or campaign is None else None
        if sending_now or campaign is None:
            return
        self.outcome.html(self._page.html(campaign, self.desk.errand, self.desk.traces))
        asks = {"name": "ask", "label": self.desk.say(say("Ask for receipts"))}
        ends = {"name": "end", "label": self.desk.say(say("Stop asking"))}
        report = {"name": "report", "label": self.desk.say(say("Write the report"))}
        at_it = say("Receipts are asked for in the background. It goes on when this notebook is closed.")
        told = self.desk.say(at_it) if self.asking else ""
        book = {"name": "workbook", "label": self.desk.say(say("Write a workbook"))}
        self.asks.ask(buttons=[ends if self.asking else asks, report, book], note=told)

    @property
    def asking(self) -> bool:
        """Whether receipts are being asked for."""
        return self.desk.asking is not None and self.desk.asking.ended is None

    @property
    def watching(self) -> bool:
        """While somebody asks, and once after that."""
        return self.desk.asking is not None

    def beat(self) -> None:
        """What the process said that has ended."""
        asked = self.desk.asking
        if asked is None or asked.ended is None:
            return
        self.desk.asking = None
        self._told = self.desk.worded(asked.error())
        self.desk.redraw()

    def _ask(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        pressed, asked, campaign = content["button"], self.desk.asking, self.desk.facts.campaign
        if pressed == "report" and campaign is not None:
            write_report(campaign, self.desk.errand)
        elif pressed == "workbook" and campaign is not None:
            write_workbook(campaign, self.desk.errand)
        elif pressed == "end" and asked is not None:
            sending.end(asked)
            self.desk.asking = None
        elif pressed == "ask" and not self.asking:
            self.desk.asking = sending.start(replace(self.desk.errand, command="receipts"))

    def _files(self) -> dict[str, Path]:
        errand = self.desk.errand
        report = place_of(errand.file, rehearsal=errand.rehearsal)
        return {
            "results": errand.files.results,
            "workbook": workbook_of(errand),
            "report": report,
            "replies": reply_file.beside(errand.files.results),
            "rejected": place_for(errand.file),
            "log": errand.log,
        }

    def _funnel(self, tally: Tally) -> str:
        rows, messages = sum(tally.messages.values()), tally.messages
        planned = rows - messages.get(Status.REJECTED, 0) - messages.get(Status.SUPPRESSED, 0)
        rehearsal = self.desk.rehearsal
        accepted = say("accepted by the look-alike") if rehearsal else say("accepted by OVHcloud")
        steps: list[tuple[str, int]] = [
            (self.desk.say(say("rows of the file")), rows),
            (self.desk.say(say("messages planned")), planned),
            (self.desk.say(accepted), messages.get(Status.ACCEPTED, 0)),
        ]
        if tally.deliveries:
            steps.append((self.desk.say(say("delivered")), tally.deliveries.get(Delivery.DELIVERED, 0)))
        bars = "".join(
            f'<span>{escape(name)}</span><span class="sms-figure">{figure(number)}</span>'
            f'<span class="sms-length" style="width:{100 * number / max(rows, 1):.1f}%"></span>'
            for name, number in steps
        )
        others = [
            self.desk.say(
                say("{name}: {figure}", name=self.desk.say(status.value), figure=figure(messages[status]))
            )
            for status in Status
            if status in messages and status is not Status.ACCEPTED
        ]
        cost = figure(tally.credits)
        charged = (
            say("Nothing is charged; it would cost {credits} credits", credits=cost)
            if rehearsal
            else say("Credits charged: {credits}", credits=cost)
        )
        left = " · ".join([self.desk.say(charged), *others])
        return f'<div class="sms-funnel">{bars}</div><p>{escape(left)}</p>'

    def _table(self) -> str:
        campaign, place = self.desk.facts.campaign, self.desk.errand.files.journal
        if campaign is None:
            return ""
        with closing(open_journal(place, create=False)) as store:
            plan = editions.open_plan(campaign, store)
            with answers_of(plan) as found:
                rows = sorted(islice(found, _LOOKED_AT), key=lambda one: _LAST.get(one.status, 0))
                lines = tuple(map(self._line, rows[:_DRAWN]))
        heads = [say("Row"), say("number"), say("what became of it"), say("credits"), say("reason")]
        names = tuple(self.desk.say(one) for one in heads)
        told = say(
            "Some rows, those that were not accepted first; all of them are in the file of the results."
        )
        return f"<p>{escape(self.desk.say(told))}</p>{html_table(Table('', names, lines, frozenset({3})))}"

    def _line(self, one: RowResult) -> tuple[str, ...]:
        return (
            str(one.line),
            mask(one.recipient.msisdn) if one.recipient else "",
            self.desk.say(one.status.value),
            "" if one.credits is None else figure(one.credits),
            masked(self.desk.worded(one.reason)),
        )

    def _download(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        self._file = self._files().get(str(content["button"]))
        self.send_piece(0)

    def send_piece(self, at: int) -> None:
        """A piece of the file that is downloaded; the next one is asked for when it has arrived."""
        if self._file is None:
            return
        try:
            with self._file.open("rb") as file:
                file.seek(at)
                piece, last = file.read(_PIECE), not file.read(1)
        except OSError as error:
            raise FileProblem(str(error.strerror), where=self._file.name) from error
        told = {"kind": "file", "name": self._file.name, "at": at + len(piece), "last": last}
        self._pulse.send(told, [piece])
