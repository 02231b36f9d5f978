"""What a run of a campaign that goes on night after night says besides where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from smscampaign.bars import Bars
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.nights import Night, settle
from smscampaign.campaign.plans import Plan
from smscampaign.cli.consent import Consent
from smscampaign.cli.interrupts import stopping
from smscampaign.cli.screen import count, note, shorten, warn
from smscampaign.drawing import mask, masked
from smscampaign.errors import SettingsProblem
from smscampaign.journal.store import Journal
from smscampaign.languages import say
from smscampaign.ways import Way

#: Rows that are told one by one, and characters of a text.
TOLD, TEXT = 20, 40


def refuse_code(consent: Consent) -> None:
    """Raise `SettingsProblem` where one exact plan is confirmed of a campaign that has another one every night."""
    if consent.code:
        raise SettingsProblem(
            "this campaign recurs: every night has a plan of its own, and --confirm names one exact plan",
            where="--confirm",
            remedy="Use --yes: limits.most_messages and limits.most_credits say how much a night may send.",
        )


def settled(campaign: Campaign, store: Journal, way: Way, *, onward: str) -> bool:
    """Ask about what is in doubt of the nights before; says whether the person let it go on."""
    wait = campaign.settings.settling(way.settle)
    with stopping(onward) as stop, way.carrier.heeding(stop, note), Bars(lasting=True) as bars:
        how = LaunchOptions(pace=way.carrier.pace, settle=wait, stop=stop, watch=bars)
        settle(campaign, store, way.carrier, how)
        return not stop.is_set()


@dataclass(frozen=True, slots=True)
class NightView:
    """What is left of the nights before, and which rows need a look."""

    night: Night

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """As its journal has it now."""
        return cls(Night.of(plan))

    @property
    def undone(self) -> bool:
        """Whether something of the nights before is left."""
        return self.night.undone

    def show(self) -> None:
        """In words."""
        left, changed = self.night.left, self.night.changed
        if left:
            warn(
                say(
                    "{n} message of a night before was not sent, and tonight's file does not have it:",
                    "{n} messages of a night before were not sent, and tonight's file does not have them:",
                    n=len(left),
                )
            )
        for one in left[:TOLD]:
            text = shorten(masked(" ".join(one.body.split())), TEXT)
            note(f"  edition {one.edition}, row {one.line}: {mask(f'+{one.msisdn}')}, “{text}”")
        if changed:
            warn(f"Needs a look: {count(len(changed), 'row')} had the message at another number.")
        for line, why, what in changed[:TOLD]:
            note(f"  row {line}: {why}. {what}")
        for some in (left, changed):
            if len(some) > TOLD:
                note(f"  … and {len(some) - TOLD} more; --json has all of them")

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        left, changed = self.night.left, self.night.changed
        return {
            "left_behind": [
                {"edition": one.edition, "row": one.line, "number": f"+{one.msisdn}", "text": one.body}
                for one in left
            ],
            "needs_a_look": [{"row": line, "because": why, "remedy": what} for line, why, what in changed],
        }
