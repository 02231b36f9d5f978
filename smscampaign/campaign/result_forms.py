"""The results of a campaign in another form: a workbook, Parquet, JSON, CSV again, or what its columns hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from smscampaign import results
from smscampaign.campaign.plans import Plan
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.journal import answers as journal_answers
from smscampaign.model import RowResult
from smscampaign.sheets.schema import schema
from smscampaign.sheets.tables import MARK, Table, Value


class Form(StrEnum):
    """What results are written as; each is the ending of its files."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSON = "json"


def form_of(named: str | None, path: Path | None) -> Form:
    """The form that was named, else the one that a file's ending says, else CSV. Raises `SettingsProblem`."""
    ending = path.suffix.lower().removeprefix(".") if path else ""
    asked = (named or "").strip().lower() or ending or Form.CSV.value
    if asked in set(Form):
        return Form(asked)
    if named is None:
        return Form.CSV
    raise SettingsProblem(
        f"{named!r} is no form of results", where="--as", remedy=f"Write one of {', '.join(Form)}."
    )


def write(plan: Plan, form: Form, path: Path) -> Path:
    """The results at `path`, whole or not at all; says where they are. Raises `FileProblem` and `SettingsProblem`."""
    if form is Form.CSV:
        return plan.save_results(path)
    seen = _Seen()
    table = table_of(plan, seen)
    with results.replacing(path, mark=MARK.encode()) as there:
        if form is Form.XLSX:
            from smscampaign.sheets import workbook

            workbook.write(there, table, _Facts(plan, seen))
        elif form is Form.PARQUET:
            from smscampaign.sheets import parquet

            parquet.write(there, table)
        else:
            from smscampaign.sheets import documents

            with there.open("w", encoding="utf-8") as file:
                file.writelines(documents.pieces(table, campaign=plan.campaign.name))
    return path


def schema_of(plan: Plan) -> dict[str, Any]:
    """What the columns of the results CSV hold."""
    width = _width(plan)
    return schema(results.header(plan.campaign.file.header, width=width)[:width], results.COLUMNS)


def table_of(plan: Plan, seen: _Seen | None = None) -> Table:
    """The rows of the file with what became of them. Raises `FileProblem` when the file is not the one that was planned."""
    source, width = plan.campaign.file, _width(plan)
    if source.digest() != plan.record.inputs.ingredients["file"]:
        raise FileProblem(
            "the file is not the one that was planned, so its rows would get the answers of others",
            where=source.name,
            remedy="Put it back as it was; the journal keeps what happened.",
        )
    head = results.header(source.header, width=width)[:width]
    return Table(head, results.COLUMNS, _rows(plan, width, seen))


def _rows(plan: Plan, width: int, seen: _Seen | None) -> Iterator[tuple[list[str], list[Value]]]:
    answers = journal_answers.answers(plan.store, plan.record, language=plan.campaign.language)
    for row, answer in results.beside(plan.campaign.file.rows(), answers):
        if seen is not None:
            seen.add(answer)
        yield [*row.fields, *[""] * (width - len(row.fields))], results.values(answer)


def _width(plan: Plan) -> int:
    made = (one.width for one in plan.campaign.corrections.values())
    return max(plan.summary.width, len(plan.campaign.file.header), *made)


class _Seen:
    """What the rows come to, counted as they are written."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.credits = Decimal(0)

    def add(self, answer: RowResult) -> None:
        """One more row."""
        self.counts["rows"] += 1
        self.counts[answer.status.value] += 1
        if answer.delivery is not None:
            self.counts[answer.delivery.value] += 1
        self.credits += answer.credits or 0


class _Facts:
    """The lines of the summary, which is read once all rows are written."""

    def __init__(self, plan: Plan, seen: _Seen) -> None:
        self._plan, self._seen = plan, seen

    def __iter__(self) -> Iterator[tuple[str, Value]]:
        plan, seen = self._plan, self._seen
        yield "campaign", plan.campaign.name
        yield "file", plan.campaign.source.name
        yield "begun", plan.record.begun_at
        yield "written", plan.store.clock()
        yield "times are in", "UTC"
        yield from seen.counts.items()
        yield "credits by the rates", seen.credits
