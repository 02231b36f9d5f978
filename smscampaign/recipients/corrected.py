"""Recipients with corrections laid over them, and what a spreadsheet program makes of a cell that nobody corrected."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain

from smscampaign.blocks import BLOCK, FEW, Block
from smscampaign.corrections import Correction, row_hash
from smscampaign.model import Row
from smscampaign.recipients.sources import Source


@dataclass(frozen=True, slots=True)
class Corrected:
    """Recipients, `file`, with corrections by their rows, and what is to be said of these.

    A correction is laid over its row only while the cells stand there that it was made for.
    """

    file: Source
    corrections: Mapping[int, Correction]
    said: tuple[str, ...] = ()
    _lines: tuple[int, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lines", tuple(sorted(self.corrections)))

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.name

    @property
    def header(self) -> tuple[str, ...]:
        """The column names."""
        return self.file.header

    @property
    def names(self) -> tuple[str, ...]:
        """The column names as they can be asked for."""
        return self.file.names

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
        """What was noticed about the file, and what became of the corrections."""
        return (*self.file.remarks, *self.said)

    @property
    def width(self) -> int:
        """How many cells a corrected row has at most in the file itself."""
        return max((one.width for one in self.corrections.values()), default=0)

    def rows(self) -> Iterator[Row]:
        """The rows, put right."""
        return chain.from_iterable(self.blocks(FEW))

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """The same in blocks."""
        for block in self.file.blocks(size):
            at = bisect_left(self._lines, block.lines[0])
            touched = at < len(self._lines) and self._lines[at] <= block.lines[-1]
            yield Block.of_rows([self._put_right(row) for row in block]) if touched else block

    def digest(self) -> str:
        """SHA-256 of the file itself."""
        return self.file.digest()

    def holds(self, row: Row) -> Correction | None:
        """The correction of a row of the file, where the cells still stand there that it was made for."""
        one = self.corrections.get(row.line)
        return one if one is not None and one.stood == row_hash(row.fields) else None

    def _put_right(self, row: Row) -> Row:
        one = self.holds(row)
        return row if one is None else Row(row.line, one.applied(row.fields))


_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?\Z")
_EXPONENT = re.compile(r"([+-]?)(\d)(?:[.,](\d+))?E\+?(\d{1,3})\Z", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}(?:[-/.: T]\d{1,4}){1,6}(?:[.,]\d+)?Z?\Z")
_MONTH = re.compile(r"[^\W\d_]{3,}\.?")

#: Digits that a spreadsheet program keeps of a number.
_KEPT = 15


def respelt(old: str, new: str) -> bool:
    """Whether a spreadsheet program makes `new` of `old` by itself: zeros or a plus lost, exponents, other date layouts."""
    old, new = old.strip(), new.strip()
    return old != new and (_as_number(old, new) or _as_exponent(old, new) or _as_date(old, new))


def _as_number(old: str, new: str) -> bool:
    if not (_NUMBER.match(old) and _NUMBER.match(new)):
        return False
    was, becomes = (Decimal(one.replace(",", ".")) for one in (old, new))
    if was == becomes:
        return len(new) <= len(old)  # nobody but a person puts zeros in front
    digits = old.lstrip("+-0")
    cut = digits[:_KEPT] + "0" * (len(digits) - _KEPT)
    return digits.isdigit() and len(digits) > _KEPT and new.lstrip("+-") == cut


def _as_exponent(old: str, new: str) -> bool:
    found = _EXPONENT.match(new)
    if found is None or not _NUMBER.match(old):
        return False
    sign, first, rest, power = found.groups(default="")
    unit = Decimal(1).scaleb(int(power) - len(rest))
    shown = Decimal(f"{sign}{first}{rest}") * unit
    return abs(shown - Decimal(old.replace(",", "."))) <= unit / 2


def _as_date(old: str, new: str) -> bool:
    """The same numbers in another order, a year in two digits or in four, a month by its name; seconds or a year more."""
    if not _DATE.match(old):
        return False
    named = _MONTH.search(new)
    plain = _MONTH.sub("1", new, count=1) if named else new
    if not _DATE.match(plain):
        return False
    was, becomes = _numbers(old), _numbers(_MONTH.sub("", new, count=1) if named else new)
    few, many = sorted((was, becomes), key=Counter.total)
    return few.total() > 0 and few <= many


def _numbers(text: str) -> Counter[int]:
    return Counter(int(one) % 100 for one in re.findall(r"\d+", text))
