"""What became of a run once others are asked: receipts, replies, how several texts did, and the page of the report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from smscampaign.bars import Bars
from smscampaign.campaign import comparison, reports
from smscampaign.campaign.cancellation import check_place
from smscampaign.campaign.files import Files
from smscampaign.campaign.keywords import in_python
from smscampaign.campaign.plans import Plan, Run
from smscampaign.campaign.progress import watched
from smscampaign.campaign.repeats import refuse_unbegun
from smscampaign.campaign.replies import editions_of
from smscampaign.drawing import mask, masked
from smscampaign.errors import GatewayProblem, SettingsProblem
from smscampaign.experiments import words
from smscampaign.model import RowResult, Status
from smscampaign.notebook.journals import answers_of, reopened, stopping
from smscampaign.notebook.runs import SavedReport
from smscampaign.notebook.tables import (
    FIGURE,
    MOMENT,
    TEXT,
    WHOLE,
    by_row,
    marked,
    page,
    plain,
)
from smscampaign.receipts.following import FIRST, listen
from smscampaign.receipts.looking import Looking
from smscampaign.recipients import frames as tables_given
from smscampaign.recipients.sources import Source
from smscampaign.translation import speaking, spoken_or, told
from smscampaign.ways import Way, open_way, way_of

#: Seconds of the first pause where calls are not paced, as in a sandbox.
_QUICK = 2.0

_RECEIPT = {
    "row": WHOLE,
    "number": TEXT,
    "delivery": TEXT,
    "sent_at": MOMENT,
    "delivered_at": MOMENT,
    "minutes": FIGURE,
    "credits": FIGURE,
    "reason": TEXT,
}
_TEXTS = {"text": TEXT, "people": WHOLE, "did": WHOLE, "share": FIGURE, "low": FIGURE, "high": FIGURE}
_PAIRS = {"text": TEXT, "other": TEXT, "apart": FIGURE, "low": FIGURE, "high": FIGURE, "grade": TEXT}


def receipts_of(run: Run, gateway: object, *, follow: bool, numbers: bool) -> Any:
    """Ask, and give every accepted message."""
    with in_python(run.plan.campaign.language), reopened(run.plan) as plan:
        with asked(run, plan, gateway) as way:
            if way is not None:
                _listen(plan, way, follow=follow)
        with answers_of(plan) as answers:
            found = [one for one in answers if one.status is Status.ACCEPTED]
        rows = [_receipt(one, numbers=numbers) for one in found]
        return by_row(plan.campaign.file, _RECEIPT, [one.line for one in found], rows)


def _listen(plan: Plan, way: Way, *, follow: bool) -> None:
    editions = editions_of(plan.store, plan.record.inputs.name)
    with stopping() as stop, Bars(lasting=True) as bars, way.carrier.heeding(stop, tell):
        looking = Looking(plan.store, editions, way.carrier.history, stop, stop.wait)
        heard = watched(listen(looking, follow=follow, tell=tell, first=_first(way)), bars)
    if heard.problem is not None and not heard.interrupted:
        raise heard.problem


def save_report(run: Run, path: str | PathLike[str] | None) -> SavedReport:
    """Write the report, beside the recipients or at `path`."""
    with in_python(run.plan.campaign.language), reopened(run.plan) as plan:
        own = plan.campaign.path
        target = Path(path) if path else reports.place_of(own, rehearsal=plan.rehearses)
        replace(Files.beside(own, rehearsal=False), results=target).refuse_taken(own)
        return SavedReport(reports.save(plan, reports.outcomes_of(plan), target))


@dataclass(frozen=True, slots=True, repr=False)
class TextsCompared:
    """How several texts did: `texts` and `pairs` with intervals of 95 %, shares of 1, and the verdict as a sentence.

    `winner` is the text that is surely better than each of the others; None where nobody can say that yet, or ever.
    """

    texts: pd.DataFrame
    pairs: pd.DataFrame
    verdict: str
    winner: str | None

    def __repr__(self) -> str:
        return f"{self.texts}\n\n{self.verdict}"

    def _repr_html_(self) -> str:
        return f"{page(self.texts)}{page(self.pairs)}<p>{escape(self.verdict)}</p>"


def comparison_of(run: Run, outcome: object, key: str) -> TextsCompared:
    """Look how they did."""
    with in_python(run.plan.campaign.language), reopened(run.plan) as plan:
        if (outcome is None) != (not key):
            raise SettingsProblem(
                "the outcome and its key go together",
                where="compare",
                remedy='Write: run.compare(orders, key="customer_id"), a column that orders and recipients have.',
            )
        given = None if outcome is None else comparison.Outcome(_table(outcome), key)
        found = comparison.compared(plan, now=plan.store.clock(), outcome=given)
        texts = [
            (words.called(one.name), one.counted.of, one.counted.did, one.counted.share, *one.interval)
            for one in found.verdict.measured
        ]
        pairs = [
            (
                *(words.called(one.one), words.called(one.other), one.apart, *one.interval),
                words.pair(one)[-1],
            )
            for one in found.verdict.comparisons
        ]
        return TextsCompared(
            marked(plain(_TEXTS, texts).set_index("text")),
            marked(plain(_PAIRS, pairs)),
            words.verdict(found.verdict, end=found.end, now=found.now),
            None if found.verdict.winner is None else words.called(found.verdict.winner),
        )


def _table(given: object) -> Path | Source:
    return (
        Path(given) if isinstance(given, str | PathLike) else tables_given.from_frame(given, name="outcome")
    )


@contextmanager
def asked(run: Run, plan: Plan, gateway: object) -> Iterator[Way | None]:
    """Who is asked: whom somebody names, else by whom it was sent; None where that is a sandbox that has stopped.

    Raises `JournalProblem` where nothing was sent, and `ChangedInputs` where it was sent elsewhere.
    """
    way = run.way if gateway is None else open_way(gateway)
    files = Files.beside(plan.campaign.path, rehearsal=plan.rehearses)
    refuse_unbegun(plan, files.results)
    if way is not None:
        if way.rehearsal is not None and way.rehearsal.closed.is_set():
            tell("The sandbox that this was sent to has stopped: this is what was known by then.")
            yield None
            return
        check_place(plan, gateway=way.identity, account=way.carrier.service)
        yield way
        return
    if plan.rehearses and files.rehearsal_over:
        raise GatewayProblem(
            "the sandbox of this rehearsal is gone", where=str(files.sandbox), remedy="Rehearse it anew."
        )
    with way_of(plan.campaign.settings, files.sandbox, rehearsal=plan.rehearses) as opened:
        check_place(plan, gateway=opened.identity, account=opened.carrier.service)
        yield opened


def _first(way: Way) -> float:
    return FIRST if way.carrier.pace.limited else _QUICK


def tell(sentence: str) -> None:
    """Say something on the way."""
    with speaking(spoken_or()):
        sys.stderr.write(f"{told(sentence)}\n")


def _receipt(one: RowResult, *, numbers: bool) -> tuple[object, ...]:
    assert one.recipient is not None  # noqa: S101
    number, took = one.recipient.msisdn, None
    if one.sent_at is not None and one.delivered_at is not None:
        took = round((one.delivered_at - one.sent_at).total_seconds() / 60, 2)
    return (
        one.line,
        number if numbers else mask(number),
        str(one.delivery) if one.delivery else "waiting",
        one.sent_at,
        one.delivered_at,
        took,
        None if one.credits is None else float(one.credits),
        (one.reason if numbers else masked(one.reason)) or None,
    )
