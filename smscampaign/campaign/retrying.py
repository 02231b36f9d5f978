"""The rejected rows, put right and sent from a file of their own: `spring.rejected.csv` beside `spring.csv`.

Our own columns in it are no columns of the user's, the settings are those of the file it comes from, and nobody gets a
message from both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smscampaign import journal, recipients
from smscampaign.campaign.files import Files
from smscampaign.campaign.guarding import kind_of_gateway
from smscampaign.errors import JournalProblem
from smscampaign.journal import Record, Relative, Server, SparingWriter, relatives_in
from smscampaign.model import EditionKind, Reason, Row
from smscampaign.settings import File, Settings

if TYPE_CHECKING:
    from smscampaign.campaign.campaigns import Campaign

#: What stands after the user's columns in a file of rejected rows.
COLUMNS = ("sms_row", "sms_reason", "sms_suggestion")

#: The ingredient that says of which campaign these are the rejected rows.
PARENT = "rejected rows of"

_NAME = re.compile(r"(?P<base>.+)\.rejected(?:-\d+)?\Z")
_LINE = re.compile(r"[0-9]{1,9}\Z")
_SAID = re.compile(rf"'?(?:{'|'.join(map(re.escape, Reason))})(?::|\Z)")


#: What the file whose rejected rows these are may be.
_KINDS = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".zip")


def parent_of(path: Path) -> Path | None:
    """The file whose rejected rows stand at `path`, going by its name; None when it is no such name."""
    found = _NAME.match(path.stem)
    if found is None:
        return None
    named = [path.with_name(found["base"] + suffix) for suffix in _KINDS]
    return next((one for one in named if one.is_file()), named[0])


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """A file of rejected rows as recipients: the user's columns alone. `parent` is the file they come from."""

    file: recipients.Source
    parent: Path
    width: int

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.name

    @property
    def suffix(self) -> str:
        """What the name has more than that of the file they come from: `.rejected`, `.rejected-2`."""
        return Path(self.file.name).stem.removeprefix(self.parent.stem)

    @property
    def header(self) -> tuple[str, ...]:
        """The user's columns."""
        return self.file.header[: self.width]

    @property
    def names(self) -> tuple[str, ...]:
        """The user's columns as they can be asked for."""
        return self.file.names[: self.width]

    @property
    def header_line(self) -> int:
        """The spreadsheet row of the header."""
        return self.file.header_line

    @property
    def delimiter(self) -> str:
        """What results are written with."""
        return self.file.delimiter

    @property
    def bom(self) -> bool:
        """Whether results begin with a byte order mark."""
        return self.file.bom

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was noticed about the file, and what it is."""
        said = f"these are rows that were rejected of {self.parent.stem}; the columns {', '.join(COLUMNS)} are left out"
        return (*self.file.remarks, said)

    def rows(self) -> Iterator[Row]:
        """The rows, without our cells."""
        return chain.from_iterable(self.blocks())

    def blocks(self, size: int = recipients.BLOCK) -> Iterator[list[Row]]:
        """The same in lists."""
        for block in self.file.blocks(size):
            yield [Row(row.line, _theirs(row.fields, self.width)) for row in block]

    def digest(self) -> str:
        """SHA-256 of the file."""
        return self.file.digest()


def _theirs(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The cells that are the user's. Where ours are not below their names a cell is missing or over: the row stays ragged."""
    at = _ours_begin(cells)
    if at is not None:
        return cells[:at]
    line, reason, _, *more = *map(str.strip, cells[width:]), "", "", ""
    emptied = not reason and not any(more) and (not line or _LINE.match(line) is not None)
    return cells[:width] if emptied else cells


def line_before(cells: Sequence[str]) -> int | None:
    """Which row of the file it comes from a rejected row was, wherever in it our cells stand."""
    at = _ours_begin(cells)
    return None if at is None else int(cells[at])


def _ours_begin(cells: Sequence[str]) -> int | None:
    pairs = pairwise(cells)
    return next(
        (at for at, (line, said) in enumerate(pairs) if _LINE.match(line) and _SAID.match(said)), None
    )


def opened(path: Path, options: Mapping[str, Any]) -> RejectedRows | None:
    """The file at `path` as rejected rows; None when neither its name nor its header says so.

    It is read as it is and as the options say: what the settings say of the other file's character set and sheet is not
    about this one. Raises `FileProblem`.
    """
    parent = parent_of(path)
    if parent is None or not path.is_file():
        return None
    source = recipients.open_recipients(path, recipients.Choices(**_file_options(options)))
    width = users_width(source.header)
    return None if width is None else RejectedRows(source, parent, width)


