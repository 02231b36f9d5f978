"""The recipients' file as a stream of rows, whatever its size: CSV files in any character set, zipped or not, workbooks, and
DataFrames where a notebook has one.

Every cell stays the text it is. `Row.line` is the number the spreadsheet shows beside the row: records are counted, so a
cell with line breaks in it counts once and a blank line counts too. What had to be guessed is said in `remarks`.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice, starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from smscampaign.blocks import BLOCK, FEW, Block, filled, squared
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.model import Row
from smscampaign.recipients import archives, charsets, columns, csvtext, delimiters, kinds
from smscampaign.recipients.celltext import text_of
from smscampaign.recipients.choices import Choices
from smscampaign.recipients.csvtext import CsvText, Dialect, records_of
from smscampaign.recipients.frames import FrameSource, from_frame
from smscampaign.recipients.kinds import head_of, reading

if TYPE_CHECKING:
    from smscampaign.recipients import workbooks


class Source(Protocol):
    """Where recipients come from. Rows may be asked for any number of times; each time starts again."""

    @property
    def name(self) -> str:
        """The file's name, or what a frame is called in messages."""
        ...

    @property
    def header(self) -> tuple[str, ...]:
        """The column names as they are written."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The column names as they can be asked for: one without a name is called by its letter, such as `column C`."""
        ...

    @property
    def header_line(self) -> int:
        """The spreadsheet row of the header: 1 unless something stands above it, 0 when there is none."""
        ...

    @property
    def delimiter(self) -> str:
        """`,` `;` `|` or a tab: what results are to be written with."""
        ...

    @property
    def bom(self) -> bool:
        """Whether results are to begin with a byte order mark: the file does, or it is nothing that goes without one."""
        ...

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was guessed or noticed, one sentence each, for a person to look at."""
        ...

    def rows(self) -> Iterator[Row]:
        """The rows, without those that are entirely blank."""
        ...

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """The same rows in blocks of at most `size`, never empty: the quick form."""
        ...

    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        ...


def open_recipients(source: Any, choices: Choices | None = None, *, whole: bool = False) -> Source:
    """A path opens as what it is, a frame is taken as it is. Raises FileProblem; SettingsProblem for neither.

    Columns behind the user's that smscampaign wrote itself are left aside, unless the file is wanted as a `whole`.
    """
    if isinstance(source, str | os.PathLike):
        found = _open_file(Path(source), choices or Choices())
        return found if whole else _without_ours(found)
    return from_frame(source)


def separated_by(source: Source) -> str:
    """For an error about the columns of a text: by what its cells were taken to be separated, and what decides otherwise."""
    if not isinstance(source, CsvFile) or source.sheet is not None:
        return ""
    sign = delimiters.CALLED.get(source.delimiter, repr(source.delimiter))
    return (
        f"The cells were taken to be separated by {sign}: --delimiter SIGN decides otherwise (, ; | or tab)."
    )


def with_remarks(source: Source, remarks: Sequence[str]) -> Source:
    """The same file or frame with more to be said about it."""
    if not remarks or not isinstance(source, CsvFile | FrameSource):
        return source
    return replace(source, remarks=(*source.remarks, *remarks))


def _without_ours(found: CsvFile) -> Source:
    wide = columns.users_width(found.header)
    header, ours = found.header[:wide], found.header[wide:]
    if not ours or not header:
        return found
    found = replace(found, header=header, ours=ours, names=found.names[:wide], needed=_needed(found, header))
    named = [name for name in ours if name.strip()]
    said = f"the columns {named[0]} to {named[-1]} are of an earlier campaign and left aside"
    return with_remarks(found, [said])


def _open_file(path: Path, choices: Choices) -> CsvFile:
    """Look at a file: what it is, how it is written, where its header is, and that at least one row follows.

    Raises FileProblem and SettingsProblem. Faults further down a text are raised when their row is reached.
    """
    _ = choices.sign  # what cannot be one is told before the file is looked at
    head = head_of(path)
    if not head:
        raise columns.empty(path)
    if head.startswith(kinds.OLD_OFFICE):
        from smscampaign.recipients import workbooks

        return _open_workbook(path, workbooks.read_binary(path, choices.sheet, text_of), choices)
    if not head.startswith(archives.MAGIC):
        return _open_text(CsvText(path), choices, ())
    with reading(path):
        archive = archives.looked_at(path)
        if archive.kind is archives.ArchiveKind.TABLE:
            said = f"{Path(archive.member).name!r} in the archive is read"
            return _open_text(CsvText(path, opening=archive.stream), choices, (said,))
        return _open_workbook(path, _sheet_in(archive, choices), choices)


def _open_text(text: CsvText, choices: Choices, remarks: tuple[str, ...]) -> CsvFile:
    head = text.head()
    if text.opening is not None:
        kinds.refuse_other_kinds(text.path, head)
    if choices.encoding is not None:
        charset = charsets.named(choices.encoding)
    else:
        with reading(text.path), io.BufferedReader(text.stream()) as stream:
            charset = charsets.detected(stream)
    dialect = csvtext.dialect_of(head, codec=charset.codec, charset=charset.name, delimiter=choices.sign)
    if charset.guessed:
        such = f", from words such as “{charset.example}”" if charset.example else ""
        remarks = (*remarks, f"read as {charset.name}, a guess{such}: --encoding decides")
    if charset.joined:
        said = (
            "lines begin with a byte order mark, as where two files were joined: it is no part of their cells"
        )
        remarks = (*remarks, said)
    if dialect.doubtful:
        sign = delimiters.CALLED[dialect.delimiter]
        remarks = (*remarks, f"read with {sign} between the cells, a guess: --delimiter decides")
    if dialect.quote != '"':
        remarks = (*remarks, "the cells stand in apostrophes, which are not part of them")
    # Excel takes a file without the mark for its own country's character set, and results are UTF-8.
    bom = charset.codec != "utf-8-sig" or head.startswith(b"\xef\xbb\xbf")
    return _settled(CsvFile(replace(text, dialect=dialect), (), (), 0, bom, remarks), choices)


def _sheet_in(archive: archives.Archive, choices: Choices) -> workbooks.CopiedSheet:
    from smscampaign.locales import locale_of
    from smscampaign.recipients import excel, opendocument, workbooks  # a file of text never waits for them

    if archive.kind is archives.ArchiveKind.ODS:
        return workbooks.read(archive.path, choices.sheet, partial(opendocument.parse, as_text=text_of))
    if archive.kind is archives.ArchiveKind.XLSX:
        shown = partial(excel.parse, locale=locale_of(choices.region))
        return workbooks.read(archive.path, choices.sheet, shown)
    return workbooks.read_binary(archive.path, choices.sheet, text_of)


def _open_workbook(path: Path, sheet: workbooks.CopiedSheet, choices: Choices) -> CsvFile:
    copy = Dialect("utf-8", "UTF-8", ",")
    remarks = ("the results of this workbook are CSV with semicolons, as Excel opens it", *sheet.remarks)
    found = CsvFile(CsvText(path, copy, sheet.copy.stream), (), (), 0, True, remarks, sheet.copy)
    return _settled(found, choices)


def _first(found: CsvFile) -> list[Row]:
    """The rows that are looked at, in a small block: in a run a file is opened several times, often for its header alone."""
    return list(islice(chain.from_iterable(found.blocks(columns.LOOKED_AT)), columns.LOOKED_AT))


def _settled(found: CsvFile, choices: Choices) -> CsvFile:
    """With its header, found among the first rows, and the names of its columns."""
    first = _first(found)
    if columns.holds_nothing(first):
        raise columns.empty(found.path)
    if choices.header_row is not None:
        return _with_header(found, _asked_header(found, choices.header_row), choices)
    if all(map(columns.is_lone_number, first)) and all(map(columns.is_lone_number, found.rows())):
        said = "there are no column names: every cell is a number, and row 1 is the first recipient"
        return replace(found, header=("number",), names=("number",), remarks=(*found.remarks, said))
    header = first[columns.header_place(first)]
    above = first.index(header)
    if above:
        row, to, line = first[0].line, first[above - 1].line, header.line
        said = (
            f"row {row} stands above the column names, which are in row {line}: --header-row decides"
            if above == 1
            else f"rows {row} to {to} stand above the column names, which are in row {line}: --header-row decides"
        )
        found = replace(found, remarks=(*found.remarks, said))
    return _with_header(found, header, choices)


def _asked_header(found: CsvFile, line: int) -> Row:
    for row in found.rows():
        if row.line == line:
            return row
        if row.line > line:
            break
    raise SettingsProblem(
        f"row {line} of the file holds no column names",
        where="file.header_row",
        remedy="Look at the row numbers beside it.",
    )


def _with_header(found: CsvFile, header: Row, choices: Choices) -> CsvFile:
    cells = header.fields + ("",) * ((found.sheet.width if found.sheet else 0) - len(header.fields))
    found = replace(found, header=cells, header_line=header.line, needed=_needed(found, cells))
    below = _first(found)
    if not (below or choices.may_be_empty):
        raise FileProblem(
            "the file has a header but no rows",
            where=found.name,
            remedy="Put one recipient per line below the header.",
        )
    if (sign := columns.separator_within(cells, below)) is not None:
        raise columns.wrapped(found.path, sign, delimiter=choices.sign)
    return replace(found, names=columns.names_of(cells, below))


def _needed(found: CsvFile, header: Sequence[str]) -> int:
    """How many cells a row must have: up to the last column with a name; a workbook's rows end where nothing follows."""
    return 0 if found.sheet else columns.last_named(header)


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file that has been looked at by `open_recipients`: CSV text, or a workbook's sheet as a copy that is CSV text.

    `sheet` is that copy; a row that has fewer than `needed` cells stays ragged. `ours` are columns behind the header that are
    left aside. Nothing of a text is kept open or in memory between calls; a sheet's copy goes with this object.
    """

    text: CsvText
    header: tuple[str, ...]
    names: tuple[str, ...]
    header_line: int
    bom: bool
    remarks: tuple[str, ...] = ()
    sheet: workbooks.Copy | None = None
    needed: int = 0
    ours: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The file the user named."""
        return self.text.path

    @property
    def name(self) -> str:
        return self.text.path.name

    @property
    def delimiter(self) -> str:
        # A sheet's results are for Excel, which takes `;` in the countries that write a decimal comma.
        return ";" if self.sheet else self.text.dialect.delimiter

    def rows(self) -> Iterator[Row]:
        return chain.from_iterable(self.blocks(FEW))

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        reached = 0
        for line, found in self._records(size):
            reached = line + len(found) - 1
            if isinstance(found, Block):
                users = Block.of(found.lines, self._users(found.fields)) if self.ours else found
                yield from filled(users)
                continue
            above = max(self.header_line - line + 1, 0)
            if 0 < above <= len(found) and self._squared(found[above - 1 : above]) != [self.written]:
                raise self._changed()
            below = self._squared(found[above:])
            yield from filled(Block.of(range(line + above, line + above + len(below)), self._users(below)))
        if reached < self.header_line:
            raise self._changed()

    @property
    def written(self) -> list[str]:
        """The header as it stands in the file, with what is left aside."""
        return [*self.header, *self.ours]

    def _users(self, records: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
        return columns.users_cells(records, len(self.header), self.ours) if self.ours else records

    def _records(self, size: int) -> Iterator[tuple[int, list[list[str]] | Block]]:
        if self.sheet is None:
            return records_of(self.text, size, wide=len(self.written), after=self.header_line)
        return chain.from_iterable(starmap(self.sheet.placed, records_of(self.text, size)))

    def _squared(self, records: list[list[str]]) -> list[list[str]]:
        return squared(records, len(self.written), self.needed) if self.header else records

    def _changed(self) -> FileProblem:
        return FileProblem("the file changed while it was being read", where=self.name, remedy="Start again.")

    def digest(self) -> str:
        with reading(self.path), self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
