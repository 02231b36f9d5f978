"""How many parts a text travels in: GSM-7 or UCS-2, packed exactly as 3GPP TS 23.038 and TS 23.040 lay down.

One part holds 160 septets or 70 UTF-16 code units; of several, each holds 153 or 67, because the header that joins
them takes the rest. An escape pair (`€` and its like) or a surrogate pair never straddles two parts, so texts are
packed, not divided. OVHcloud adds the STOP clause once, at the end of the message (https://help.ovhcloud.com,
"SMS: everything you need to know"): it packs like the text before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from smscampaign.blocks import Measured
from smscampaign.model import Encoding, Text

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of 3GPP TS 23.038 § 6.2.1 in code order, without its escape: one septet each."""

EXTENSION = "\f^{}\\[~]|€"
"""The extension table of § 6.2.1.1: an escape and a code, two septets each."""

STOP_CLAUSE = "\nSTOP 36xxx"
"""What OVHcloud appends to a commercial message: 11 units in either encoding."""

SINGLE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
"""Units a message of one part holds."""

JOINED = {Encoding.GSM7: 153, Encoding.UCS2: 67}
"""Units each part of a longer message holds."""

# Looked up once: reaching or hashing an enumeration's member takes longer than counting a text.
_GSM7, _UCS2 = Encoding.GSM7, Encoding.UCS2
_AS_GSM7, _AS_UCS2 = _GSM7.value, _UCS2.value
_ROOM, _ROOM_UCS2 = SINGLE[_GSM7], SINGLE[_UCS2]

_ESCAPE = "\x1b"
_ALPHABET = frozenset(BASIC + EXTENSION)
_IN_ALPHABET = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*").fullmatch
_BASIC_IN_LATIN_1 = BASIC.encode("latin-1", "ignore")
_EXTENSION_IN_LATIN_1, _ESCAPED = EXTENSION.encode("latin-1", "ignore"), b"\\"
_BETWEEN = "\0"  # in neither table, and hardly in any text


def measure(body: str, *, stop: bool = False) -> Text:
    """The body with its encoding, units and parts, counting the STOP clause where `stop` is set.

    An empty body without the clause has 0 units and 0 parts: there is nothing to send.
    """
    return Text(body, *_counted(body, stop))


def measure_column(bodies: Sequence[str], *, stop: bool = False) -> Measured:
    """As many texts as bodies, each exactly as `measure` has it: several times quicker."""
    clause = len(STOP_CLAUSE) if stop else 0
    # Most texts are Latin-1 without an extension character. Deleting such bytes from a whole column leaves nothing of
    # them; a character that Latin-1 lacks is escaped with a backslash, which stays, because it is an extension character.
    wire = _BETWEEN.join(bodies).encode("latin-1", "backslashreplace")
    left = wire.translate(None, _BASIC_IN_LATIN_1).split(_BETWEEN.encode())
    if len(left) != len(bodies):
        left = [_ESCAPED] * len(bodies)  # somebody has that sign in a text: each is counted by itself
    units = list(map(len, bodies))
    if clause:
        units = [count + clause for count in units]
    whole = max(units, default=0) <= _ROOM and (clause or all(units))
    parts = [1] * len(units) if whole else [_divided(count, _GSM7) for count in units]
    encodings = [_AS_GSM7] * len(bodies)
    # Latin-1 alone, so that every character is one unit; and a letter such as ê is in neither table.
    wide = {odd for odd in set(left) if odd.translate(None, _EXTENSION_IN_LATIN_1) and _ESCAPED not in odd}
    divided = {count: _divided(count, _UCS2) for count in set(units)} if wide else {}
    for place in [place for place, odd in enumerate(left) if odd]:
        if left[place] in wide:
            encodings[place], parts[place] = _AS_UCS2, divided[units[place]]
        else:
            encoding, units[place], parts[place] = _counted(bodies[place], stop)
            encodings[place] = encoding.value
    return Measured(bodies, encodings, units, parts)


def _counted(body: str, stop: bool) -> tuple[Encoding, int, int]:
    clause = len(STOP_CLAUSE) if stop else 0
    # Deleting bytes is a quarter faster than a regular expression.
    latin = body.encode("latin-1", "ignore")
    if len(latin) == len(body) and not latin.translate(None, _BASIC_IN_LATIN_1):
        units = len(latin) + clause
        return _GSM7, units, _divided(units, _GSM7)
    if _IN_ALPHABET(body):
        units = len(body) + sum(map(body.count, EXTENSION)) + clause
        return _GSM7, units, _packed(body, units, _GSM7, stop=stop)
    units = len(body.encode("utf-16-be", "surrogatepass")) // 2 + clause
    if units == len(body) + clause:
        return _UCS2, units, _divided(units, _UCS2)
    return _UCS2, units, _packed(body, units, _UCS2, stop=stop)


def _divided(units: int, encoding: Encoding) -> int:
    """The parts of a text in which every unit stands alone, so that packing is dividing."""
    if units <= (_ROOM if encoding is _GSM7 else _ROOM_UCS2):
        return 1 if units else 0
    return -(-units // JOINED[encoding])


def _packed(body: str, units: int, encoding: Encoding, *, stop: bool) -> int:
    """The parts of a text that holds pairs. Each part but the last loses at most one unit to a pair kept together."""
    parts = _divided(units, encoding)
    if parts <= 1 or units <= parts * JOINED[encoding] - (parts - 1):
        return parts
    return len(splits(body, stop=stop))


def splits(body: str, *, stop: bool = False) -> tuple[str, ...]:
    """The text of each part in order, the STOP clause included where `stop` is set; empty when there is no text."""
    text = body + STOP_CLAUSE if stop else body
    if not text:
        return ()
    return _split_gsm7(text) if _IN_ALPHABET(body) else _split_ucs2(text)


def _split_gsm7(text: str) -> tuple[str, ...]:
    wire = text
    for character in EXTENSION:
        wire = wire.replace(character, _ESCAPE + character)
    if len(wire) <= SINGLE[Encoding.GSM7]:
        return (text,)
    found, start = [], 0
    while start < len(wire):
        end = start + JOINED[Encoding.GSM7]
        if wire[end - 1 : end] == _ESCAPE:
            end -= 1
        found.append(wire[start:end].replace(_ESCAPE, ""))
        start = end
    return tuple(found)


def _split_ucs2(text: str) -> tuple[str, ...]:
    wire = text.encode("utf-16-be", "surrogatepass")
    if len(wire) <= 2 * SINGLE[Encoding.UCS2]:
        return (text,)
    found, start = [], 0
    while start < len(wire):
        end = start + 2 * JOINED[Encoding.UCS2]
        # 0xD8 to 0xDB open a surrogate pair and 0xDC to 0xDF close it.
        if end < len(wire) and 0xD8 <= wire[end - 2] <= 0xDB and 0xDC <= wire[end] <= 0xDF:
            end -= 2
        found.append(wire[start:end].decode("utf-16-be", "surrogatepass"))
        start = end
    return tuple(found)


def offenders(body: str) -> tuple[str, ...]:
    """The distinct characters outside GSM-7, in order of appearance: those that make the whole text UCS-2."""
    return tuple(character for character in dict.fromkeys(body) if character not in _ALPHABET)
