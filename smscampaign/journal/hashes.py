"""The hashes of the rows that a plan was made from, by which is told which rows of a file are others now."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, insert, select, update

from smscampaign.corrections import HASH_BYTES
from smscampaign.journal import schema
from smscampaign.journal.store import STREAM, Journal, Record


class RowHashes(NamedTuple):
    """A block: `lines` are packed as whole numbers of 4 bytes, or None where they follow one another from `first_line`."""

    first_line: int
    lines: bytes | None
    hashes: bytes

    @classmethod
    def of(cls, lines: Sequence[int], hashes: bytes) -> RowHashes:
        """The block of rows that stand at `lines`, in the file's order."""
        together = lines[-1] - lines[0] + 1 == len(lines)
        return cls(lines[0], None if together else struct.pack(f"<{len(lines)}I", *lines), hashes)

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Each row with its hash."""
        count = len(self.hashes) // HASH_BYTES
        lines = (
            range(self.first_line, self.first_line + count)
            if self.lines is None
            else struct.unpack(f"<{count}I", self.lines)
        )
        for place, line in enumerate(lines):
            yield line, self.hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES]


def write_hashes(connection: Connection, campaign: int, blocks: Sequence[RowHashes]) -> None:
    """Keep blocks with a plan."""
    if blocks:
        table = schema.row_hashes
        rows = [
            {
                "campaign": campaign,
                "first_line": one.first_line,
                "lines": one.lines,
                "hashes": one.hashes,
            }
            for one in blocks
        ]
        connection.execute(insert(table), rows)


def sealed_rows(journal: Journal, record: Record) -> Iterator[tuple[int, bytes]]:
    """Each row of the file as it was planned, the header first, with its hash; memory does not grow with their number."""
    with (
        journal.reading() as connection,
        connection.execute(_blocks(record.id), execution_options=STREAM) as blocks,
    ):
        for row in blocks:
            yield from RowHashes(row.first_line, row.lines, row.hashes).rows()


def change_hashes(connection: Connection, campaign: int, changed: Mapping[int, bytes]) -> None:
    """Other hashes for some rows. A journal that was recovered may have lost them: then it goes without."""
    table, left = schema.row_hashes.c, dict(changed)
    while left:
        line = min(left)
        block = connection.execute(
            select(schema.row_hashes)
            .where(table.campaign == campaign, table.first_line <= line)
            .order_by(table.first_line.desc())
            .limit(1)
        ).one_or_none()
        if block is None:
            return
        rows = list(RowHashes(block.first_line, block.lines, block.hashes).rows())
        hashes = b"".join([left.pop(one, old) for one, old in rows])
        left.pop(line, None)
        connection.execute(
            update(schema.row_hashes)
            .where(table.campaign == campaign, table.first_line == block.first_line)
            .values(hashes=hashes)
        )


def _blocks(campaign: int) -> Select[Any]:
    table = schema.row_hashes.c
    return select(schema.row_hashes).where(table.campaign == campaign).order_by(table.first_line)
