"""`spring.failed.csv`: the rows whose message did not arrive, the user's cells as they are, with why and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from smscampaign import results
from smscampaign.campaign.plans import Plan
from smscampaign.causes import failure_of
from smscampaign.errors import FileProblem
from smscampaign.journal import answers as journal_answers
from smscampaign.journal import reasons
from smscampaign.languages import tell
from smscampaign.model import Delivery, RowResult

#: Behind the user's columns: which row it is, its number, the code of the reason, why, for how long, and what to do.
COLUMNS = ("sms_row", "sms_number", "sms_cause", "sms_reason", "sms_lasts", "sms_advice")

_OURS = re.compile(r'"?sms_row"?([,;\t|:])"?sms_number"?\1"?sms_cause"?')
_HEAD = 65_536


def place_for(path: Path) -> Path:
    """Where it stands beside the results at `path`: `spring.results.csv` gives `spring.failed.csv`."""
    return path.with_name(f"{path.stem.removesuffix('.results')}.failed.csv")


def keep_failed(plan: Plan, path: Path, tell_problem: Callable[[str], object]) -> Path | None:
    """Write it beside the results at `path`, or remove one of before where nothing failed; says where it is.

    Another file of that name is left as it is, and that is told.
    """
    place, source = place_for(path), plan.campaign.file
    if place.exists() and place.stat().st_size and not is_ours(place):
        tell_problem(
            f"{place.name} was not written by smscampaign, and is left as it is: what failed is not written."
        )
        return None
    width = max(plan.summary.width, len(source.header))
    rows = _rows(plan, width)
    first = next(rows, None)
    if first is None:
        with suppress(OSError):
            place.unlink(missing_ok=True)
        return None
    head = [*results.header(source.header, width=width)[:width], *COLUMNS]

    def every() -> Iterator[list[str]]:
        yield first
        yield from rows

    try:
        return results.save_lines(head, every(), place, like=source)
    except FileProblem as problem:
        tell_problem(f"What failed was not written: {problem.what}.")
        return None


def is_ours(path: Path) -> bool:
    """Whether a file was written as this one, by its header."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return _OURS.search(file.read(_HEAD)) is not None


def _rows(plan: Plan, width: int) -> Iterator[list[str]]:
    known, language = reasons.known(plan.store), plan.campaign.language
    answers = journal_answers.answers(plan.store, plan.record, language=language)
    for row, answer in results.beside(plan.campaign.file.rows(), answers):
        if answer.delivery is not Delivery.FAILED:
            continue
        why = failure_of(answer.ptt, known.get(answer.ptt or 0))
        told = [
            why.cause.value,
            *(results.safe(tell(one, language)) for one in (why.words, why.duration, why.advice)),
        ]
        padded = [*row.fields, *[""] * (width - len(row.fields))]
        yield [*padded, str(answer.line), _number(answer), *told]


def _number(answer: RowResult) -> str:
    return answer.recipient.msisdn if answer.recipient else ""
