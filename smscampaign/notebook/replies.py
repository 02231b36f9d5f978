"""Views of what people answered to a run."""

from __future__ import annotations

from functools import partial
from typing import Any

from smscampaign.campaign.keywords import in_python
from smscampaign.campaign.plans import Plan, Run
from smscampaign.campaign.progress import unwatched, watched
from smscampaign.campaign.replies import Listening, editions_of, listen
from smscampaign.campaign.reply_file import CERTAIN, POSSIBLE, said
from smscampaign.drawing import mask, masked
from smscampaign.gateway.incoming import OvhIncoming
from smscampaign.journal import replies
from smscampaign.journal.replies import Reply
from smscampaign.notebook.aftermath import asked, tell
from smscampaign.notebook.journals import reopened, stopping
from smscampaign.notebook.tables import MOMENT, TEXT, WHOLE, Masked, by_row, marked, plain
from smscampaign.ways import Way

_COLUMNS = {
    "row": WHOLE,
    "number": TEXT,
    "at": MOMENT,
    "text": TEXT,
    "variant": TEXT,
    "match": TEXT,
    "stop": TEXT,
}


def replies_of(run: Run, gateway: object, *, numbers: bool = False) -> Any:
    """The answers to it, oldest first in each row, once its account was asked, or `gateway`."""
    with in_python(run.plan.campaign.language), reopened(run.plan) as plan, asked(run, plan, gateway) as way:
        if way is not None:
            _ask(plan, way)
    found = Masked(partial(_replies, run))
    return found(numbers=numbers)


def _ask(plan: Plan, way: Way) -> None:
    inbox = OvhIncoming(way.carrier.api, way.carrier.service)
    with stopping() as stop, way.carrier.heeding(stop, tell):
        listening = Listening(plan, inbox, stop, stop.wait)
        heard = watched(listen(listening, follow=False, tell=tell), unwatched)
    if heard.problem is not None and not heard.interrupted:
        raise heard.problem


def _replies(run: Run, numbers: bool) -> Any:
    with in_python(), reopened(run.plan) as plan:
        editions = editions_of(plan.store, plan.record.inputs.name)
        found = list(replies.by_row(plan.store, plan.record, editions))
        rows = [_row(one, numbers=numbers) for one in found]
        lines = [one.row for one in found if one.row is not None]
        if len(lines) < len(rows):  # of another night, whose rows are not in these recipients
            return marked(plain(_COLUMNS, rows))
        return by_row(plan.campaign.file, _COLUMNS, lines, rows)


def _row(one: Reply, *, numbers: bool) -> tuple[object, ...]:
    number, text = (one.msisdn, one.text) if numbers else (mask(one.msisdn), masked(one.text))
    match = POSSIBLE if one.possible else CERTAIN
    return (one.row, number, one.at, text, one.variant or None, match, said(one).value or None)
