"""Keys: what gets one message where that is not the number, such as an appointment or an order. Standard library only.

A key is 16 bytes: 4 over what two spellings of the same have in common, so that `9:00` and `09:00` are told to be alike, and
12 over the key as it is compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from unicodedata import normalize
from zlib import crc32

#: Bytes that keys have in common which differ only by zeros and punctuation.
ALIKE_BYTES = 4

# Between two cells and between two rows stands what counts as a space, and so is in no cell as it is compared.
_CELL, _ROW, _SPLIT = "\x1f", "\x1e", b"\x1e"
_EMPTY = blake2b(digest_size=16 - ALIKE_BYTES)

# What no cell holds where a block is compared as it stands; spaces side by side or at a cell's ends make it untidy as well.
_SPACES = "\t\n\v\f\r\x1c\x1d\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_UNTIDY = ("  ", f" {_CELL}", f"{_CELL} ", f" {_ROW}", f"{_ROW} ")

# What stands between two digits stays a border, as a sign of its own: 1-12 is not 11-2. Each pattern begins with a sign of
# its own, which is looked for much faster than a class of signs. Of signs that are no ASCII the usual ones count.
_PUNCTUATION = bytes(at for at in range(0x80) if not chr(at).isalnum() and chr(at) not in (_CELL, _ROW))
_PLAIN = bytes.maketrans(_PUNCTUATION, b"-" * len(_PUNCTUATION))
_DASHES = "–—‐‑’·°º"
_BEFORE_A_DIGIT, _NO_BORDER = re.compile(rb"-+(?=[0-9])"), re.compile(rb"\x1d(?<![0-9]\x1d)")
_ZEROS = re.compile(rb"0(?<![0-9]0)0*(?=[0-9])")
# Zeros behind a border at the end of a cell: tables of floats make 1001.0 of 1001, workbooks 9:00:00 of 9:00.
_NOUGHTS = re.compile(rb"(?:\x1d0)+(?![^\x1e\x1f])")
# Signs that nobody sees: they come along when text is copied.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))


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
        cells = [
            list(map(str, numbers)) if place in self.numbers else columns[place] for place in self.places
        ]
        text = _tidy(_joined(cells), len(numbers) * len(cells))
        if text is None:
            cells = [list(map(spelled, column)) for column in cells]
            text = _joined(cells)
        missing: dict[int, int] = {}
        for place, column in zip(self.places, cells, strict=True):
            if "" in column:
                missing = {at: place for at, cell in enumerate(column) if not cell} | missing
        common = [crc32(one).to_bytes(ALIKE_BYTES, "big") for one in loose(text).split(_SPLIT)]
        return list(map(bytes.__add__, common, map(_hash, _bytes(text).split(_SPLIT)))), missing


def spelled(cell: str) -> str:
    """A cell of a key as it is compared: composed, without spaces around it, single ones in it, and in small letters."""
    words = " ".join(cell.split()) if cell.isascii() else " ".join(normalize("NFC", cell).split())
    return words.casefold()


def loose(text: str) -> bytes:
    """The same of cells and rows without punctuation and unseen signs, without the zeros that a number begins with, and
    without parts of nothing but zeros at their ends.
    """
    if not text.isascii():
        text = text.translate(_UNSEEN)
        for dash in _DASHES:
            text = text.replace(dash, "-")
    signs = _bytes(text).translate(_PLAIN)
    bordered = _BEFORE_A_DIGIT.sub(b"\x1d", signs).translate(None, b"-")
    return _NOUGHTS.sub(b"", _ZEROS.sub(b"", _NO_BORDER.sub(b"", bordered)))


def _tidy(text: str, cells: int) -> str | None:
    """Cells and rows as they are compared, all at once; None where a cell has spaces that it is not compared with."""
    if text.count(_CELL) + text.count(_ROW) != cells - 1 or text[:1] == " " or text[-1:] == " ":
        return None
    if any(sign in text for sign in (*_SPACES, *_UNTIDY)):
        return None
    return (text if text.isascii() else normalize("NFC", text)).casefold()


def _joined(cells: Sequence[Sequence[str]]) -> str:
    """One text of all rows."""
    return _ROW.join(cells[0] if len(cells) == 1 else map(_CELL.join, zip(*cells, strict=True)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogatepass")


def _hash(text: bytes) -> bytes:
    made = _EMPTY.copy()
    made.update(text)
    return made.digest()
