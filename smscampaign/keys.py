"""Keys: what gets one message where that is not the number, such as an appointment or an order. Standard library only.

A key is 16 bytes: 4 over what two spellings of the same have in common, so that `9:00` and `09:00` are told to be alike, and
12 over the key as it is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from unicodedata import normalize
from zlib import crc32

#: Bytes that keys have in common which differ only by zeros and punctuation.
ALIKE_BYTES = 4

# Between two cells and between two rows stands what counts as a space, and so is in no cell as it is compared.
_CELL, _ROW = "\x1f", "\x1e"
_EMPTY = blake2b(digest_size=16 - ALIKE_BYTES)

# What stands between two digits stays a border: 1-12 is not 11-2.
_SIGNS = re.compile(r"(?P<border>(?<=\d)[\W_]+(?=\d))|[\W_]+|(?<!\d)0+(?=\d)")


@dataclass(frozen=True, slots=True)
class Keys:
    """The columns that name what gets one message: their `names`, where they stand, and which hold the number."""

    names: tuple[str, ...]
    places: tuple[int, ...]
    numbers: frozenset[int] = frozenset()

    def of(
        self, columns: Sequence[Sequence[str]], numbers: Sequence[int]
    ) -> tuple[list[bytes], dict[int, int]]:
        """The key of each row of a block, and by the rows' places, where a cell is empty, the first column where one is.

        `columns` are the block's cells, `numbers` the rows' numbers in E.164 without the plus.
        """
        if not numbers:
            return [], {}
        cells: list[Sequence[str]] = []
        missing: dict[int, int] = {}
        for place in self.places:
            if place in self.numbers:
                cells.append(list(map(str, numbers)))
                continue
            cells.append(_mapped(spelled, columns[place]))
            if "" in cells[-1]:
                missing = {at: place for at, cell in enumerate(cells[-1]) if not cell} | missing
        alike = [
            one if place in self.numbers else _mapped(loose, one)
            for place, one in zip(self.places, cells, strict=True)
        ]
        whole = map(_hash, _joined(cells))
        common = [crc32(text).to_bytes(ALIKE_BYTES, "big") for text in _joined(alike)]
        return list(map(bytes.__add__, common, whole)), missing


def spelled(cell: str) -> str:
    """A cell of a key as it is compared: composed, without spaces around it, single ones in it, and in small letters."""
    words = " ".join(cell.split()) if cell.isascii() else " ".join(normalize("NFC", cell).split())
    return words.casefold()


def loose(cell: str) -> str:
    """The same without punctuation, and without the zeros that a number begins with."""
    return cell if cell.isalpha() else _SIGNS.sub(_border, cell)


def _border(found: re.Match[str]) -> str:
    return " " if found["border"] else ""


def _mapped(change: Callable[[str], str], column: Sequence[str]) -> list[str]:
    """Every cell changed, each kind of cell once: days and hours come again and again."""
    table = {cell: change(cell) for cell in set(column)}
    return [table[cell] for cell in column]


def _joined(cells: Sequence[Sequence[str]]) -> list[bytes]:
    """One text a row."""
    rows = cells[0] if len(cells) == 1 else map(_CELL.join, zip(*cells, strict=True))
    return _ROW.join(rows).encode("utf-8", errors="surrogatepass").split(_ROW.encode())


def _hash(text: bytes) -> bytes:
    made = _EMPTY.copy()
    made.update(text)
    return made.digest()
