"""A follow-up: only those of an earlier campaign get it of whom its settings say what became of them there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import Files
from smscampaign.campaign.repeats import PATTERN
from smscampaign.errors import JournalProblem, SettingsProblem
from smscampaign.gateway.endpoints import SANDBOX
from smscampaign.journal import comparison, neighbours, priors
from smscampaign.journal.exclusions import Asked, Excluded
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import say
from smscampaign.model import Reason
from smscampaign.segments import Segment, segment_of


@dataclass(frozen=True, slots=True)
class Meant:
    """Excludes whoever is not among them; the journal is opened for each block of rows, and only read.

    `place` is the file of the earlier campaign; None where it is in `home`, the journal of this one.
    """

    home: Journal
    place: Path | None
    name: str
    segment: Segment

    def of(self, asked: Asked) -> dict[int, Excluded]:
        """Which of these rows get nothing."""
        with _opened(self.home, self.place) as journal:
            found = priors.fates_of(journal, _begun(journal, self.name), set(asked.numbers))
        out: dict[int, Excluded] = {}
        for line, number in zip(asked.lines, asked.numbers, strict=True):
            if number not in found:
                because = say("this number was not in the campaign {name} (prior.campaign)", name=self.name)
            elif not self.segment.holds(found[number]):
                because = say(
                    "in the campaign {name} this is not true of the number: {fate} (prior.fate)",
                    name=self.name,
                    fate=self.segment.text,
                )
            else:
                continue
            out[line] = Excluded(Reason.NOT_IN_PRIOR, because)
        return out


def meant(campaign: Campaign, home: Journal, gateway: str) -> Meant:
    """Whom the settings mean. Raises `SettingsProblem` where the earlier campaign cannot be found or read.

    It is named by its name, which is the one of its file too, or by its journal: from the folder of the recipients.
    """
    wanted = campaign.settings.prior.campaign or ""
    segment = segment_of(campaign.settings.prior.fate)
    if wanted == campaign.name:
        raise SettingsProblem(
            "a campaign does not follow itself", where="prior.campaign", remedy="Name the earlier one."
        )
    if wanted in comparison.begun_in(home):
        return Meant(home, None, wanted, segment)
    problem = ""
    for place in _places(campaign, wanted, rehearses=gateway == SANDBOX):
        try:
            with neighbours.looked_at(place) as journal:
                name = _named(comparison.begun_in(journal), wanted)
        except JournalProblem as error:
            problem = f"the campaign {wanted!r} cannot be looked at: {error.what}"
            continue
        if name:
            return Meant(home, place, name, segment)
    raise SettingsProblem(
        problem or f"no campaign {wanted!r} has begun here",
        where="prior.campaign",
        remedy="Name it as `smscampaign campaigns` lists it, or give its journal.",
    )


def _named(names: list[str], wanted: str) -> str:
    """The campaign of a journal that is meant: the one of that name, or the only one."""
    if wanted in names:
        return wanted
    return names[0] if len(names) == 1 else ""


def _places(campaign: Campaign, wanted: str, *, rehearses: bool) -> Iterator[Path]:
    """Where it may be, the likeliest first; of a rehearsal first where rehearsals are."""
    folder = campaign.path.resolve().parent
    if wanted.endswith(".sqlite"):
        yield folder / wanted
        return
    likely = [Files.beside(folder / f"{wanted}.csv", rehearsal=one).journal for one in (rehearses, False)]
    first = [one for one in likely if isinstance(one, Path) and one.exists()]
    yield from dict.fromkeys(first)
    with suppress(OSError):
        for place in sorted(folder.glob(PATTERN)):
            if place not in first and _holds(place, wanted):
                yield place


def _holds(place: Path, wanted: str) -> bool:
    with suppress(JournalProblem), neighbours.looked_at(place) as journal:
        return wanted in comparison.begun_in(journal)
    return False


@contextmanager
def _opened(home: Journal, place: Path | None) -> Iterator[Journal]:
    if place is None:
        yield home
    else:
        with neighbours.looked_at(place) as other:
            yield other


def _begun(journal: Journal, name: str) -> list[Record]:
    return [one for one in journal.editions(name) if one.begun_at]
