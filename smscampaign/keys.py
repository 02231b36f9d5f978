"""Keys: what gets one message where that is not the number, such as an appointment or an order. Standard library only.

A key is 16 bytes: 4 over what two spellings of the same have in common, so that `9:00` and `09:00` are told to be alike, and
12 over the key as it is compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple
from unicodedata import normalize
from zlib import crc32

#: Bytes that keys have in common which differ only by zeros and punctuation.
ALIKE_BYTES = 4

# Between the cells of a row, and between those of a column, stands what counts as a space: no cell that is compared has it.
_CELL, _ROW, _SEPARATOR = b"\x1f", b"\x1e", "\x1e"
_CHECKSUM, _EMPTY = Struct(">I"), blake2b(digest_size=16 - ALIKE_BYTES)

# What no cell holds where a block is compared as it stands; spaces side by side or at a cell's ends make it untidy as well.
_SPACES = "\t\n\v\f\r\x1c\x1d\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_UNTIDY = (*_SPACES, "  ", f" {_SEPARATOR}", f"{_SEPARATOR} ")

# What stands between two digits stays a border, as a sign of its own: 1-12 is not 11-2. Each pattern begins with a sign of
# its own, which is looked for much faster than a class of signs. Of signs that are no ASCII the usual ones count.
_PUNCTUATION = bytes(at for at in range(0x80) if not chr(at).isalnum() and chr(at) != _SEPARATOR)
_PLAIN = bytes.maketrans(_PUNCTUATION, b"-" * len(_PUNCTUATION))
_DASHES, _BORDER = "–—‐‑’·°º", b"\x1d"
_BEFORE_A_DIGIT, _NO_BORDER = re.compile(rb"-+(?=[0-9])"), re.compile(rb"\x1d(?<![0-9]\x1d)")
_ZEROS = re.compile(rb"0(?<![0-9]0)0*(?=[0-9])")
# Zeros behind a border at the end of a cell: tables of floats make 1001.0 of 1001, workbooks 9:00:00 of 9:00.
_NOUGHTS = re.compile(rb"(?:\x1d0)+(?![^\x1e])")
# Signs that nobody sees: they come along when text is copied.
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


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
        spellings = [
            _of_numbers(numbers) if place in self.numbers else _of_cells(columns[place])
            for place in self.places
        ]
        missing: dict[int, int] = {}
        for place, (compared, _) in zip(self.places, spellings, strict=True):
            if not all(compared):
                missing = {at: place for at, cell in enumerate(compared) if not cell} | missing
        rows, common = (map(_CELL.join, zip(*each, strict=True)) for each in zip(*spellings, strict=True))
        checksums, hashes = map(_CHECKSUM.pack, map(crc32, common)), map(_hash, rows)
        return [checksum + made for checksum, made in zip(checksums, hashes, strict=True)], missing


class _Spelling(NamedTuple):
    """The cells of a column: each as it is compared, and what it has in common with those that are alike."""

    compared: Sequence[bytes]
    common: Sequence[bytes]


def _of_numbers(numbers: Sequence[int]) -> _Spelling:
    cells = _SEPARATOR.join(map(str, numbers)).encode().split(_ROW)
    return _Spelling(cells, cells)


def _of_cells(cells: Sequence[str]) -> _Spelling:
    """Cells that come again, as days and hours do, are read once."""
    distinct = list(dict.fromkeys(cells))
    if len(distinct) > len(cells) / 2:
        return _read(cells)
    compared, common = (dict(zip(distinct, read, strict=True)) for read in _read(distinct))
    return _Spelling(list(map(compared.__getitem__, cells)), list(map(common.__getitem__, cells)))


def _read(cells: Sequence[str]) -> _Spelling:
    text = _tidy(_SEPARATOR.join(cells), len(cells))
    if text is None:
        text = _SEPARATOR.join(map(spelled, cells))
    return _Spelling(_bytes(text).split(_ROW), loose(text).split(_ROW))


def spelled(cell: str) -> str:
    """A cell of a key as it is compared: composed, without spaces around it, single ones in it, and in small letters."""
    words = " ".join(cell.split()) if cell.isascii() else " ".join(normalize("NFC", cell).split())
    return words.casefold()


def loose(text: str) -> bytes:
    """The same of cells without punctuation and unseen signs, without the zeros that a number begins with, and without
    parts of nothing but zeros at their ends.
    """
    if not text.isascii():
        for sign in _UNSEEN:
            text = text.replace(sign, "")
        for dash in _DASHES:
            text = text.replace(dash, "-")
    signs = _bytes(text).translate(_PLAIN)
    if b"-" in signs:
        signs = _NO_BORDER.sub(b"", _BEFORE_A_DIGIT.sub(_BORDER, signs).translate(None, b"-"))
    signs = _ZEROS.sub(b"", signs)
    return _NOUGHTS.sub(b"", signs) if _BORDER in signs else signs


def _tidy(text: str, cells: int) -> str | None:
    """Cells as they are compared, all at once; None where one has spaces that it is not compared with."""
    if text.count(_SEPARATOR) != cells - 1 or text[:1] == " " or text[-1:] == " ":
        return None
    if any(sign in text for sign in _UNTIDY):
        return None
    return (text if text.isascii() else normalize("NFC", text)).casefold()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogatepass")


def _hash(text: bytes) -> bytes:
    made = _EMPTY.copy()
    made.update(text)
    return made.digest()
