"""How several texts of a campaign do against each other: what can be told before it is sent, and what is told afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from smscampaign.campaign.plans import Plan
from smscampaign.campaign.variants import arms_of
from smscampaign.errors import SettingsProblem
from smscampaign.experiments.grades import SURE, Verdict, judged
from smscampaign.experiments.intervals import Count, smallest_difference
from smscampaign.journal import variants
from smscampaign.keys import spelled
from smscampaign.model import Reason, Recipient
from smscampaign.phone.normaliser import Normaliser
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
    """What people did by their texts, from the first message to `end`, as it was known at `now`.

    Of an outcome `keys` are the different ones in its table, and `strangers` those of them that no recipient has.
    """

    measure: str
    began: datetime
    end: datetime
    now: datetime
    verdict: Verdict
    keys: int = 0
    strangers: int = 0


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
    keys = strangers = 0
    if tried.measure == "outcome":
        counts, keys, strangers = _by_outcome(plan, outcome)
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
    return Compared(tried.measure, began, end, now, verdict, keys, strangers)


def _by_outcome(plan: Plan, outcome: Outcome | None) -> tuple[dict[str, Count], int, int]:
    """What people did, by their texts; how many keys there are, and how many of them are nobody's."""
    if outcome is None:
        raise SettingsProblem(
            "this campaign compares an outcome that you bring",
            where="--outcome",
            remedy="Add --outcome FILE --key COLUMN: a table with a row for each who did it, such as orders.csv, and the"
            " column that says who it was, which the recipients have as well.",
        )
    place = columns.column(plan.campaign.source.names, outcome.key, option="--key")
    recipe = plan.campaign.recipe()
    same = partial(_number, recipe.normaliser) if place in recipe.numbers else spelled
    did, names = set(_keys_of(outcome, same)), dict(variants.names_by_row(plan.store, plan.record))
    strangers = set(did)
    people, doers = Counter[str](), Counter[str]()
    for row in plan.campaign.source.rows():
        key, name = same(row.fields[place]), names.get(row.line)
        strangers.discard(key)
        if name is not None:
            people[name] += 1
            doers[name] += key in did
    arms = [arm.name for arm in arms_of(plan.campaign.settings)]
    counts = {name: Count(doers[name], people[name]) for name in arms if people[name]}
    return counts, len(did), len(strangers)


def _keys_of(outcome: Outcome, same: Callable[[str], str]) -> Iterator[str]:
    file = outcome.file
    source = sources.open_recipients(file, Choices(may_be_empty=True)) if isinstance(file, Path) else file
    place = columns.column(source.names, outcome.key, option="--key")
    for row in source.rows():
        if place < len(row.fields) and (key := same(row.fields[place])):
            yield key


def _number(normaliser: Normaliser, cell: str) -> str:
    """Where the key is the number: in whatever way both tables write it."""
    found = normaliser(cell)
    return found.msisdn if isinstance(found, Recipient) else spelled(cell)
