"""What became of a campaign, as the panel shows it: the sections of its report, made anew when its files have changed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from uuid import uuid4

from smscampaign.campaign import editions, reports, result_forms
from smscampaign.campaign.campaigns import Campaign
from smscampaign.journal.store import open_journal
from smscampaign.notebook.panel.sending import Errand
from smscampaign.report import pictures
from smscampaign.report.pages import section
from smscampaign.report.sections import sections
from smscampaign.report.sentences import headline
from smscampaign.translation import speaking

#: What the panel says elsewhere.
_TOLD = frozenset({"funnel", "settings"})


@dataclass(slots=True)
class OutcomePage:
    """The page of one panel: its parts have names of their own within the notebook."""

    _prefix: str = field(default_factory=lambda: f"sms-{uuid4().hex[:8]}")
    _of: object = None
    _html: str = ""

    def html(self, campaign: Campaign, errand: Errand, traces: object) -> str:
        """The sections; `traces` change whenever one of the campaign's files does."""
        key = (traces, campaign.language)
        if key != self._of:
            self._html, self._of = self._drawn(campaign, errand), key
        return self._html

    def _drawn(self, campaign: Campaign, errand: Errand) -> str:
        with speaking(campaign.language), closing(open_journal(errand.files.journal, create=False)) as store:
            plan = editions.open_plan(campaign, store)
            found, drawing = reports.outcomes_of(plan), pictures.installed()
            parts = [one for one in sections(reports.about(plan, found), found) if one.name not in _TOLD]
            named = [replace(one, name=f"{self._prefix}-{one.name}") for one in parts]
            drawn = "".join(section(one, drawing=drawing) for one in named)
            return f"<p>{escape(headline(found))}</p>{drawn}"


def write_report(campaign: Campaign, errand: Errand) -> Path:
    """Write the report beside the recipients. Raises `FileProblem`."""
    with speaking(campaign.language), closing(open_journal(errand.files.journal, create=False)) as store:
        plan = editions.open_plan(campaign, store)
        place = reports.place_of(errand.file, rehearsal=errand.rehearsal)
        return reports.save(plan, reports.outcomes_of(plan), place)


def workbook_of(errand: Errand) -> Path:
    """Where the results are as a workbook: beside the others."""
    return errand.files.results.with_suffix(".xlsx")


def write_workbook(campaign: Campaign, errand: Errand) -> Path:
    """Write the results as a workbook. Raises `FileProblem`."""
    with speaking(campaign.language), closing(open_journal(errand.files.journal, create=False)) as store:
        plan = editions.open_plan(campaign, store)
        return result_forms.write(plan, result_forms.Form.XLSX, workbook_of(errand))
