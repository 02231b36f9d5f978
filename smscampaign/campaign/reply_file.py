"""The file of a campaign's answers: of each the recipient's own columns as they are, followed by what he said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from smscampaign import results
from smscampaign.campaign.plans import Plan
from smscampaign.errors import FileProblem
from smscampaign.journal import replies
from smscampaign.journal.replies import Reply
from smscampaign.journal.store import Record
from smscampaign.model import Row
from smscampaign.stopwords import Stop, stop_of

#: Our columns, of which the first two are those by which a file of results is known as ours. Of several texts that are tried
#: `sms_variant` is the one that was answered.
COLUMNS = ("sms_row", "sms_number", "sms_answered_at", "sms_answer", "sms_match", "sms_stop")
VARIANT = "sms_variant"

CERTAIN, POSSIBLE = "certain", "possible"


def beside(results_file: Path) -> Path:
    """Where the answers are, by where the results are: `spring.replies.csv` beside `spring.results.csv`."""
    return results_file.with_name(
        f"{results_file.name.removesuffix('.csv').removesuffix('.results')}.replies.csv"
    )


def save(plan: Plan, editions: Sequence[Record], path: Path) -> Path:
    """Write the answers anew and say where they are; whoever reads sees the old file or the new one, whole. Mode 0600.

    Raises `FileProblem` when they cannot be written, when a file of somebody else is there, or when the recipients are not
    those that were planned, so that their rows would get the answers of others.
    """
    source = plan.campaign.file
    if source.digest() != plan.record.inputs.ingredients["file"]:
        raise FileProblem(
            "the file is not the one that was planned, so its rows would get the answers of others",
            where=source.name,
            remedy="Put it back as it was; the journal keeps what was answered.",
        )
    results.refuse_others(path)
    head, tried = [*source.header], bool(plan.record.inputs.settings.get("variants", {}).get("texts"))
    head += [*COLUMNS, *([VARIANT] if tried else [])]
    found = replies.by_row(plan.store, plan.record, editions)
    lines = _lines(source.rows(), found, width=len(source.header), tried=tried)
    return results.save_lines(head, lines, path, like=source)


def _lines(rows: Iterator[Row], found: Iterable[Reply], *, width: int, tried: bool) -> Iterator[list[str]]:
    row = next(rows, None)
    for one in found:
        while row is not None and one.row is not None and row.line < one.row:
            row = next(rows, None)
        theirs = row.fields if row is not None and row.line == one.row else ()
        own = [*theirs[:width], *[""] * (width - len(theirs))]
        yield [*own, *cells(one), *([one.variant] if tried else [])]


def cells(one: Reply) -> list[str]:
    """Our columns for one answer."""
    return [
        "" if one.row is None else str(one.row),
        one.msisdn,
        f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
        results.safe(one.text),
        POSSIBLE if one.possible else CERTAIN,
        said(one).value,
    ]


def said(one: Reply) -> Stop:
    """Whether it says STOP, or sounds so that a person should read it."""
    return Stop.STOP if one.stop else stop_of(one.text)
