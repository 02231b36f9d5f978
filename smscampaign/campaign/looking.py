"""Looking at a plan before it leaves: chosen messages, and what its characters cost."""

from __future__ import annotations

from collections.abc import Iterator

from smscampaign import advising
from smscampaign.advising import Advice, Origins
from smscampaign.campaign.checking import check
from smscampaign.campaign.plans import Plan
from smscampaign.journal import picking
from smscampaign.model import Message

#: Distinct texts that are looked at on the way to sending; `lint` looks at all of them.
LOOKED_AT = 20_000


def pick(plan: Plan, kind: str) -> Message | None:
    """One of `picking.KINDS`; None when the plan has no message."""
    return picking.pick(plan.store, plan.record, kind)


def at_row(plan: Plan, line: int) -> Message | None:
    """The message of a row of the file; None when that row is not sent."""
    return picking.at_row(plan.store, plan.record, line)


def shapes(plan: Plan) -> list[Message]:
    """One message for each encoding and number of parts."""
    return picking.shapes(plan.store, plan.record)


def warned(plan: Plan) -> Iterator[tuple[str, Message]]:
    """The first message of each finding about texts, with what was found."""
    for finding in check(plan, most=LOOKED_AT):
        if finding.line is None:
            continue
        message = at_row(plan, finding.line)
        if message is not None:
            yield f"{finding.rule}: {finding.what}", message


def advise(plan: Plan) -> Advice:
    """What could be cheaper, by character, by origin and by row; the file is read once beside the plan."""
    campaign = plan.campaign
    recipe = campaign.recipe()
    header = campaign.source.header
    columns = {at: header[at] for at in recipe.template.columns}
    return advising.advise(
        picking.costly(plan.store, plan.record),
        campaign.source.rows(),
        Origins(campaign.settings.message or "", columns),
        stop=recipe.stop,
        rates=plan.rates(),
    )
