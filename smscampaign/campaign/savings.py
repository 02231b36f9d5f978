"""What the characters of a plan's texts cost, and what swapping them would save."""

from __future__ import annotations

from smscampaign.advice import savings
from smscampaign.advice.figures import Advice
from smscampaign.advice.savings import Origins
from smscampaign.campaign.plans import Plan
from smscampaign.journal import samples


def savings_of(plan: Plan) -> Advice:
    """What could be cheaper, by character, by origin and by row; the file is read once beside the plan."""
    campaign = plan.campaign
    recipe = campaign.recipe()
    header = campaign.source.header
    columns = {at: header[at] for at in recipe.template.columns}
    return savings.advise(
        samples.costly(plan.store, plan.record),
        campaign.source.rows(),
        Origins(campaign.settings.message or "", columns),
        stop=recipe.stop,
        rates=plan.rates(),
    )
