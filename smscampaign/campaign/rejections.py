"""The rows that cannot be sent: what a person has to do about them, and the file of them to put right."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, Protocol

from smscampaign import results
from smscampaign.campaign import rejected_file
from smscampaign.campaign.changes import same
from smscampaign.campaign.corrections import at_fault
from smscampaign.campaign.plans import Plan
from smscampaign.corrections import row_hash
from smscampaign.errors import FileProblem
from smscampaign.journal import answers as journal_answers
from smscampaign.journal import corrections
from smscampaign.languages import ENGLISH, marks, say, tell
from smscampaign.model import Reason, ReasonCount, Row, RowResult, Status
from smscampaign.recipients.frames import FrameSource

#: Bad rows that are told one by one; of more, so many of each reason, and so many rows of it are named.
TOLD, EACH, NAMED = 20, 2, 8

#: What a person has to do, as (one, several), and the reasons it is about, in the order in which it is told.
_TASKS: tuple[tuple[str, str, frozenset[Reason]], ...] = (
    (
        *marks("fix {figure} number", "fix {figure} numbers"),
        frozenset(one for one in Reason if one.startswith("number-")) - {Reason.NUMBER_MISSING},
    ),
    (
        *marks("fill the empty cells of {figure} row", "fill the empty cells of {figure} rows"),
        frozenset({Reason.NUMBER_MISSING, Reason.KEY_MISSING, Reason.VALUE_MISSING}),
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


class Bad(NamedTuple):
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


def nobody_reached(plan: Plan) -> bool:
    """Whether every row that a rule does not leave out is wrong, and nobody of the file had it before: nobody is told."""
    counts = plan.summary.not_sent
    had = any(one.reason is Reason.ALREADY_SENT for one in counts)
    return not (plan.summary.messages or had) and bool(bad_rows(counts))


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
    dropped, lately = left.pop(Reason.DROPPED, 0), left.pop(Reason.SAME_TEXT_LATELY, 0)
    passed, spared = left.pop(Reason.NOT_SELECTED, 0), left.pop(Reason.HELD_OUT, 0)
    others = left.pop(Reason.NOT_IN_PRIOR, 0)
    failed = left.pop(Reason.NOT_RETRIED, 0)
    todo += told(*marks("look at {figure} other row", "look at {figure} other rows"), left.total())
    out = [
        *told(*marks("{figure} duplicate is left out", "{figure} duplicates are left out"), twins),
        *told(*marks("{figure} had the campaign already", "{figure} had the campaign already"), had),
        *told(*marks("{figure} had the same text lately", "{figure} had the same text lately"), lately),
        *told(*marks("{figure} row was dropped", "{figure} rows were dropped"), dropped),
        *told(*marks("{figure} row is not selected", "{figure} rows are not selected"), passed),
        *told(*marks("{figure} is held out", "{figure} are held out"), spared),
        *told(*marks("{figure} is not meant by [prior]", "{figure} are not meant by [prior]"), others),
        *told(*marks("{figure} is no part of the retry", "{figure} are no part of the retry"), failed),
    ]
    done = out[-1] if out else ""
    if len(out) > 1:
        done = tell(say("{first} and {second}", first=", ".join(out[:-1]), second=done), language)
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
    answers = islice(_answers(plan), most)
    for row, answer in _beside(plan.campaign.source.rows(), answers):
        reason, because = _parted(answer.reason)
        at = at_fault(reason, row, recipe)
        column, cell = ("", "") if at is None else (header[at], row.fields[at])
        yield Bad(answer.line, column, cell, reason, because, answer.suggestion)


@dataclass(frozen=True, slots=True)
class NotSent:
    """The rows that one reason keeps from being sent: how many, the first of them, and sentences with the row each is about.

    What is said of all of them in the same words is said once, for no row in particular (0).
    """

    reason: Reason
    count: int
    lines: tuple[int, ...]
    sentences: tuple[tuple[int, str], ...]


def by_reason(plan: Plan) -> list[NotSent]:
    """What keeps rows from being sent, reason by reason, those first about which there is something to do."""
    counts = sorted(plan.summary.not_sent, key=lambda one: one.reason.status is not Status.REJECTED)
    few = bad_rows(counts) <= TOLD
    rows: dict[Reason, list[RowResult]] = {one.reason: [] for one in counts}
    for answer in journal_answers.first_of_each_reason(plan.store, plan.record, TOLD if few else NAMED):
        reason, _ = _parted(answer.reason)
        if reason in rows:
            rows[reason].append(answer)
    return [_not_sent(one, rows[one.reason], few=few) for one in counts]


def _not_sent(one: ReasonCount, rows: Sequence[RowResult], *, few: bool) -> NotSent:
    lines = tuple(row.line for row in rows[:NAMED]) or (one.line,)
    said: dict[str, int] = {}
    for row in rows:
        said.setdefault(" ".join(filter(None, (_parted(row.reason)[1], row.suggestion))), row.line)
    if len(said) < 2:
        sentence = next(iter(said), " ".join(filter(None, (one.detail, one.suggestion))))
        return NotSent(one.reason, one.count, lines, ((0, sentence),))
    every = few and one.reason.status is Status.REJECTED
    sentences = [(line, sentence) for sentence, line in said.items()][: None if every else EACH]
    return NotSent(one.reason, one.count, lines, tuple(sentences))


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the file of rejected rows: where it is, how many rows there are, and whether it was written now."""

    path: Path | None = None
    rows: int = 0
    written: bool = False
    remarks: tuple[str, ...] = ()


