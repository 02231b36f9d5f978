"""A campaign in Python: recipients from a file or a DataFrame, settings from a TOML file, keywords, or both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import pandas as pd

from smscampaign import campaign as story
from smscampaign.campaign import Plan
from smscampaign.campaign.corrections import Typed
from smscampaign.campaign.keywords import PLACES, by_key, in_python, with_keywords
from smscampaign.campaign.views import Shown
from smscampaign.drawing import Bubble, Sheet
from smscampaign.journal import place_of
from smscampaign.notebook.gateways import Gateway, open_gateway
from smscampaign.notebook.plans import edition_kind, planned
from smscampaign.recipients import from_frame, open_recipients
from smscampaign.settings.model import load_settings

#: The name of a campaign from a DataFrame that was given none.
UNNAMED = "campaign"


class Campaign(Shown):
    """What is to be sent, and to whom.

    `recipients` is a path or a DataFrame; beside a path the settings file of the same name is read (`spring.csv`,
    `spring.toml`) unless `settings` names another. Every keyword overrides the setting
    of the same meaning (`smscampaign settings` lists them). Phone numbers in a
    DataFrame should be text: `pandas.read_csv(…, dtype=str)` keeps their leading zeros.

    Raises `FileProblem` or `SettingsProblem`.
    """

    @with_keywords
    def __init__(
        self,
        recipients: str | PathLike[str] | pd.DataFrame,
        *,
        settings: str | PathLike[str] | None = None,
        **options: Any,
    ) -> None:
        with in_python():
            given = by_key(options)
            toml = Path(settings) if settings else None
            if isinstance(recipients, str | PathLike):
                self._story = story.Campaign.load(
                    Path(recipients), settings=toml, options=given, places=PLACES
                )
                return
            open_recipients(recipients)
            known = load_settings(toml, given, PLACES)
            source = from_frame(recipients, name=known.name or UNNAMED)
            self._story = story.Campaign(source, known, Path.cwd() / f"{_file_name(source.name)}.csv")

    @classmethod
    @with_keywords
    def load(
        cls,
        path: str | PathLike[str],
        *,
        settings: str | PathLike[str] | None = None,
        **options: Any,
    ) -> Campaign:
        """The campaign whose recipients are in the file at `path`."""
        return cls(path, settings=settings, **options)

    def corrected(self, rows: Mapping[int, Mapping[str, str] | None]) -> Campaign:
        """This campaign with rows put right that could not be sent: for each its new cells by column, or None to drop it.

        Rows are counted as in `plan.rejections`. Only what was rejected can be put right; what is not taken the plan says.
        """
        with in_python():
            known = self._story.typed
            made = object.__new__(type(self))
            made._story = replace(self._story, typed=Typed({**({} if known is None else known.rows), **rows}))
            return made

    @property
    def name(self) -> str:
        """The campaign's name: set, or the file's."""
        return self._story.name

    def plan(
        self,
        gateway: Gateway | None = None,
        *,
        journal: str | PathLike[str] | None = None,
        amend: bool = False,
        restart: bool = False,
    ) -> Plan:
        """The plan: every row as one message or one reason, in a journal beside the file or at `journal`. Sends nothing.

        With a gateway the rates are asked for there; without one nothing is asked over the network, and rates are known as
        far as they were asked for before. Raises what stops a campaign before its first row, and `ChangedInputs` when it
        has begun and is no longer the same. Then `amend` plans for those who have not had it, and nobody gets it twice;
        `restart` for everybody once more, and its code takes another word before it.
        """
        with in_python():
            beside = story.Files.beside(self._story.path, rehearsal=False).journal
            real = place_of(fspath(journal)) if journal else beside
            way = None if gateway is None else open_gateway(gateway)
            return planned(self._story, way, real=real, kind=edition_kind(amend=amend, restart=restart))

    def sheet(self) -> Sheet:
        """The page that shows it."""
        source, settings = self._story.source, self._story.settings
        facts = (
            ("Recipients", source.name),
            ("Columns", ", ".join(source.header)),
            ("Sender", settings.sender or "none: a short number"),
            ("Purpose", str(settings.purpose or "not set")),
            ("Region", settings.region or "not set"),
        )
        message = (Bubble("Message", settings.message),) if settings.message else ()
        missing = tuple(f"the {name} is not set." for name in settings.missing())
        return Sheet(self.name, "a campaign", facts, bubbles=message, notes=missing)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w-]+", "_", name).strip("_") or UNNAMED
