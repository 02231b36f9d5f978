"""What the steps of a panel share: which file it is about, how it goes, and what its files say at this moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import Any

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.keywords import PLACES, keyworded
from smscampaign.campaign.proposals import write_proposal
from smscampaign.errors import CampaignError, SettingsProblem
from smscampaign.languages import Sentence, say, spoken, tell
from smscampaign.notebook.panel.composing import judged
from smscampaign.notebook.panel.looks import Look
from smscampaign.notebook.panel.overview import Overview
from smscampaign.notebook.panel.sending import Errand, Sent
from smscampaign.notebook.panel.standing import Standing, standing_of, unread
from smscampaign.notebook.panel.wishes import NO_WISHES, Wishes, without_options
from smscampaign.planning import Recipe
from smscampaign.settings import edits
from smscampaign.translation import speaking, told


@dataclass(frozen=True, slots=True)
class Facts:
    """What file, settings and journal say: read anew whenever something is done.

    `wrong` is what stands in the way of the file step, `unwritten` of the message step; `recipe` is there once the file is
    right.
    """

    campaign: Campaign | None = None
    recipe: Recipe | None = None
    wrong: CampaignError | None = None
    unwritten: CampaignError | None = None
    standing: Standing = field(default_factory=Standing)

    @property
    def locked(self) -> bool:
        """Whether it has begun, or is about to, so that file and message stay as they are."""
        return self.standing.begun or self.standing.driver is not None


@dataclass(slots=True)
class Desk:
    """The choices of whoever looks at this panel, and what was asked for since it was opened; none is the campaign's.

    `given` are settings by their keys that the cell names.
    """

    asked: Path | None
    path: Path | None
    rehearsal: bool
    redraw: Callable[[], None]
    facts: Facts = field(default_factory=Facts)
    overview: Overview = field(default_factory=Overview)
    sent: Sent | None = None
    asking: Sent | None = None
    wishes: Wishes = NO_WISHES
    traces: object = None
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def errand(self) -> Errand:
        """The campaign as the process that sends is told of it."""
        return Errand(self.path or Path(), self.rehearsal, wishes=self.wishes)

    @property
    def language(self) -> str:
        """What the panel speaks: set, or the locale's."""
        campaign = self.facts.campaign
        return campaign.language if campaign else str(self.given.get("language") or spoken(os.environ))

    def say(self, sentence: Sentence | str) -> str:
        """A sentence in that language: one that remembers what it was made from, or any text of ours, by its pattern."""
        if isinstance(sentence, Sentence):
            return tell(sentence, self.language)
        with speaking(self.language):
            return told(sentence)

    def problem(self, error: CampaignError) -> str:
        """An error for a person."""
        place = f"{keyworded(error.where)}: " if error.where else ""
        return f"{place}{self.worded(error.what).rstrip('.')}. {self.worded(error.remedy)}".strip()

    def worded(self, sentence: Sentence | str) -> str:
        """The same with what a button says in place of an option of the command."""
        with speaking(self.language):
            return without_options(self.say(sentence))

    def begin(self, path: Path, read_as: Mapping[str, Any] | None = None) -> None:
        """This is the file. Where it has no settings some are proposed, read as somebody said, with what is `given`.

        Settings that are there count. Raises what is wrong with the file, and `SettingsProblem` for what they say otherwise.
        """
        self.path, toml = path, path.with_suffix(".toml")
        if not path.is_file():
            return
        new = not toml.exists()
        try:
            if new:
                reading = {key: value for key, value in self.given.items() if key.startswith("file.")}
                write_proposal(path, {**reading, **(read_as or {})}, PLACES)
        finally:  # what is wrong with it decides what is asked
            self.read()
        if self.given and not self.facts.locked:
            edits.save(toml, self.given, missing=not new)
            self.read()
        if self.given and (others := edits.otherwise(toml, self.given)):
            raise SettingsProblem(
                say("the settings file says otherwise, and what stands there counts"),
                where=", ".join(PLACES[key] for key in others),
                remedy=say("Change it there, or in the panel."),
            )

    def change(self, **values: Any) -> None:
        """Write settings into the settings file, by their keys with `__` for a dot. Raises `SettingsProblem`."""
        if self.path is not None and not self.facts.locked:
            edits.save(
                self.path.with_suffix(".toml"),
                {key.replace("__", "."): value for key, value in values.items()},
            )
            self.read()

    def read(self) -> None:
        """Read everything anew; what is wrong is part of the facts."""
        self.traces = self._traces()
        self.facts = self._read()
        self.overview.leave(self.stamp())

    @property
    def stale(self) -> bool:
        """Whether a file was written since it was read: by another panel, the command, an editor, or who sends."""
        return self.traces != self._traces()

    def _traces(self) -> object:
        if self.path is None:
            return None
        files = [
            self.path,
            self.path.with_suffix(".toml"),
            self.path.with_name(f"{self.path.stem}.rejected.csv"),
        ]
        for journal in (Errand(self.path, rehearsal).files.journal for rehearsal in (False, True)):
            if isinstance(journal, Path):
                files += [journal, journal.with_name(f"{journal.name}-wal")]
        return (self.rehearsal, *map(_touched, files))

    def _read(self) -> Facts:
        if self.path is None:
            return Facts()
        if not is_file(self.path):
            return Facts(standing=unread(self.errand))
        try:
            campaign = Campaign.load(self.path, options=self.wishes.settings, places=PLACES)
            standing = self._standing(campaign)
        except CampaignError as problem:
            return Facts(wrong=problem, standing=unread(self.errand))
        try:
            recipe = judged(campaign)
        except CampaignError as problem:
            return Facts(campaign, None, problem, None, standing)
        try:
            campaign.recipe()
        except CampaignError as problem:
            return Facts(campaign, recipe, None, problem, standing)
        return Facts(campaign, recipe, None, None, standing)

    def _standing(self, campaign: Campaign) -> Standing:
        """The real campaign goes before its rehearsal, also where another panel began it."""
        real = standing_of(campaign, Errand(campaign.path, rehearsal=False))
        if real.begun:
            self.rehearsal = False
        return standing_of(campaign, self.errand) if self.rehearsal else real

    def stamp(self) -> object:
        """Changes whenever the plan may have changed: file, settings, corrections, wishes, or whether it has begun."""
        if self.path is None:
            return None
        # Whichever of these holds the rejected rows; to look into them takes 6 ms, and this is asked many times.
        rejected = sorted(self.path.parent.glob(f"{escape(self.path.stem)}.rejected*.csv"))
        files = (self.path, self.path.with_suffix(".toml"), *rejected)
        standing = self.facts.standing
        return (self.rehearsal, self.wishes, standing.tally, *((one.name, _touched(one)) for one in files))

    @property
    def current(self) -> Look | None:
        """The last look, if nothing has changed since."""
        return self.overview.of(self.stamp())

    @property
    def refused(self) -> CampaignError | None:
        """Why there is no plan, if nothing has changed since."""
        return self.overview.refusal(self.stamp())

    def see(self) -> None:
        """Look at the campaign as it is now, if it lacks nothing: then there is a plan, or a refusal."""
        if self.stale:
            self.read()
        facts = self.facts
        if facts.campaign is not None and facts.recipe is not None and facts.unwritten is None:
            self.overview.look(facts.campaign, self.errand, self.stamp())

    def arrived(self) -> bool:
        """Whether a look at the whole file has come to its end just now."""
        return self.overview.arrived(self.stamp())

    def put_right(self, line: int) -> None:
        """A row was put right: read that."""
        self.read()
        if self.facts.campaign is not None:
            self.overview.put_right(line, self.facts.campaign, self.errand, self.stamp())


def beginning(message: str) -> str:
    """The first words of a message, for a heading."""
    line = " ".join(message.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def nothing_yet() -> Sentence:
    """What a step says that is not open yet."""
    return say("opens when the step before is done")


def is_file(path: Path) -> bool:
    """Whether there is a file, which a name that no file can have is not."""
    try:
        return path.is_file()
    except OSError:
        return False


def _touched(path: Path) -> tuple[int, ...] | None:
    try:
        at = path.stat()
    except (OSError, ValueError):
        return None
    return at.st_mtime_ns, at.st_size, at.st_ino, at.st_mode
