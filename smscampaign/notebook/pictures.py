"""Pictures of a run, by matplotlib."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from io import BytesIO
from typing import Any

from smscampaign.campaign.keywords import in_python
from smscampaign.campaign.plans import Run
from smscampaign.drawing import figure
from smscampaign.errors import CampaignError
from smscampaign.model import Status
from smscampaign.notebook.journals import answers_of, reopened
from smscampaign.notebook.tables import printers_of

#: Countries that have a bar of their own; the others share one.
COUNTRIES = 8


def figure_of_run(run: Run) -> Any:
    """Rows by what became of them, and credits by country where any were charged.

    Raises `CampaignError` where matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise CampaignError(
            "pictures are drawn by matplotlib, which is not installed",
            where="plot",
            remedy='Install it: pip install "smscampaign[notebook]".',
        ) from error
    rows, credits = _figures(run)
    panels = [("rows", rows), *([("credits", credits)] if credits else [])]
    # Without pyplot, which would keep the figure and show it a second time.
    page = Figure(
        figsize=(5.5 * len(panels), 0.9 + 0.4 * max(len(rows), len(credits), 2)), layout="constrained"
    )
    for axes, (name, bars) in zip(page.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw(axes, name, bars)
    page.suptitle(run.plan.campaign.name)
    _teach_the_notebook(Figure)
    return page


def _teach_the_notebook(kind: type) -> None:
    """Figures are shown as pictures also where pyplot, which teaches it otherwise, was never imported."""
    printers = printers_of("image/png")
    if printers is not None and kind not in printers.type_printers:
        printers.for_type(kind, _png)


def _png(page: Any) -> bytes:
    drawn = BytesIO()
    page.savefig(drawn, format="png", dpi=100)
    return drawn.getvalue()


def _figures(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows by status, in the order of their lives, and credits by country, the dearest first."""
    rows: Counter[Status] = Counter()
    credits: dict[str, Decimal] = {}
    with in_python(), reopened(run.plan) as plan, answers_of(plan) as answers:
        for one in answers:
            rows[one.status] += 1
            if one.credits and one.recipient and one.status is Status.ACCEPTED:
                country = one.recipient.country
                credits[country] = credits.get(country, Decimal(0)) + one.credits
    dearest = sorted(credits.items(), key=lambda one: one[1], reverse=True)
    others = sum(charged for _, charged in dearest[COUNTRIES:])
    told = dict(dearest[:COUNTRIES]) | ({"others": others} if others else {})
    return {str(one): rows[one] for one in Status if one in rows}, told


def _draw(axes: Any, name: str, bars: dict[str, Any]) -> None:
    """Lying bars, the first at the top, each with its figure: nothing is told by colour alone."""
    drawn = axes.barh(list(bars), [float(one) for one in bars.values()], color="#4c78a8")
    axes.bar_label(drawn, [figure(one) for one in bars.values()], padding=3)
    axes.invert_yaxis()
    axes.set_title(name)
    axes.margins(x=0.15)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
