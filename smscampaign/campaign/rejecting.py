"""The rows that cannot be sent: what a person has to do about them, and a file of them to put right and run again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from smscampaign import journal, planning, recipients, results
from smscampaign.campaign import retrying
from smscampaign.campaign.files import Files
from smscampaign.campaign.retrying import COLUMNS, line_before, users_width
from smscampaign.errors import CampaignError, FileProblem
from smscampaign.languages import ENGLISH, marks, say, tell
from smscampaign.model import Answer, Message, Reason, Rejection, Row, Status

if TYPE_CHECKING:
    from smscampaign.campaign.plans import Plan

#: Bad rows that are told one by one.
TOLD = 20

#: What a person has to do, as (one, several), and the reasons it is about, in the order in which it is told.
_TASKS: tuple[tuple[str, str, frozenset[Reason]], ...] = (
    (
        *marks("fix {figure} number", "fix {figure} numbers"),
        frozenset(one for one in Reason if one.startswith("number-")) - {Reason.NUMBER_MISSING},
    ),
    (
        *marks("fill the empty cells of {figure} row", "fill the empty cells of {figure} rows"),
        frozenset({Reason.NUMBER_MISSING, Reason.VALUE_MISSING}),
    ),
    (
        *marks("correct {figure} country", "correct {figure} countries"),
        frozenset({Reason.COUNTRY_UNKNOWN}),
    ),
    (
        *marks("shorten {figure} message", "shorten {figure} messages"),
        frozenset({Reason.TEXT_TOO_LONG}),
    ),
    (
        *marks(
            "mend {figure} message that comes out empty or not at all",
            "mend {figure} messages that come out empty or not at all",
        ),
        frozenset({Reason.TEXT_EMPTY, Reason.TEXT_FAILED}),
    ),
    (
        *marks("mend the cells of {figure} row", "mend the cells of {figure} rows"),
        frozenset({Reason.RAGGED_ROW}),
    ),
)


class _Counted(Protocol):
    @property
    def reason(self) -> Reason: ...
    @property
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be sent: its spreadsheet row, the cell at fault with its column's name, and why.

    `column` and `cell` are empty where no single cell is at fault.
    """

    line: int
    column: str
    cell: str
    reason: Reason
    because: str
    suggestion: str


def bad_rows(counts: Iterable[_Counted]) -> int:
    """How many rows are rejected; those that are only left out do not count."""
    return sum(one.count for one in counts if one.reason.status is Status.REJECTED)