def save_rejected(plan: Plan) -> Saved:
    """Write the rejected rows beside the recipients, to be put right: the user's cells, then ours.

    A file that is not ours is left as it is, and so is one that holds what no plan in force has taken, or that somebody
    changed since it was read, or that was put right when this is a rehearsal. Without rejected rows, one of ours goes. Raises
    `FileProblem`.
    """
    campaign, rows = plan.campaign, bad_rows(plan.summary.not_sent)
    if isinstance(campaign.file, FrameSource):
        return Saved(rows=rows)
    named = campaign.rejected
    # What is written is CSV, also where the rows were put right in a workbook.
    path = named if named and named.suffix == ".csv" else rejected_file.place_for(campaign.path)
    remarks = []
    if path != (usual := campaign.path.with_name(f"{campaign.path.stem}.rejected.csv")) and usual.exists():
        remarks.append(f"{usual.name} was not written by smscampaign and was left as it is")
    if path.exists() and _is_worked_on(plan, path):
        return Saved(path, rows, remarks=tuple(remarks))
    if plan.rehearses and campaign.corrections and path.exists():
        # The real campaign has its own journal, and takes from the same file what was put right.
        remarks.append(f"{path.name} was left as it is, for the real campaign")
        return Saved(remarks=tuple(remarks))
    if rows:
        _write(plan, path)
        return Saved(path, rows, written=True, remarks=tuple(remarks))
    if path.exists():
        path.unlink()
        remarks.append(f"{path.name} was removed: no row is rejected any more")
    return Saved(remarks=tuple(remarks))


def _is_worked_on(plan: Plan, path: Path) -> bool:
    """Whether the file holds more than what was written there and what a plan in force has taken from it."""
    entry = plan.campaign.entry
    if entry is None or entry.path != path or entry.digest != rejected_file.digest_of(path):
        return True  # it was changed, or came there, since the corrections were taken
    return entry.odd or (entry.fresh and not _in_force(plan))


def _in_force(plan: Plan) -> bool:
    found = plan.store.find(plan.record.inputs.name)
    return found is not None and found.begun_at is not None and same(found, plan.record.inputs)


def _write(plan: Plan, path: Path) -> None:
    campaign = plan.campaign
    stood = {line: one.stood for line, one in campaign.corrections.items()}
    lines = (
        [
            *row.fields,
            *rejected_file.our_cells(
                row.line,
                results.safe(answer.reason),
                results.safe(answer.suggestion),
                stood.get(row.line) or row_hash(row.fields),
            ),
        ]
        for row, answer in _beside(campaign.source.rows(), _answers(plan))
    )
    header = [*campaign.source.header, *rejected_file.COLUMNS]
    results.save_lines(header, lines, path, like=campaign.file)


def _answers(plan: Plan) -> Iterator[RowResult]:
    """The rejected rows in the file's order, with a correction that waits."""
    found, correction = journal_answers.rejected(plan.store, plan.record), plan.waiting_correction()
    if correction is None:
        return found
    replaced = corrections.corrected_rows(plan.store, correction)
    others = (one for one in found if one.line not in replaced)
    return heapq.merge(others, journal_answers.rejected(plan.store, correction), key=attrgetter("line"))


def _beside(rows: Iterable[Row], answers: Iterable[RowResult]) -> Iterator[tuple[Row, RowResult]]:
    waiting = iter(rows)
    for answer in answers:
        row = next((row for row in waiting if row.line >= answer.line), None)
        if row is None or row.line != answer.line:
            raise FileProblem(
                "the file has other rows than when the campaign was planned", where=f"row {answer.line}"
            )
        yield row, answer


def _parted(reason: str) -> tuple[Reason, str]:
    code, _, because = reason.partition(": ")
    return Reason(code), because


def _figure(number: int) -> str:
    return f"{number:,}".replace(",", " ")
