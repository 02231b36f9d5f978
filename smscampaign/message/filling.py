"""Messages of nothing but words and columns, filled row by row without Jinja2; and what is said of a row without a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from unicodedata import is_normalized, normalize

from smscampaign.languages import Sentence, say
from smscampaign.message.limits import BEYOND, LARGEST
from smscampaign.model import Reason


class Unrendered(NamedTuple):
    """Why a row has no text, and one sentence for a person (it may quote a cell: never log it).

    `columns` are the indices of the columns that are empty in it and needed, ascending, as far as that can be told.
    """

    reason: Reason
    detail: str
    columns: tuple[int, ...] = ()


Rendered = str | Unrendered

Render = Callable[[Sequence[Sequence[str]], int], list[Rendered]]
"""The texts of so many rows, in their order, from the columns of their cells."""


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


class Unreadable(Exception):
    """A cell that is no such value as a filter needs; `why` is a sentence for a person."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


BLANK = Unrendered(Reason.TEXT_EMPTY, say("The message comes out empty for this row."))
UNMEANT = Unrendered(
    Reason.NOT_SELECTED, say("The conditions in the message leave nothing to say for this row.")
)
"""The same of a message with conditions: who wrote them meant it."""

HELD_OUT = Unrendered(
    Reason.HELD_OUT,
    say(
        "Chance has it that this person gets nothing, so that it shows what the message does (variants.hold_out)."
    ),
)
"""Of who is to show by what he does without a message what those do with one."""


def failed(error: str) -> Unrendered:
    """What is said of a row whose text cannot be made."""
    return Unrendered(Reason.TEXT_FAILED, say("The message cannot be rendered: {error}.", error=error))


# What no phone shows: control characters but for line ends and the tab, and halves of surrogate pairs.
_CONTROL = bytes({*range(9), 11, 12, *range(14, 32), 127})
_CONTROL_BEYOND = re.compile(rb"\xc2[\x80-\x84\x86-\x9f]")
_UNSOUND = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def is_sound(text: str) -> bool:
    """Whether there is no control character in it and no half of a surrogate pair; on bytes, which takes hardly any time."""
    if text.isascii():
        wire = text.encode("ascii")
        return len(wire.translate(None, _CONTROL)) == len(wire)
    try:
        wire = text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return len(wire.translate(None, _CONTROL)) == len(wire) and not _CONTROL_BEYOND.search(wire)


def composed(text: str) -> str:
    """The text with each letter and its accent as one sign (NFC): an é in two signs, as macOS and PDFs write it, is UCS-2."""
    if text.isascii():
        return text
    try:
        text.encode(
            "latin-1"
        )  # what is in there is composed: asked of many texts in one string it takes no time
    except UnicodeEncodeError:
        return text if is_normalized("NFC", text) else normalize("NFC", text)
    return text


def _unsound(text: str) -> Unrendered:
    found = _UNSOUND.search(text)
    sign = f"U+{ord(found[0]):04X}" if found else ""
    return Unrendered(
        Reason.TEXT_FAILED,
        say(
            "The text has a control character in it ({sign}), which no phone can show; delete it.", sign=sign
        ),
    )


def finished(text: str) -> Rendered:
    """Line ends as LF, none at the end; a text of nothing but white space is none, and so is one beyond `LARGEST`."""
    if len(text) > LARGEST:
        return failed(BEYOND)
    # Most texts are one printable line: nothing of what follows is in them.
    if text.isprintable():
        whole = composed(text)
        return BLANK if not whole or whole.isspace() else whole
    if not is_sound(text):
        return _unsound(text)
    whole = composed(text).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    return BLANK if not whole or whole.isspace() else whole


#: Instead of a cell that no message can hold, so that many of them fill no memory: the row has no text either way.
_BEYOND_CELL = "x" * (LARGEST + 1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A column with filters that depend on nothing but the cell; `when_empty` is what they make of an empty one."""

    index: int
    name: str
    filters: tuple[Callable[[str], str], ...]
    when_empty: str | None

    def filled(self, column: Sequence[str]) -> tuple[list[str], int]:
        """What each cell of the column becomes in a text, empty where it is; and how long the longest is."""
        cells = list(map(str.strip, column))
        longest = max(map(len, cells), default=0)
        if longest > LARGEST:
            cells = [cell if len(cell) <= LARGEST else _BEYOND_CELL for cell in cells]
        if not self.filters:
            return cells, longest
        for filter_ in self.filters:
            cells = [cell and filter_(cell) for cell in cells]
        return cells, max(map(len, cells), default=0)


#: What stands behind each text while a block of them is one string.
_BETWEEN = "\0"


def by_format(pieces: Sequence[str | Slot]) -> Render:
    """What fills a message of words and slots; of a row that lacks several cells it names all of them."""
    tidy = _tidy(pieces) and all(is_sound(piece) for piece in pieces if isinstance(piece, str))

    def render(columns: Sequence[Sequence[str]], count: int) -> list[Rendered]:
        filled, missing, longest, sound = list[list[str]](), dict[int, set[tuple[int, str]]](), 0, tidy
        for piece in pieces:
            if isinstance(piece, str):
                filled.append([piece] * count)
                longest += len(piece)
                continue
            cells, length = piece.filled(columns[piece.index] if count else ())
            if not all(cells):
                if piece.when_empty is None:
                    for number in [number for number, cell in enumerate(cells) if not cell]:
                        missing.setdefault(number, set()).add((piece.index, piece.name))
                else:
                    cells = [cell or piece.when_empty for cell in cells]
            filled.append(cells)
            sound = sound and is_sound("".join(cells))
            longest += max(length, len(piece.when_empty or ""))
        texts = _together(filled, count) if sound and longest <= LARGEST else None
        if texts is None:
            texts = [finished("".join(row)) for row in zip(*filled, strict=True)]
        for number, empty in missing.items():
            texts[number] = lacking(tuple(sorted(empty)))
        return texts

    return render


def _together(filled: Sequence[list[str]], count: int) -> list[Rendered] | None:
    """The texts, made and cut apart again as one string: a third of the time. None where they need more than that."""
    step = len(filled) + 1
    pieces = [_BETWEEN] * (count * step)
    for at, cells in enumerate(filled):
        pieces[at::step] = cells
    joined = composed("".join(pieces))
    texts = joined.split(_BETWEEN)[:-1]
    return None if len(texts) != count or "\r" in joined else [*texts]


def _tidy(pieces: Sequence[str | Slot]) -> bool:
    """Whether the literal text alone says that no row comes out blank or ends with a line break. Cells are stripped."""
    last = pieces[-1]
    ending = last if isinstance(last, str) else "-" if last.when_empty is None else last.when_empty
    worded = any(isinstance(piece, str) and piece.strip() for piece in pieces)
    return worded and ending[-1:] not in {"", "\n", "\r"}
