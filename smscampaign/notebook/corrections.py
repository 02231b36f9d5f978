"""Corrections in a frame: what somebody changed in the rejections, or wrote down for their rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.corrections import rows_at
from smscampaign.drawing import discreet, dotted
from smscampaign.errors import SettingsProblem
from smscampaign.model import Row
from smscampaign.notebook.frames import REJECTION
from smscampaign.recipients import columns
from smscampaign.recipients.frames import FrameSource, from_frame


def in_a_frame(campaign: Campaign, given: Any) -> dict[int, dict[str, str]]:
    """The cells of a frame that are other ones than the recipients', by spreadsheet row and column.

    Its rows are told by its column `row`, else by its index. Raises `SettingsProblem`, for a row or a column that is not
    there as well.
    """
    try:
        written = from_frame(given, name="corrections")
    except SettingsProblem:
        what = f"corrections are rows with their new cells, or a frame, and not a value of the type {type(given).__name__}"
        raise SettingsProblem(
            what,
            where="correct",
            remedy='Write it as correct({12: {"mobile": "07 …"}, 15: None}): None drops a row.',
        ) from None
    lines = _lines(campaign, written)
    stood = dict(rows_at(campaign.file, set(lines.values())))
    names = [(at, name) for at, name in enumerate(written.names) if name not in REJECTION]
    found = {}
    for row in written.rows():
        line = lines[row.line]
        if line not in stood:
            raise SettingsProblem(f"there is no row {line}", where="correct")
        cells = dict(_changed(campaign, row, stood[line], names))
        if cells:
            found[line] = cells
    return found


def _lines(campaign: Campaign, written: FrameSource) -> dict[int, int]:
    """The recipients' row of each row of a frame of corrections."""
    if "row" in written.names:
        at = written.names.index("row")
        return {row.line: _whole(row.fields[at]) for row in written.rows()}
    labels, file = written.labels, campaign.file
    if labels is None:
        raise SettingsProblem(
            "the corrections do not say which rows they are for",
            where="correct",
            remedy="Keep the column `row` of `plan.rejections`.",
        )
    own = [labels[row.line - written.header_line - 1] for row in written.rows()]
    known = isinstance(file, FrameSource) and file.labels is not None
    lines = file.lines_of(dict.fromkeys(own)) if isinstance(file, FrameSource) and known else map(_whole, own)
    return dict(zip([row.line for row in written.rows()], lines, strict=True))


def _whole(cell: object) -> int:
    try:
        return int(str(cell))
    except ValueError:
        raise SettingsProblem(
            "a row is a whole number, as `plan.rejections` shows it",
            where="correct",
            remedy="Keep the column or the index `row` of `plan.rejections`.",
        ) from None


def _changed(
    campaign: Campaign, row: Row, stood: Row, names: list[tuple[int, str]]
) -> Iterator[tuple[str, str]]:
    """The cells that say something else than what stands in the recipients, be that masked."""
    for at, name in names:
        place, cell = columns.column(campaign.source.names, name, option="correct"), row.fields[at]
        old = stood.fields[place] if place < len(stood.fields) else ""
        if cell.strip() and cell not in {old, dotted(old), discreet(old)}:
            yield name, cell
