"""Pictures of a run, by matplotlib."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from io import BytesIO
from typing import Any

from smscampaign.campaign import reports
from smscampaign.campaign.keywords import in_python
from smscampaign.campaign.plans import Run
from smscampaign.drawing import figure
from smscampaign.errors import SettingsProblem
from smscampaign.model import Status
from smscampaign.notebook.journals import answers_of, reopened
from smscampaign.notebook.tables import printers_of
from smscampaign.report.pictures import bars as bars_of
from smscampaign.report.pictures import draw_bars, drawing, figure_kind
from smscampaign.report.sections import sections

#: Countries that have a bar of their own; the others share one.
COUNTRIES = 8


def figure_of_run(run: Run, what: str = "") -> Any:
    """Rows by what became of them, and credits by country where any were charged; or `what` the report draws.

    Raises `CampaignError` where matplotlib is not installed.
    """
    kind = figure_kind()
    if what:
        return _of_the_report(run, what, kind)
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


def _of_the_report(run: Run, what: str, kind: type) -> Any:
    with in_python(run.plan.campaign.language), reopened(run.plan) as plan:
        found = reports.outcomes_of(plan)
        drawn = {one.name: one for one in sections(reports.about(plan, found), found) if one.picture}
        section = drawn.get(what)
        if section is None or section.picture is None:
            raise SettingsProblem(
                f"there is no picture {what!r} of this run now",
                where="plot",
                remedy=f"There are {', '.join(drawn)}. Others come with receipts and replies.",
            )
        made = drawing(section.picture, title=section.title)
    _teach_the_notebook(kind)
    return made


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
