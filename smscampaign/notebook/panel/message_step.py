"""The second step: the text, beside a phone that shows it, and who it is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets

from smscampaign.drawing import masked
from smscampaign.errors import CampaignError
from smscampaign.languages import say
from smscampaign.names import ColumnNames
from smscampaign.notebook.panel.composing import Preview
from smscampaign.notebook.panel.desk import beginning
from smscampaign.notebook.panel.labels import LABELS, field
from smscampaign.notebook.panel.pieces import Form, Phone
from smscampaign.notebook.panel.step import Step
from smscampaign.pricing import RateCache
from smscampaign.settings.model import fingerprint
from smscampaign.ways import destination


class MessageStep(Step):
    """Type it, and watch what it becomes."""

    title = say("Message")

    def pieces(self) -> Sequence[ipywidgets.Widget]:
        """The phone, and the sender beside the purpose."""
        say_it = self.desk.say
        words = {
            "text": say_it(LABELS["message"]),
            "fields": say_it(say("Insert what a column holds")),
            "row": say_it(say("Row")),
            "before": say_it(say("the row before")),
            "after": say_it(say("the row after")),
            "part": say_it(say("part")),
            "plain": say_it(say("Write plain quotes, dashes and spaces: that takes fewer parts")),
        }
        heard = {"ask": self._ask, "keep": self.hears(self._keep), "plain": self.hears(self._plain)}
        self.phone = Phone(heard, words)
        self.form = Form({"change": self.hears(self._change)})
        self._preview: Preview | None = None
        return [self.phone, self.form]

    def reachable(self) -> bool:
        """Once the file is right."""
        return self.desk.facts.recipe is not None

    def done(self) -> bool:
        """Whether there is a text that can be filled in."""
        return self.reachable() and self.desk.facts.unwritten is None

    def about(self) -> str:
        """How it begins."""
        campaign = self.desk.facts.campaign
        return masked(beginning(campaign.settings.message or "")) if campaign else ""

    def draw(self) -> None:
        """The text as it stands in the settings."""
        facts, say_it = self.desk.facts, self.desk.say
        campaign, recipe = facts.campaign, facts.recipe
        if campaign is None or recipe is None:
            return
        cache, here = RateCache(), destination(rehearsal=self.desk.rehearsal)
        rates = cache.expected(destination()) | cache.expected(here)
        if self._preview is None or self._preview.campaign != campaign:
            self._preview = Preview(campaign, recipe, rates)
        settings, spelled = campaign.settings, ColumnNames(campaign.source.names)
        template = settings.template
        locked = facts.locked or template is not None
        about = say_it(say("The text stands in {file}.", file=template.name)) if template else ""
        others = [at for at, name in enumerate(campaign.source.names) if at not in recipe.numbers and name]
        self.phone.show(
            text=settings.message or "",
            line=campaign.source.header_line + 1,
            locked=locked,
            how=fingerprint(settings.ingredients()),  # the phone asks again whenever that changes
            about=about,
            fields=[spelled.placeholder(at) for at in others],
        )
        kinds = [
            ("", say_it(say("choose one"))),
            ("marketing", say_it(say("marketing: with the STOP clause, held at night and on Sundays"))),
            ("transactional", say_it(say("transactional: people wait for it, without the STOP clause"))),
        ]
        hint = say_it(say("a name of your account, at most 11 characters; empty: a short number"))
        sender = field("sender", settings.sender, say_it, hint=hint)
        purpose = field("purpose", settings.purpose, say_it, kinds)
        self.form.ask([{**one, "disabled": facts.locked} for one in (sender, purpose)])
        self.tell(self.desk.problem(facts.unwritten) if facts.unwritten and settings.message else "")

    def _ask(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        """Always answered: the phone asks nothing more until it was."""
        if self._preview is None:
            return
        line = int(content.get("line") or 0)
        try:
            drawn = self._preview.drawn(str(content["text"]), line, self.desk.language)
        except CampaignError as problem:
            drawn = {"pieces": [], "said": self.desk.problem(problem), "cheaper": False, "wrong": True}
        self.phone.tell("drawn", **drawn)

    def _keep(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        self.desk.change(message=str(content["text"]))

    def _plain(self, _: Mapping[str, Any], __: Sequence[bytes]) -> None:
        self.desk.change(text__typography="gsm")

    def _change(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        self.desk.change(**{str(content["name"]): str(content["value"]).strip() or None})
