"""The first step: the file, which of its columns is what, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

import ipywidgets

from smscampaign.drawing import Table, discreet, html_table, masked
from smscampaign.errors import FileProblem
from smscampaign.languages import say
from smscampaign.names import printable
from smscampaign.notebook.panel import file_fields
from smscampaign.notebook.panel.desk import is_file
from smscampaign.notebook.panel.pieces import Drop, Form, Page
from smscampaign.notebook.panel.step import Step
from smscampaign.notebook.panel.uploads import KINDS, Upload, is_private
from smscampaign.settings.table import BY_KEY

#: Rows whose cells are shown.
_EXAMPLES = 3


class FileStep(Step):
    """Drop a file or give its path; see what is made of it; put that right."""

    title = say("File")

    def pieces(self) -> Sequence[ipywidgets.Widget]:
        """A place to drop it, a path to type, its columns, and how they are used."""
        words = {
            "drop": self.desk.say(say("Drop the file here, or choose it:")),
            "bar": self.desk.say(say("How much of the file has arrived")),
            "accept": ",".join(KINDS),
        }
        self._upload = Upload(self.desk.asked)
        self.drop = Drop({"chunk": self._chunk}, words)
        self.path = Form({"submit": self.hears(self._open)})
        self.form = Form({"change": self.hears(self._change), "submit": self.hears(self._press)})
        self.page = Page()
        self._sure = False
        return [self.drop, self.path, self.form, self.page]

    def reachable(self) -> bool:
        """Always."""
        return True

    def done(self) -> bool:
        """Whether its columns and its region are known."""
        return self.desk.facts.recipe is not None

    def about(self) -> str:
        """The file's name."""
        facts, path = self.desk.facts, self.desk.path
        if facts.campaign is None:
            return self.desk.say(say("a list of people")) if path is None else masked(path.name)
        return masked(path.name) if path else ""

    def draw(self) -> None:
        """The file, or where to drop one."""
        facts, say_it = self.desk.facts, self.desk.say
        path = self.desk.path
        there = path is not None and is_file(path)
        for one in (self.drop, self.path):
            one.layout.display = "none" if there else None
        for other in (self.form, self.page):
            other.layout.display = None if there else "none"
        field = {"name": "path", "label": say_it(say("or give its path")), "size": 40}
        self.path.ask([field], [{"name": "open", "label": say_it(say("Open"))}])
        if there:
            self._draw_form()
        if facts.wrong is not None:
            self.tell(self.desk.problem(facts.wrong))
        elif path is not None and not there and path.with_suffix(".toml").exists():
            self.tell(
                say_it(say("{file} is not there any more: put it back, or drop it here.", file=path.name))
            )
        elif facts.locked:
            self.tell(say_it(say("The campaign has begun: file and message stay as they are.")))
        else:
            self.tell()

    def _draw_form(self) -> None:
        facts, say_it = self.desk.facts, self.desk.say
        campaign = facts.campaign
        if campaign is None:
            fields = file_fields.of_unreadable(self.desk.path or Path(), facts.wrong, say_it)
            self.form.ask(list(fields), [*self._removal(), self._another()])
            self.page.html()
            return
        fields = file_fields.of(campaign, facts.recipe, say_it)
        locked = {"disabled": facts.locked}
        self.form.ask([{**one, **locked} for one in fields], self._removal())
        remarks = map(self.desk.worded, campaign.source.remarks)
        self.page.html(self._columns(), *(f"<p>{escape(masked(one))}</p>" for one in remarks))

    def _columns(self) -> str:
        """Each column with examples; what it is used for stands beside its name."""
        campaign, recipe = self.desk.facts.campaign, self.desk.facts.recipe
        if campaign is None:
            return ""
        rows = list(islice(campaign.source.rows(), _EXAMPLES))
        use = {} if recipe is None else dict.fromkeys(recipe.numbers, self.desk.say(say("number")))
        if recipe is not None and recipe.country is not None:
            use[recipe.country] = self.desk.say(say("country"))
        lines = tuple(
            (
                discreet(name),
                use.get(at, ""),
                *(masked(row.fields[at]) if at < len(row.fields) else "" for row in rows),
            )
            for at, name in enumerate(campaign.source.names)
        )
        numbers = [self.desk.say(say("row {row}", row=row.line)) for row in rows]
        return html_table(Table("", (self.desk.say(say("column")), "", *numbers), lines))

    def _removal(self) -> list[dict[str, Any]]:
        path = self.desk.path
        if path is None or not is_private(path):
            return []
        ask = say("Remove {file}", file=path.name)
        sure = say("Really remove {file}: the results cannot be written again then", file=path.name)
        return [{"name": "remove", "label": self.desk.say(sure if self._sure else ask)}]

    def _another(self) -> dict[str, Any]:
        return {"name": "another", "label": self.desk.say(say("Take another file"))}

    def _chunk(self, content: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
        name, size, at = str(content["name"]), int(content["size"]), int(content["at"])
        arrived: list[Path] = []

        def take(_: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
            whole = self._upload.take(name, size, at, buffers[0])
            if whole is None:
                self.drop.tell("next", at=at + len(buffers[0]))
                return
            arrived.append(whole)
            self.drop.tell("stored", said=self.desk.say(say("Stored as {file}.", file=whole.name)))
            self._take(whole)

        self.hears(take)(content, buffers)
        if self._told and not arrived:
            self.drop.tell("refused", said=self._told)

    def _open(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        typed = str(content["values"]["path"]).strip()
        if typed:
            self._take(_there(typed))

    def _take(self, path: Path) -> None:
        """This is the file: where it has no settings yet, some are proposed."""
        self.desk.begin(path)

    def _change(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        name, typed = str(content["name"]), str(content["value"]).strip() or None
        key = name.replace("__", ".")
        number = typed is not None and typed.isdecimal() and BY_KEY[key].kind is int
        value: str | int | None = int(typed) if number and typed else typed
        path = self.desk.path
        if path is not None and value is not None and not path.with_suffix(".toml").exists():
            self.desk.begin(path, {key: value})
        self.desk.change(**{name: value})

    def _press(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        if content["button"] == "another":
            self.desk.path = None
            self.desk.read()
        else:
            self._remove()

    def _remove(self) -> None:
        if self.desk.path is not None and is_private(self.desk.path):
            if self._sure:
                self.desk.path.unlink()
                self.desk.read()
            self._sure = not self._sure


def _there(typed: str) -> Path:
    """The file that somebody typed the path of. Raises `FileProblem` where there is none."""
    with suppress(OSError, RuntimeError):  # too long a name, or somebody's home that is not there
        path = Path(typed).expanduser()
        if path.is_file():
            return path
    raise FileProblem(
        say("There is no such file. Give the path of a list of recipients, or drop the file."),
        where=printable(typed),
    )
