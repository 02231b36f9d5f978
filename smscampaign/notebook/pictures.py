"""Pictures of a run, by matplotlib."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from io import BytesIO
from typing import Any

from smscampaign.campaign.keywords import in_python
from smscampaign.campaign.plans import Run
from smscampaign.drawing import figure
from smscampaign.model import Status
from smscampaign.notebook.journals import answers_of, reopened
from smscampaign.notebook.tables import printers_of
from smscampaign.report.pictures import bars as bars_of
from smscampaign.report.pictures import draw_bars, figure_kind

#: Countries that have a bar of their own; the others share one.
COUNTRIES = 8


def figure_of_run(run: Run) -> Any:
    """Rows by what became of them, and credits by country where any were charged.

    Raises `CampaignError` where matplotlib is not installed.
    """
    kind = figure_kind()
    rows, credits = _figures(run)
    panels = [("rows", rows), *([("credits", credits)] if credits else [])]
    page = kind(
        figsize=(5.5 * len(panels), 0.9 + 0.4 * max(len(rows), len(credits), 2)), layout="constrained"
    )
    for axes, (name, bars) in zip(page.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        draw_bars(axes, bars_of([(one, float(value), figure(value)) for one, value in bars.items()]))
        axes.set_title(name)
    page.suptitle(run.plan.campaign.name)
    _teach_the_notebook(kind)
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
