"""The third step: what would be sent and what would not, and the rows to put right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets

from smscampaign import planning
from smscampaign.advice.findings import Finding
from smscampaign.campaign.corrections import rows_at
from smscampaign.campaign.entries import enter
from smscampaign.campaign.rejections import Bad
from smscampaign.drawing import figure, masked
from smscampaign.errors import FileProblem
from smscampaign.languages import say
from smscampaign.model import Rejection, Row
from smscampaign.notebook.panel.looks import Look
from smscampaign.notebook.panel.pieces import Bar, Grid, Page
from smscampaign.notebook.panel.step import Step
from smscampaign.notebook.panel.wishes import Offers, Wishes, named_in

#: A number as suggestions give it.
_SUGGESTED = re.compile(r"\+\d{7,15}")


class CheckStep(Step):
    """Look at the plan; put right what can be."""

    title = say("Check")

    def pieces(self) -> Sequence[ipywidgets.Widget]:
        """Figures, the rows that cannot be sent, and a bar for what takes long."""
        say_it = self.desk.say
        words = {
            "row": say_it(say("Row")),
            "cell": say_it(say("What stands there")),
            "because": say_it(say("Why it cannot be sent")),
            "use": say_it(say("Use the suggestion")),
            "edit": say_it(say("Edit")),
            "leave": say_it(say("Send nothing to this person")),
            "keep": say_it(say("Save this correction")),
            "close": say_it(say("Cancel")),
            "others": say_it(say("The row's other cells")),
        }
        self.page = Page()
        self.bar = Bar(say_it(say("How much of the file has been looked at")))
        heard = {
            "open": self.hears(self._open),
            "close": self.hears(self._close),
            "keep": self.hears(self._keep),
            "drop": self.hears(self._drop),
            "suggested": self.hears(self._use),
        }
        self.grid = Grid(heard, words)
        self.offers = Offers(lambda: self.desk.wishes, self._wish)
        return [self.bar, self.page, *self.offers.forms(self.hears), self.grid]

    def reachable(self) -> bool:
        """Once there is a text."""
        facts = self.desk.facts
        return facts.recipe is not None and facts.unwritten is None

    def done(self) -> bool:
        """Whether it could be sent as it is."""
        look = self.desk.current
        begun = self.desk.facts.standing.begun and self.desk.refused is None
        return begun or (look is not None and look.right)

    def about(self) -> str:
        """How many can be sent, and how many cannot."""
        look, standing = self.desk.current, self.desk.facts.standing
        if look is None and not standing.begun:
            return ""
        # Of what is being sent nobody looks at a plan any more: what it said stands in the journal.
        messages = look.plan.summary.messages if look else standing.messages
        bad = look.bad_rows if look else standing.bad
        return self.desk.say(
            say("{messages} to send, {bad} to put right", messages=figure(messages), bad=figure(bad))
        )

    def beat(self) -> None:
        """Draw how much of a large file has been looked at; take over what came of it."""
        if self.desk.arrived():
            self.desk.redraw()
        else:
            self._draw_bar()

    def draw(self) -> None:
        """The plan's figures, its findings, its bad rows."""
        self.desk.see()
        look, refused = self.desk.current, self.desk.refused
        self.tell(*([self.desk.problem(refused)] if refused else []))
        self._draw_bar()
        remedies = [refused.remedy] if refused else []
        remedies += [text for one in (look.found if look else ()) for text in (one.remedy, one.overruled_by)]
        self.offers.draw(named_in(remedies), self.desk.say)
        if look is None:
            self.page.html()
            self.grid.show(rows=[], said="")
            return
        self.page.html(*self._figures(look), *(self._finding(one) for one in look.found))
        more = look.bad_rows - len(look.bad)
        said = (
            self.desk.say(say("and {figure} more", figure=figure(more)))
            if more > 0 and not look.sample
            else ""
        )
        self.grid.show(rows=[self._row(one) for one in look.bad], said=said)

    def _draw_bar(self) -> None:
        share = self.desk.overview.share(self.desk.stamp())
        self.bar.layout.display = "none" if share is None else None
        self.bar.show(done=int(100 * (share or 0)), most=100)

    def _figures(self, look: Look) -> list[str]:
        say_it, summary = self.desk.say, look.plan.summary
        parts = [look.headline] if look.headline and not look.since else []
        if look.sample:
            sample = say(
                "These are the first {rows} rows; the whole file is being looked at.",
                rows=figure(summary.rows),
            )
            parts.insert(0, say_it(sample))
        if look.since:
            since = say(
                "{figure} row was put right after this was counted; the whole file is being looked at.",
                "{figure} rows were put right after this was counted; the whole file is being looked at.",
                n=look.since,
                figure=figure(look.since),
            )
            parts.append(say_it(since))
        price = say_it(look.credits)
        total = say(
            "{rows} rows: {messages} messages in {parts} parts. Credits: {credits}.",
            rows=figure(summary.rows),
            messages=figure(summary.messages),
            parts=figure(summary.parts),
            credits=price,
        )
        return [
            f"<p><strong>{escape(say_it(total))}</strong></p>",
            *(f"<p>{escape(one)}</p>" for one in parts),
        ]

    def _finding(self, one: Finding) -> str:
        say_it = self.desk.say
        words = f"{self.desk.worded(one.what).rstrip('.')}. {self.desk.worded(one.remedy)}"
        severity = escape(say_it(one.severity.value))
        return f'<p class="sms-said"><strong>{severity}</strong> {escape(masked(words))}</p>'

    def _row(self, one: Bad) -> dict[str, Any]:
        return {
            "line": one.line,
            "column": one.column,
            "cell": masked(one.cell),
            "because": masked(one.because),
            "suggestion": masked(one.suggestion),
            "suggested": bool(_SUGGESTED.search(one.suggestion)) and bool(one.column),
        }

    def _bad(self, line: object) -> Bad:
        look = self.desk.current
        found = next((one for one in (look.bad if look else ()) if one.line == line), None)
        if found is None:
            raise FileProblem(say("This row is another one by now."), where=f"row {line}")
        return found

    def _cells(self, line: int) -> Row:
        look = self.desk.current
        campaign = look.plan.campaign if look else None
        found = dict(rows_at(campaign.source, {line})) if campaign else {}
        if line not in found:
            raise FileProblem(say("This row is another one by now."), where=f"row {line}")
        return found[line]

    def _open(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        """Show the cells of one row: the one at fault, or all where it is no single one."""
        bad, row = self._bad(content["line"]), self._cells(int(content["line"]))
        cells = [
            (name, row.fields[at] if at < len(row.fields) else "") for at, name in enumerate(self._names(row))
        ]
        at = next((at for at, (name, _) in enumerate(cells) if bad.column and name == bad.column), None)
        self.grid.tell("cells", line=bad.line, cells=[list(one) for one in cells], at=at)

    def _names(self, row: Row) -> list[str]:
        campaign = self.desk.facts.campaign
        names = list(campaign.source.names) if campaign else []
        return [*names, *(f"+{at}" for at in range(1, len(row.fields) - len(names) + 1))]

    def _close(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        self.grid.tell("row", row=self._row(self._bad(content["line"])))

    def _keep(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        line, cells = int(content["line"]), tuple(map(str, content["cells"]))
        width = self.desk.facts.recipe.width if self.desk.facts.recipe else len(cells)
        while len(cells) > width and not cells[-1]:
            cells = cells[:-1]  # cells beyond the last column that somebody emptied
        self._enter(line, cells)

    def _use(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        bad, row = self._bad(content["line"]), self._cells(int(content["line"]))
        number = _SUGGESTED.search(bad.suggestion)
        names = self._names(row)
        if number is not None and bad.column in names:
            cells = list(row.fields)
            cells[names.index(bad.column)] = number.group()
            self._enter(bad.line, tuple(cells))

    def _drop(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        self._enter(int(content["line"]), None)

    def _enter(self, line: int, cells: tuple[str, ...] | None) -> None:
        """A correction: it is entered beside the file, which stays as it is. What is still wrong is told."""
        self._bad(line)  # what stands there may be another row by now
        look = self.desk.current
        if look is None:
            return
        if cells is not None:
            (planned,) = planning.plan_block(look.plan.campaign.recipe(), [Row(line, cells)])
            if isinstance(planned, Rejection):
                raise FileProblem(f"{planned.detail} {planned.suggestion}".strip(), where=f"row {line}")
        others = {one.line: (f"{one.reason.value}: {one.because}", one.suggestion) for one in look.bad}
        enter(look.plan.campaign, line, cells, others=others)
        self.desk.put_right(line)

    def _wish(self, wishes: Wishes) -> None:
        """Ask for something although it stands in the way; the plan is made anew with it."""
        self.desk.wishes = wishes
        self.desk.read()
