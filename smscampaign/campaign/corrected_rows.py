"""The rows of a begun campaign that were put right since it was planned, and a plan of them alone that waits for its yes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

from smscampaign import planning
from smscampaign.blocks import BLOCK
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.corrections import rows_at
from smscampaign.campaign.exclusions import ByContacts, in_series
from smscampaign.campaign.sealed import EditionRequest, dropping, refuse_changed, writer_of
from smscampaign.corrections import Correction, row_hash, row_hashes
from smscampaign.errors import JournalProblem
from smscampaign.journal import corrections, hashes, tags
from smscampaign.journal.contacts import texts_of
from smscampaign.journal.exclusions import Asked, Excluded
from smscampaign.journal.store import Journal, Record
from smscampaign.journal.twins import same_key_as, same_number_as, same_text_as
from smscampaign.model import EditionKind, Reason, Row
from smscampaign.recipients.sources import Source


class CorrectedRows(NamedTuple):
    """How a campaign differs from what was planned, where that is no more than a correction: its rows as they are now.

    `other` is the first row that is another one and was not rejected: then it is no correction.
    """

    rows: tuple[Row, ...]
    other: int | None = None


def put_right(campaign: Campaign, store: Journal, record: Record) -> CorrectedRows:
    """The rows of a begun campaign that were put right since it was planned; `campaign` has its corrections entered.

    With the same file only its corrections are looked at; with another one every row is compared.
    """
    source = campaign.source
    before, now = corrections.corrections_of(store, record), campaign.corrections
    lines = {line for line in {*before, *now} if not _alike(before.get(line), now.get(line))}
    if source.digest() == record.inputs.ingredients.get("file"):
        return CorrectedRows(tuple(row for _, row in rows_at(source, lines)))
    found, other = _compared(source, store, record, lines)
    return CorrectedRows(tuple(found), other)


def _alike(one: Correction | None, other: Correction | None) -> bool:
    return one is not None and one.same_as(other)


def _compared(
    source: Source, store: Journal, record: Record, lines: set[int]
) -> tuple[list[Row], int | None]:
    """The rows that may differ and do, and the first that does and may not."""
    open_rows = frozenset(corrections.rows_to_put_right(store, record))
    found: list[Row] = []
    for row, sealed in zip_longest(_with_header(source), hashes.sealed_rows(store, record)):
        if row is None or sealed is None or row.line != sealed[0]:
            return found, (row.line if row is not None else sealed[0])
        if row_hash(row.fields) != sealed[1]:
            if row.line not in open_rows:
                return found, row.line
            found.append(row)
        elif row.line in lines and row.line in open_rows:
            found.append(row)  # dropped, or not dropped any more
    return found, None


def _with_header(source: Source) -> Iterator[Row]:
    yield Row(source.header_line, tuple(source.header))
    yield from source.rows()


class OtherRows(NamedTuple):
    """An exclusion: a row that was put right gets nothing where another row of the campaign has its number, or its key."""

    store: Journal
    record: Record
    series: ByContacts

    def of(self, asked: Asked) -> dict[int, Excluded]:
        """Which of these rows get nothing."""
        # Of an earlier edition's message its own row of this plan tells.
        had = {line: replace(why, had=None) for line, why in self.series.of(asked).items()}
        named: Sequence[int] | Sequence[bytes] = asked.keys or asked.numbers
        here = corrections.rows_with(self.store, self.record, named)
        why = same_key_as if asked.keys else same_number_as
        twins = {
            line: Excluded(Reason.DUPLICATE, why(here[one]))
            for line, one in zip(asked.lines, named, strict=True)
            if one in here
        }
        if asked.keys:
            with self.store.reading() as connection:
                known = texts_of(connection, self.record.id, asked.numbers)
            rows = {(number, body): line for number, line, body in known}
            places = zip(asked.lines, asked.numbers, asked.bodies, strict=True)
            same = {line: rows[number, body] for line, number, body in places if (number, body) in rows}
            twins |= {line: Excluded(Reason.DUPLICATE, same_text_as(row)) for line, row in same.items()}
        return had | twins


def propose(
    campaign: Campaign, kept: tuple[Journal, Record], request: EditionRequest, rows: Sequence[Row]
) -> Record:
    """The rows that were put right since `kept` was planned, as a plan of their own that waits for its yes."""
    store, record = kept
    contacts = in_series(campaign, *kept)
    inputs = replace(request.inputs, account=record.inputs.account)
    again = request.send_again
    made = store.begin(inputs, tag=tags.chance(), kind=EditionKind.CORRECTION, send_again=again)
    corrections.keep_corrections(store, made, campaign.corrections.values())
    writer = writer_of(campaign, store, made, request, [OtherRows(store, record, contacts)])
    recipe = dropping(request.recipe, campaign.corrections.values())
    for first in range(0, len(rows), BLOCK):
        block = rows[first : first + BLOCK]
        writer.note([row.line for row in block], row_hashes([row.fields for row in block]))
        writer.add(planning.plan_block(recipe, block))
    writer.seal(
        receivers_per_call=campaign.settings.limits.receivers_per_call,
        width=max((len(row.fields) for row in rows), default=0),
        blank=0,
    )
    refuse_changed(campaign, inputs)
    found = store.find(campaign.name, proposed=True)
    if found is None:
        raise JournalProblem("the plan vanished from the journal", where=store.name)
    return found
