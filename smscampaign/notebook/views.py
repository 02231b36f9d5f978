"""The doors of the notebook's views, by which `smscampaign.campaign.views` finds them."""

from smscampaign.notebook.runs import outcome_of, results_of, save_results, sheet_of_run

__all__ = ["outcome_of", "results_of", "save_results", "sheet_of"]

from smscampaign.campaign import Run
from smscampaign.drawing import Sheet


def sheet_of(one: Run) -> Sheet:
    """The page of what is looked at."""
    return sheet_of_run(one)
