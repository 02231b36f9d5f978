"""Messages of nothing but words and columns, filled row by row without Jinja2; and what is said of a row without a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from smscampaign.languages import say
from smscampaign.message.limits import BEYOND, LARGEST
from smscampaign.model import Reason


@dataclass(frozen=True, slots=True)
class Unrendered:
    """Why a row has no text, and one sentence for a person (it may quote a cell: never log it).

    `columns` are the indices of the columns that are empty in it and needed, ascending, as far as that can be told.
    """

    reason: Reason
    detail: str
    columns: tuple[int, ...] = ()


Rendered = str | Unrendered

Render = Callable[[Sequence[Sequence[str]]], list[Rendered]]
"""The texts of many rows, in their order."""


@lru_cache(1_024)
def lacking(columns: tuple[tuple[int, str], ...]) -> Unrendered:
    """What is said of a row in which these columns, by index and name and ascending, are empty and needed."""
    names = [say("“{name}”", name=name) for _, name in columns]
    listed = names[0]
    for name in names[1:-1]:
        listed = say("{first}, {second}", first=listed, second=name)
    if len(names) > 1:
        listed = say("{first} and {second}", first=listed, second=names[-1])
    why = say(
        "The column {columns} is empty, and the message needs it.",
        "The columns {columns} are empty, and the message needs them.",
        n=len(names),
        columns=listed,
    )
    return Unrendered(Reason.VALUE_MISSING, why, tuple(index for index, _ in columns))


_BLANK = Unrendered(Reason.TEXT_EMPTY, say("The message comes out empty for this row."))


def failed(error: str) -> Unrendered:
    """What is said of a row whose text cannot be made."""
    return Unrendered(Reason.TEXT_FAILED, say("The message cannot be rendered: {error}.", error=error))


def finished(text: str) -> Rendered:
    """Line ends as LF, none at the end; a text of nothing but white space is none, and so is one beyond `LARGEST`."""
    if len(text) > LARGEST:
        return failed(BEYOND)
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    return _BLANK if not text or text.isspace() else text


#: Instead of a cell that no message can hold, so that many of them fill no memory: the row has no text either way.
_BEYOND_CELL = "x" * (LARGEST + 1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A column with filters that depend on nothing but the cell; `when_empty` is what they make of an empty one."""

    index: int
    name: str
    filters: tuple[Callable[[str], str], ...]
    when_empty: str | None

    def column(self, rows: Sequence[Sequence[str]]) -> list[str]:
        index = self.index
        cells = [row[index].strip() for row in rows]
        if max(map(len, cells), default=0) > LARGEST:
            cells = [cell if len(cell) <= LARGEST else _BEYOND_CELL for cell in cells]
        for filter_ in self.filters:
            cells = [cell and filter_(cell) for cell in cells]
        return cells


def by_format(pieces: Sequence[str | Slot]) -> Render:
    """What fills a message of words and slots; of a row that lacks several cells it names all of them."""
    slots = [piece for piece in pieces if isinstance(piece, Slot)]
    pattern = "".join("%s" if isinstance(piece, Slot) else piece.replace("%", "%%") for piece in pieces)
    tidy = _tidy(pieces)

    def render(rows: Sequence[Sequence[str]]) -> list[Rendered]:
        columns, missing = [], dict[int, set[tuple[int, str]]]()
        for slot in slots:
            cells = slot.column(rows)
            if "" in cells and slot.when_empty is None:
                for number, cell in enumerate(cells):
                    if not cell:
                        missing.setdefault(number, set()).add((slot.index, slot.name))
            elif "" in cells:
                cells = [cell or slot.when_empty or "" for cell in cells]
            columns.append(cells)
        texts: list[Rendered] = [
            text if tidy and "\r" not in text and len(text) <= LARGEST else finished(text)
            for text in map(pattern.__mod__, zip(*columns, strict=True))
        ]
        for number, empty in missing.items():
            texts[number] = lacking(tuple(sorted(empty)))
        return texts

    return render


def _tidy(pieces: Sequence[str | Slot]) -> bool:
    """Whether the literal text alone says that no row comes out blank or ends with a line break. Cells are stripped."""
    last = pieces[-1]
    ending = last if isinstance(last, str) else "-" if last.when_empty is None else last.when_empty
    worded = any(isinstance(piece, str) and piece.strip() for piece in pieces)
    return worded and ending[-1:] not in {"", "\n", "\r"}
