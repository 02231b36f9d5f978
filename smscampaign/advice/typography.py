"""Signs that make a whole text UCS-2, and what stands for them in GSM-7 without changing what is said.

Typographic signs (curly quotes, dashes, no-break spaces) lose nothing by being written plainly. Letters do: `ł` is not `l`.
So the first are swapped together when asked for, and the second only one by one, by name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from smscampaign.errors import SettingsProblem
from smscampaign.message.parts import measure
from smscampaign.model import Encoding, Text

TYPOGRAPHIC: Mapping[str, str] = {
    **dict.fromkeys("‘’‚‛′ʼʻ´`‹›", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys(
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
        " ",
    ),
    **dict.fromkeys(
        "\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068"
        "\u2069\u202a\u202b\u202c\u202d\u202e\u3164\ufe00\ufe01\ufe0e\ufe0f\ufeff\uffa0",
        "",
    ),
    "…": "...",
    "•": "-",
    "·": "-",
    "×": "x",
    "⁄": "/",
    "™": "(TM)",
    "©": "(c)",
    "®": "(R)",
    "²": "2",
    "³": "3",
    "½": "1/2",
    "¼": "1/4",
    "¾": "3/4",
    "\t": " ",
    "\u2028": "\n",
    "\u2029": "\n",
    "\u0085": "\n",
}
"""Each typographic sign and what is written for it."""

# Letters that Unicode does not take apart into a base letter and an accent.
_LETTERS = {
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "œ": "oe",
    "Œ": "OE",
    "ı": "i",
    "ð": "d",
    "þ": "th",
    "ħ": "h",
    "ŋ": "n",
    "ẞ": "SS",
}


def plain_letter(letter: str) -> str | None:
    """What a letter outside GSM-7 is written as without its accent (`ê` → `e`), or None for what is no such letter."""
    if letter in _LETTERS:
        return _LETTERS[letter]
    taken_apart = unicodedata.normalize("NFKD", letter)
    base = "".join(sign for sign in taken_apart if not unicodedata.combining(sign))
    if (
        measure(letter).encoding is Encoding.GSM7
        or not letter.isalpha()
        or base == letter
        or not base
        or not base.isalpha()
    ):
        return None
    return base if measure(base).encoding is Encoding.GSM7 else None


def swapped(text: Text, table: Mapping[int, str], *, stop: bool) -> Text:
    """The text with its swaps where that takes fewer parts, else as it was: nothing is changed for nothing."""
    plain = measure(text.body.translate(table), stop=stop)
    return plain if plain.parts < text.parts and plain.body.strip() else text


def swap_table(*, typography: bool, swaps: Mapping[str, str]) -> dict[int, str]:
    """For `str.translate`. Raises `SettingsProblem` for a swap that is not one character for GSM-7 text."""
    for sign, instead in swaps.items():
        if len(sign) != 1 or measure(instead).encoding is not Encoding.GSM7:
            raise SettingsProblem(
                f"{sign!r} = {instead!r} is not a swap",
                where="text.swaps",
                remedy='Write one character and what to send for it in GSM-7: swaps = { "ê" = "e" }.',
            )
    every = {**(TYPOGRAPHIC if typography else {}), **swaps}
    return {ord(sign): instead for sign, instead in every.items()}
