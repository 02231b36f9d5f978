"""Corrections that somebody types one by one: they are entered in the file of rejected rows, as whoever edits that does."""

from __future__ import annotations

from smscampaign import results
from smscampaign.campaign import rejected_file
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.corrections import rows_at
from smscampaign.campaign.rejected_file import COLUMNS, DROP
from smscampaign.corrections import row_hash
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.recipients.frames import FrameSource


def enter(
    campaign: Campaign, line: int, cells: tuple[str, ...] | None, *, others: dict[int, tuple[str, str]]
) -> None:
    """Enter the new cells of a row that cannot be sent; None drops it, and the cells of the file take it back.

    `others` are the rejected rows as (reason, suggestion): they stand in that file too. Whether a correction is taken is
    decided when the campaign is planned. Raises `FileProblem`, and `SettingsProblem` for recipients that are no file.
    """
    if isinstance(campaign.file, FrameSource):
        raise SettingsProblem("a table in memory has no file of rejected rows", where="corrected")
    path = rejected_file.place_for(campaign.path)
    found = rejected_file.read(path).rows if rejected_file.is_ours(path) else ()
    if len({one.line for one in found}) < len(found) or (found and rejected_file.read(path).strange):
        raise FileProblem(
            "this file has rows twice, or rows that are none of the rejected ones",
            where=path.name,
            remedy="Put it right, or remove it: what was entered in it is lost then.",
        )
    # What was entered for a row stays about that row, even if another one stands in its place by now.
    entered = {one.line: (one.cells, one.mark, one.stood) for one in found}
    rows = dict(rows_at(campaign.file, {line, *entered, *others}))
    if line not in rows:
        raise FileProblem(f"there is no row {line}", where=campaign.source.name)
    entered[line] = (cells or rows[line].fields, DROP if cells is None else "", row_hash(rows[line].fields))
    lines = []
    for number, row in sorted(rows.items()):
        its, mark, stood = entered.get(number, (row.fields, "", row_hash(row.fields)))
        reason, suggestion = others.get(number, ("", ""))
        ours = rejected_file.our_cells(number, results.safe(reason), results.safe(suggestion), stood)
        ours[COLUMNS.index("sms_correction")] = mark
        lines.append([*its, *ours])
    results.save_lines([*campaign.file.header, *COLUMNS], lines, path, like=campaign.file)
