"""`spring.rejected.csv`: the rows of `spring.csv` that could not be sent, for a person to put right.

Behind the user's columns stand ours: which row it was, why, what would help, a place for the word `drop`, and the hash of the
row, by which is told whether the file still has it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from smscampaign.corrections import row_hash
from smscampaign.errors import CampaignError, FileProblem
from smscampaign.model import Reason
from smscampaign.recipients import charsets, sources
from smscampaign.recipients.choices import Choices

COLUMNS = ("sms_row", "sms_reason", "sms_suggestion", "sms_correction", "sms_hash")

#: What is written into `sms_correction` where nothing is to be sent to a row.
DROP = "drop"

#: What the file whose rejected rows these are may be.
_KINDS = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".xls", ".xlsb", ".zip")
_NAME = re.compile(r"(?P<base>.+)\.rejected(?:-\d+)?\Z")
_LINE = re.compile(r"[0-9]{1,9}\Z")
# It begins with a letter: of digits alone a spreadsheet program would make a number.
_HASH = re.compile(r"h[0-9a-f]{16}\Z")
# Where our cells begin in a line of the file.
_OURS = re.compile(
    rb"[;,\t|]\"?[0-9]{1,9}\"?[;,\t|]\"?'?(?:" + "|".join(map(re.escape, Reason)).encode() + rb"):"
)
_SAMPLE, _WEIGHT = 1000, 50


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row of the file: its place there, which row it was, the hash of that, the user's cells, the mark beside them."""

    at: int
    line: int
    stood: bytes
    cells: tuple[str, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class RejectedFile:
    """A file of rejected rows as it was read: the rows that differ from what stood in the file they come from or bear a mark,
    which rows do not, the places of those that are none of ours, its digest, and the names of the user's columns.
    """

    path: Path
    rows: tuple[RejectedRow, ...]
    untouched: frozenset[int]
    strange: tuple[int, ...]
    digest: str
    columns: tuple[str, ...]


def parent_of(path: Path) -> Path | None:
    """The file whose rejected rows stand at `path`, going by its name; None when it is no such name."""
    found = _NAME.match(path.stem)
    if found is None:
        return None
    named = [path.with_name(found["base"] + suffix) for suffix in _KINDS]
    return next((one for one in named if one.is_file()), named[0])


def named_for_its_file(path: Path) -> Path | None:
    """The file whose rejected rows stand at `path`, by its name and its header; None where they say nothing of that.

    Raises `FileProblem` when that file is not there.
    """
    parent = parent_of(path)
    if parent is None or not is_ours(path):
        return None
    if not parent.is_file():
        raise FileProblem(
            f"these are rows that were rejected of {parent.stem}, and that file is not here",
            where=path.name,
            remedy=f"Put it beside this one as it was. To begin another campaign with these rows, take out the columns"
            f" {', '.join(COLUMNS)} and save them under another name.",
        )
    return parent


def refuse_nameless(path: Path, header: Sequence[str]) -> None:
    """Raise `FileProblem` where a file has our columns and its name does not say whose rejected rows these are."""
    if users_width(header) is not None:
        raise FileProblem(
            "these are rows that were rejected of another file, and its name does not say of which",
            where=path.name,
            remedy="Save it beside that file, called as smscampaign called it: spring.rejected.csv for spring.csv. To begin"
            f" another campaign with these rows, take out the columns {', '.join(COLUMNS)}.",
        )


def place_for(path: Path) -> Path:
    """Where the rejected rows of the file at `path` stand, or are to stand: never in the place of somebody else's file."""
    number = 1
    while True:
        place = path.with_name(f"{path.stem}.rejected{'' if number == 1 else f'-{number}'}.csv")
        if place != path and (not place.exists() or is_ours(place)):
            return place
        number += 1


def is_ours(path: Path) -> bool:
    """Whether smscampaign wrote the file at `path`, going by its header."""
    if not path.is_file():
        return False
    try:
        return users_width(sources.open_recipients(path, whole=True).header) is not None
    except CampaignError:
        return False


def users_width(header: Sequence[str]) -> int | None:
    """How many columns stand before ours in a file of rejected rows; None when it is none."""
    named = [name.strip() for name in header]
    while named and not named[-1]:
        named.pop()
    return len(named) - len(COLUMNS) if tuple(named[-len(COLUMNS) :]) == COLUMNS else None


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content; empty where there is none."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def read(path: Path) -> RejectedFile:
    """The file at `path`, whatever a spreadsheet program made of it. Raises `FileProblem`."""
    return _read(path, digest_of(path))


@lru_cache(maxsize=1)  # a run asks for it when it plans, before it asks, and before it sends
def _read(path: Path, digest: str) -> RejectedFile:
    source = sources.open_recipients(path, Choices(encoding=_encoding(path)), whole=True)
    rows, untouched, strange = [], set[int](), []
    for row in source.rows():
        parted = _parted(row.fields)
        if parted is None:
            strange.append(row.line)
            continue
        line, stood, cells, mark = parted
        if row_hash(cells) == stood and not mark.strip():
            untouched.add(line)
        else:
            rows.append(RejectedRow(row.line, line, stood, cells, mark))
    columns = tuple(name.strip() for name in source.header[: users_width(source.header)])
    return RejectedFile(path, tuple(rows), frozenset(untouched), tuple(strange), digest, columns)


def _parted(cells: Sequence[str]) -> tuple[int, bytes, tuple[str, ...], str] | None:
    """The row it was, its hash, the user's cells and the mark, wherever in the row ours stand; None where they do not."""
    for end in range(len(cells) - 1, len(COLUMNS) - 2, -1):
        if _HASH.match(cells[end].strip()):
            begin = end - len(COLUMNS) + 1
            line = cells[begin].strip()
            if not _LINE.match(line):
                return None
            return int(line), bytes.fromhex(cells[end].strip()[1:]), tuple(cells[:begin]), cells[end - 1]
    return None


def our_cells(line: int, reason: str, suggestion: str, stood: bytes) -> list[str]:
    """What stands behind the user's cells of a rejected row."""
    return [str(line), reason, suggestion, "", f"h{stood.hex()}"]


def _encoding(path: Path) -> str | None:
    """The character set by the user's own cells, where they are not ASCII; None leaves it to whoever opens the file.

    Our sentences are in the campaign's language, which need not be that of the people in the file: they decide only where
    the people's names leave two sets equal.
    """
    theirs, ours = bytearray(), bytearray()
    with path.open("rb") as file:
        for line in file:
            if line.startswith(b"PK"):
                return None  # a workbook
            begun = _OURS.search(line)
            end = begun.start() if begun else len(line)
            for part, sample in ((line[:end], theirs), (line[end:], ours)):
                if not part.isascii() and len(sample) < _SAMPLE:
                    sample.extend(part[:_SAMPLE].rstrip() + b"\n")
    if not theirs:
        return None
    charset = charsets.detected(io.BytesIO(bytes(theirs) * _WEIGHT + bytes(ours)))
    return charset.codec if charset.guessed else None
