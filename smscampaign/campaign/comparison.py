"""How several texts of a campaign do against each other: what can be told before it is sent, and what is told afterwards."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from smscampaign.campaign.plans import Plan
from smscampaign.campaign.variants import arms_of
from smscampaign.errors import SettingsProblem
from smscampaign.experiments.grades import SURE, Verdict, judged
from smscampaign.experiments.intervals import Count, smallest_difference
from smscampaign.journal import variants
from smscampaign.model import Reason
from smscampaign.recipients import columns, sources
from smscampaign.recipients.choices import Choices


class Prospect(NamedTuple):
    """Before it is sent: how many get which text, how many nothing, and what difference these numbers can show.

    `base` is the share that was expected, `shows` the least one that would surely be called better; 1 where none would.
    """

    people: dict[str, int]
    held_out: int
    base: float
    shows: float


def prospect(plan: Plan) -> Prospect | None:
    """What a plan with several texts can tell; None where it has one."""
    tried = plan.campaign.settings.variants
    if not tried.tried:
        return None
    people = variants.planned(plan.store, plan.record)
    spared = sum(one.count for one in plan.summary.not_sent if one.reason is Reason.HELD_OUT)
    compared = [*people.values(), *([spared] if tried.measure == "outcome" and tried.hold_out else [])]
    fewest = sorted(compared)[:2]
    pairs = max(len(compared) * (len(compared) - 1) // 2, 1)
    base = float(tried.expected)
    shows = 1.0
    if len(fewest) == 2:
        shows = min(base + smallest_difference(base, *fewest, level=1 - (1 - SURE) / pairs), 1.0)
    return Prospect(people, spared, base, shows)


class Compared(NamedTuple):
    """What people did by their texts, from the first message to `end`, as it was known at `now`."""

    measure: str
    began: datetime
    end: datetime
    now: datetime
    verdict: Verdict


class Outcome(NamedTuple):
    """A table of people who did what is compared, such as orders; `key` is the column that the recipients have as well."""

    file: Path | sources.Source
    key: str


def compared(plan: Plan, *, now: datetime, outcome: Outcome | None = None) -> Compared:
    """How the texts of a campaign do. Raises `SettingsProblem` where there is nothing to compare, and what files raise."""
    tried, began = plan.campaign.settings.variants, plan.record.begun_at
    if not tried.tried:
        raise SettingsProblem(
            "this campaign has one text, so that there is nothing to compare",
            where=plan.campaign.source.name,
            remedy="Several are tried by `texts` under [variants] in the settings, before it is sent.",
        )
    if began is None:
        raise SettingsProblem("nothing was sent yet, so that nobody can have done anything")
    end = began + timedelta(days=tried.days)
    if tried.measure == "outcome":
        counts = _by_outcome(plan, outcome)
    else:
        if outcome is not None:
            raise SettingsProblem(
                f"this campaign compares {tried.measure}, as it was set before it was sent", where="--outcome"
            )
        stops = tried.measure == "stops"
        did = variants.answered(plan.store, plan.record, until=end, stops=stops)
        counts = {
            name: Count(did.get(name, 0), of) for name, of in variants.had(plan.store, plan.record).items()
        }
    verdict = judged(counts, now=now, end=end, fewer_is_better=tried.measure == "stops")
    return Compared(tried.measure, began, end, now, verdict)


def _by_outcome(plan: Plan, outcome: Outcome | None) -> dict[str, Count]:
    if outcome is None:
        raise SettingsProblem(
            "this campaign compares an outcome that you bring",
            where="--outcome",
            remedy="Add --outcome FILE --key COLUMN: a table with a row for each who did it, such as orders.csv, and the"
            " column that says who it was, which the recipients have as well.",
        )
    did, names = set(_keys_of(outcome)), dict(variants.names_by_row(plan.store, plan.record))
    people, doers = Counter[str](), Counter[str]()
    place = columns.column(plan.campaign.source.names, outcome.key, option="--key")
    for row in plan.campaign.source.rows():
        name = names.get(row.line)
        if name is not None:
            people[name] += 1
            doers[name] += _same(row.fields[place]) in did
    arms = [arm.name for arm in arms_of(plan.campaign.settings)]
    return {name: Count(doers[name], people[name]) for name in arms if people[name]}


def _keys_of(outcome: Outcome) -> Iterator[str]:
    file = outcome.file
    source = sources.open_recipients(file, Choices(may_be_empty=True)) if isinstance(file, Path) else file
    place = columns.column(source.names, outcome.key, option="--key")
    for row in source.rows():
        if place < len(row.fields) and (key := _same(row.fields[place])):
            yield key


def _same(cell: str) -> str:
    """A key as it is compared: composed, without spaces at its ends, whatever its capitals."""
    return unicodedata.normalize("NFC", cell).strip().casefold()
