"""The guard on content: whether the same text went to the same people before, from another campaign or another journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from smscampaign import journal
from smscampaign.drawing import masked
from smscampaign.errors import JournalProblem, SentBefore
from smscampaign.journal import Journal, Place, Repeat, Server

if TYPE_CHECKING:
    from smscampaign.campaign.plans import Plan

#: Which journals are looked at: what `Files.beside` calls them.
PATTERN = "*.journal.sqlite"

#: Characters shown of a text.
SHOWN = 50

#: Gateways that reach nobody: what went there is compared with what goes there.
_NOBODY = frozenset({"sandbox", "loopback", "fake"})


@dataclass(frozen=True, slots=True)
class Look:
    """What the guard found, and the journals it could not read, each with why."""

    repeats: tuple[Repeat, ...]
    passed_over: tuple[str, ...]


def look_around(plan: Plan, *, home: Place | None = None) -> Look:
    """Who would get a text of this plan that they had within the last `limits.repeat_days` days, 0 being never asked.

    Looks at the other campaigns of the journal and at the journals beside it; these are only read. `home` is where the
    campaign is kept when `plan` stands in a journal that is thrown away.
    """
    days = plan.campaign.settings.limits.repeat_days
    if not days or not plan.summary.messages:
        return Look((), ())
    since = plan.store.clock() - timedelta(days=days)
    place = home or plan.store.place
    repeats: list[Repeat] = []
    passed_over: list[str] = []
    if place == plan.store.place:
        repeats += _in(plan, plan.store, since, at_home=True)
    elif isinstance(place, Server) and journal.journal_exists(place):
        kept = journal.open_journal(place, create=False)
        try:
            repeats += _in(plan, kept, since, at_home=True)
        finally:
            kept.close()
    for path in _beside(plan, place):
        at_home = isinstance(place, Path) and path.resolve() == place.resolve()
        if at_home and place == plan.store.place:
            continue
        try:
            with journal.looked_at(path) as other:
                repeats += _in(plan, other, since, at_home=at_home)
        except JournalProblem as problem:
            passed_over.append(f"{path.name} was not looked at: {problem.what}")
    return Look(tuple(repeats), tuple(passed_over))


def refuse_repeats(look: Look) -> None:
    """Raise `SentBefore` when somebody would get what they had before."""
    if look.repeats:
        raise SentBefore(
            "nothing was sent, because people would get a text they had before:\n  "
            + "\n  ".join(map(repeat_told, look.repeats)),
            remedy="Take them out of the file, or change the text. To send it to them all the same, add --send-again.",
        )


def repeat_told(repeat: Repeat) -> str:
    """One finding in words; numbers in the text are masked."""
    text = " ".join(masked(repeat.body).split())
    start = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    people = "1 person" if repeat.people == 1 else f"{repeat.people:,} people".replace(",", " ")
    return (
        f"{people} had “{start}” from the campaign {repeat.campaign!r} ({repeat.journal}),"
        f" last sent on {repeat.at:%Y-%m-%d %H:%M} UTC"
    )


def _in(plan: Plan, other: Journal, since: datetime, *, at_home: bool) -> Iterator[Repeat]:
    mine = plan.record.inputs
    for sent, gateway in journal.sent_since(other, since):
        if (at_home and sent.name == mine.name) or kind_of_gateway(gateway) != kind_of_gateway(mine.gateway):
            continue
        found = journal.repeat_of((plan.store, plan.record), (other, sent), texts=plan.summary.texts)
        if found is not None:
            yield found


def kind_of_gateway(gateway: str) -> str:
    """Whom a gateway reaches, as far as plans are compared: people, or nobody in one way or another."""
    return gateway if gateway in _NOBODY else "people"


def _beside(plan: Plan, place: Place) -> list[Path]:
    folders = {plan.campaign.path.resolve().parent}
    if isinstance(place, Path):
        folders = {place.resolve().parent}
    return sorted(path for folder in folders for path in folder.glob(PATTERN) if path.is_file())