def headline(counts: Iterable[_Counted], language: str = ENGLISH) -> str:
    """What there is to do about the rows that are not sent, in one sentence; empty when there is nothing.

    `Fix 3 numbers, fill the empty cells of 2 rows; 4 duplicates are left out.`
    """
    left = Counter({one.reason: one.count for one in counts})

    def told(one: str, several: str, number: int) -> Iterator[str]:
        if number:
            yield tell(say(one, several, n=number, figure=_figure(number)), language)

    todo: list[str] = []
    for one, several, reasons in _TASKS:
        todo += told(one, several, sum(left.pop(reason, 0) for reason in reasons))
    twins, had = left.pop(Reason.DUPLICATE, 0), left.pop(Reason.ALREADY_SENT, 0)
    todo += told(*marks("look at {figure} other row", "look at {figure} other rows"), left.total())
    out = [
        *told(*marks("{figure} duplicate is left out", "{figure} duplicates are left out"), twins),
        *told(*marks("{figure} had the campaign already", "{figure} had the campaign already"), had),
    ]
    done = (
        tell(say("{first} and {second}", first=out[0], second=out[1]), language)
        if len(out) > 1
        else "".join(out)
    )
    tasks = ", ".join(todo)
    sentence = (
        tell(say("{first}; {second}", first=tasks, second=done), language)
        if tasks and done
        else tasks or done
    )
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def rejected(plan: Plan, *, most: int | None = None) -> Iterator[Bad]:
    """The rejected rows in the file's order, the first `most` of them."""
    recipe, header = plan.campaign.recipe(), plan.campaign.source.names
    answers = islice(journal.rejected(plan.store, plan.record), most)
    for row, answer in _beside(plan.campaign.source.rows(), answers):
        reason, because = _parted(answer.reason)
        at = _at_fault(reason, row, recipe)
        column, cell = ("", "") if at is None else (header[at], row.fields[at])
        yield Bad(answer.line, column, cell, reason, because, answer.suggestion)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the file of rejected rows: where it is, how many rows there are, and whether it was written now."""

    path: Path | None = None
    rows: int = 0
    written: bool = False
    remarks: tuple[str, ...] = ()


def save_rejected(plan: Plan) -> Saved:
    """Write the rejected rows beside the recipients, to be put right and run: the user's cells untouched, then ours.

    A file that is not ours, one in which somebody put a row right, and one that was run are never written over: the next
    free number is taken. Without rejected rows, one of ours that is left from before goes. Raises `FileProblem`.
    """
    rows = bad_rows(plan.summary.not_sent)
    if not rows:
        return _swept(plan)
    remarks: list[str] = []
    for path in _places(plan.campaign.path):
        if path.exists():
            lines = _lines_in(path)
            if lines is None:
                remarks.append(f"{path.name} was not written by smscampaign and was left as it is")
                continue
            if _worked_on(plan, path):
                if _lines(plan) <= lines:
                    return Saved(path, rows, remarks=tuple(remarks))
                continue
        _write(plan, path)
        return Saved(path, rows, written=True, remarks=tuple(remarks))
    raise AssertionError("numbers do not end")


def _swept(plan: Plan) -> Saved:
    path = next(_places(plan.campaign.path))
    if not path.is_file() or _lines_in(path) is None or _worked_on(plan, path):
        return Saved()
    path.unlink()
    return Saved(remarks=(f"{path.name} was removed: no row is rejected any more",))


def _write(plan: Plan, path: Path) -> None:
    source = plan.campaign.source
    found = _beside(source.rows(), journal.rejected(plan.store, plan.record))
    lines = ([*row.fields, *_cells(answer)] for row, answer in found)
    results.save_lines([*source.header, *COLUMNS], lines, path, like=source)


def _cells(answer: Answer) -> list[str]:
    return [str(answer.line), results.safe(answer.reason), results.safe(answer.suggestion)]


def _places(path: Path) -> Iterator[Path]:
    """`spring.rejected.csv`, `spring.rejected-2.csv`, …; those of rejected rows go on counting."""
    parent = retrying.parent_of(path) or path
    number = 1
    while True:
        place = parent.with_name(f"{parent.stem}.rejected{'' if number == 1 else f'-{number}'}.csv")
        if place.stem != path.stem:
            yield place
        number += 1


def _lines_in(path: Path) -> frozenset[int] | None:
    """Which rows of the file they come from stand in a file of rejected rows; None when it is none of ours."""
    try:
        source = recipients.open_recipients(path)
        if users_width(source.header) is None:
            return None
        return frozenset(line for row in source.rows() if (line := line_before(row.fields)) is not None)
    except CampaignError:
        return None


def _lines(plan: Plan) -> frozenset[int]:
    return frozenset(answer.line for answer in journal.rejected(plan.store, plan.record))


def _worked_on(plan: Plan, path: Path) -> bool:
    """Whether a file of rejected rows was run already, or somebody put something right in it, be it only in part."""
    ran = any(
        isinstance(kept, Path) and kept.exists()
        for rehearsal in (False, True)
        if (kept := Files.beside(path, rehearsal=rehearsal).journal)
    )
    rows = None if ran else retrying.opened(path, {})
    if rows is None:
        return ran
    if len(rows.header) != len(plan.campaign.source.header):
        return True  # of another file: who knows
    recipe = plan.campaign.recipe()
    return any(
        isinstance(one, Message) for block in rows.blocks() for one in planning.plan_block(recipe, block)
    ) or _edited(plan.campaign.source, rows, recipe)


def _edited(source: recipients.Source, rows: retrying.RejectedRows, recipe: planning.Recipe) -> bool:
    """Whether a row still is not right, but no longer has the cells that were written there."""
    written: dict[int, tuple[tuple[str, ...], str]] = {}
    for row in rows.file.rows():
        found = retrying.parted(row.fields)
        if found is None:
            return True  # our cells were taken out, or the row is new
        written[found[0]] = found[1:]

    def as_written(line: int, cells: tuple[str, ...], said: str) -> bool:
        (one,) = planning.plan_block(recipe, [Row(line, cells)])
        return type(one) is Rejection and results.safe(f"{one.reason}: {one.detail}") == said

    last = max(written, default=0)
    for row in source.rows():
        if row.line > last:
            break
        cells, said = written.get(row.line, (row.fields, ""))
        if cells == row.fields:
            written.pop(row.line, None)
        elif as_written(row.line, row.fields, said):
            return True  # it was written from this row, and says something else now
    # What is left comes from rows that were changed since in the other file: what is said of them has to fit them still.
    return any(not as_written(line, cells, said) for line, (cells, said) in written.items())


def _beside(rows: Iterable[Row], answers: Iterable[Answer]) -> Iterator[tuple[Row, Answer]]:
    waiting = iter(rows)
    for answer in answers:
        row = next((row for row in waiting if row.line >= answer.line), None)
        if row is None or row.line != answer.line:
            raise FileProblem(
                "the file has other rows than when the campaign was planned", where=f"row {answer.line}"
            )
        yield row, answer


def _at_fault(reason: Reason, row: Row, recipe: planning.Recipe) -> int | None:
    if len(row.fields) != recipe.width:
        return None
    if reason is Reason.COUNTRY_UNKNOWN:
        return recipe.country
    if reason is Reason.VALUE_MISSING:
        return next(iter(recipe.template.lacking(row.fields)), None)
    return recipe.number if reason.startswith("number-") else None


def _parted(reason: str) -> tuple[Reason, str]:
    code, _, because = reason.partition(": ")
    return Reason(code), because


def _figure(number: int) -> str:
    return f"{number:,}".replace(",", " ")