def users_width(header: Sequence[str]) -> int | None:
    """How many columns stand before ours in a file of rejected rows; None when it is none."""
    named = [name.strip() for name in header]
    while named and not named[-1]:
        named.pop()
    return len(named) - len(COLUMNS) if tuple(named[-len(COLUMNS) :]) == COLUMNS else None


def settled(settings: Settings, options: Mapping[str, Any], rows: RejectedRows) -> Settings:
    """The parent's settings for its rejected rows: a name of their own, and read as the file says itself."""
    name = f"{settings.name}{rows.suffix}" if settings.name else None
    return settings.model_copy(update={"name": name, "file": File(**_file_options(options))})


def _file_options(options: Mapping[str, Any]) -> dict[str, Any]:
    named = {dotted.removeprefix("file."): value for dotted, value in options.items() if "file." in dotted}
    return {name: value for name, value in named.items() if value is not None}


def ingredient(campaign: Campaign) -> dict[str, str]:
    """What the plan of rejected rows is made from besides, by which its journal tells whose they are."""
    source = campaign.source
    return {PARENT: source.parent.stem} if isinstance(source, RejectedRows) else {}


@contextmanager
def sparing(
    campaign: Campaign, writer: journal.PlanWriter, store: journal.Journal, record: Record
) -> Iterator[journal.PlanWriter]:
    """A writer that spares who got, or is to get, the campaign from the file these rows come from, or from their own file.

    Raises `JournalProblem` when a journal that knows cannot be read.
    """
    with ExitStack() as stack:
        found = (
            []
            if record.kind is EditionKind.RESTART and not isinstance(campaign.source, RejectedRows)
            else _relatives(campaign, store, record, stack)
        )
        yield SparingWriter(writer, found) if found else writer


def overtaken(campaign: Campaign, store: journal.Journal, record: Record) -> bool:
    """Whether another file of the same people began, or was amended, since this plan was sealed: then it is made anew."""
    with ExitStack() as stack:
        found = _relatives(campaign, store, record, stack)
        sealed = record.sealed_at
        return any(sealed is None or one.begun_at is None or one.begun_at >= sealed for one in found)


def _relatives(
    campaign: Campaign, store: journal.Journal, record: Record, stack: ExitStack
) -> list[Relative]:
    def wanted(other: Record) -> bool:
        mine, theirs = record.inputs, other.inputs
        if mine.name == theirs.name and mine.ingredients.get(PARENT) == theirs.ingredients.get(PARENT):
            return False  # itself
        alike = kind_of_gateway(other.inputs.gateway) == kind_of_gateway(record.inputs.gateway)
        return alike and _related(campaign, record, other)

    def named(other: Record) -> bool:
        found = _NAME.match(campaign.name)
        is_parent = found is not None and found["base"] == other.inputs.name
        return wanted(other) and (is_parent or PARENT in other.inputs.ingredients)

    found: list[Relative] = []
    for path, file in _journals(campaign):
        try:
            other = stack.enter_context(journal.looked_at(path))
            found += relatives_in(other, file=file, wanted=wanted)
        except JournalProblem as problem:
            raise JournalProblem(
                f"who had the campaign from {file} cannot be told: {problem.what}",
                where=path.name,
                remedy="Nobody may get it twice: put that journal right, or move it away if it is not needed.",
            ) from problem
    if isinstance(store.place, Server):
        found += relatives_in(store, file="another file", wanted=named)
    return found


def _related(campaign: Campaign, record: Record, other: Record) -> bool:
    """Whether one of the two campaigns is the rejected rows of the other, or both are of a third."""
    mine, theirs = record.inputs.ingredients.get(PARENT), other.inputs.ingredients.get(PARENT)
    return mine is not None if theirs is None else theirs == (mine or campaign.path.stem)


def _journals(campaign: Campaign) -> list[tuple[Path, str]]:
    """The journals beside the file that belong to its relatives, each with the name of the relative's file."""
    path, source = campaign.path, campaign.source
    parent = source.parent if isinstance(source, RejectedRows) else path
    if not parent.name:
        return []
    found = [parent, *_rejected_of(parent)]
    return [
        (journal_path, one.name)
        for one in found
        if one.stem != path.stem
        for rehearsal in (False, True)
        if isinstance(journal_path := Files.beside(one, rehearsal=rehearsal).journal, Path)
        and journal_path.is_file()
    ]


def _rejected_of(parent: Path) -> list[Path]:
    """The files of rejected rows that have a journal, whether they are still there or not."""
    stem = re.escape(parent.stem)
    name = re.compile(rf"({stem}\.rejected(?:-\d+)?)(?:\.sandbox)?\.journal\.sqlite\Z")
    try:
        found = {match[1] for one in parent.parent.iterdir() if (match := name.match(one.name))}
    except OSError:
        return []  # a folder that may not be listed
    return [parent.with_name(f"{stem}.csv") for stem in sorted(found)]
