"""DataFrames as recipients, where a notebook has one.

A DataFrame is taken as it is: pandas' own `read_csv` turns `0612345678` into the integer 612345678 unless it is called with
`dtype=str`, and what was lost before this module cannot be brought back by it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from smscampaign.blocks import BLOCK, Block, filled
from smscampaign.errors import FileProblem
from smscampaign.model import Row
from smscampaign.recipients.celltext import NoText, text_of, texts_of
from smscampaign.recipients.columns import users_width

if TYPE_CHECKING:
    import pandas as pd


def from_frame(frame: pd.DataFrame, *, name: str = "recipients") -> FrameSource:
    """A DataFrame as recipients: its index is left aside and its first row is spreadsheet row 2.

    Raises FileProblem for a frame without columns or without rows.
    """
    header = tuple(map(_column_name, frame.columns))
    wide = users_width(header) or len(header)
    found = FrameSource(frame.iloc[:, :wide], header[:wide], header[:wide], name)
    if next(found.blocks(64), None) is None:
        raise FileProblem(
            "the DataFrame has no rows with anything in them",
            where=name,
            remedy="Give one row per recipient, and the phone numbers as text (read_csv with dtype=str).",
        )
    return found


# What pandas puts into an empty cell of a header of several rows.
_NO_LEVEL = re.compile(r"Unnamed: \d+_level_\d+\Z")


def _column_name(label: object) -> str:
    """What a frame calls a column; of several levels those that say something, with a space between them."""
    if not isinstance(label, tuple):
        return text_of(label)
    levels = map(text_of, label)
    return " ".join(one for one in levels if one.strip() and not _NO_LEVEL.match(one))


@dataclass(frozen=True, slots=True, eq=False)
class FrameSource:
    """A DataFrame that has been looked at by `from_frame`. It is not copied."""

    frame: pd.DataFrame
    header: tuple[str, ...]
    names: tuple[str, ...]
    name: str
    header_line: int = 1
    delimiter: str = ","
    bom: bool = False
    remarks: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        return chain.from_iterable(self.blocks())

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        for start, cells in self._columns(size):
            first = start + self.header_line + 1
            yield from filled(Block(range(first, first + len(cells[0])), cells))

    def digest(self) -> str:
        """SHA-256 of the frame written as CSV, blank rows included."""
        content = hashlib.sha256()
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.header)
        for _, cells in self._columns(BLOCK):
            writer.writerows(zip(*cells, strict=True))
            content.update(text.getvalue().encode("utf-8", errors="surrogatepass"))
            text.seek(0)
            text.truncate()
        return content.hexdigest()

    def _columns(self, size: int) -> Iterator[tuple[int, list[list[str]]]]:
        for start in range(0, len(self.frame) if len(self.frame.columns) else 0, size):
            part = self.frame.iloc[start : start + size]
            yield start, [self._texts(part.iloc[:, at], at) for at in range(part.shape[1])]

    def _texts(self, column: pd.Series[Any], at: int) -> list[str]:
        try:
            return texts_of(column)
        except NoText as error:
            raise FileProblem(
                f"column {self.names[at]!r} has cells that cannot be sent: {error}",
                where=self.name,
                remedy='Make it text first: df[column] = df[column].str.join(", ") for lists.',
            ) from None
