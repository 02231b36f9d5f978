"""Parts are held to tables at the boundaries, and to a slow packing that is right at a glance everywhere else."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smscampaign.message.parts import (
    BASIC,
    EXTENSION,
    STOP_CLAUSE,
    measure,
    measure_column,
    offenders,
    splits,
)
from smscampaign.model import Encoding, Text

GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2
EMOJI = "\N{GRINNING FACE}"


def packed(body: str, *, stop: bool) -> tuple[Encoding, int, list[str]]:
    """Character by character: what does not fit into this part opens the next one."""
    gsm7 = all(character in BASIC + EXTENSION for character in body)
    text = body + STOP_CLAUSE if stop else body

    def weight(character: str) -> int:
        if gsm7:
            return 2 if character in EXTENSION else 1
        return 2 if ord(character) > 0xFFFF else 1

    units = sum(map(weight, text))
    single, joined = (160, 153) if gsm7 else (70, 67)
    room = single if units <= single else joined
    parts: list[str] = []
    left = 0
    for character in text:
        if weight(character) > left:
            parts.append("")
            left = room
        parts[-1] += character
        left -= weight(character)
    return (GSM7 if gsm7 else UCS2), units, parts


PIECES = [
    "a",
    "é",
    "\n",
    "€",
    "[",
    "Ω",
    "x" * 60,
    "y" * 66,
    "z" * 149,
    "€" * 40,
    "ł",
    EMOJI,
    EMOJI * 20,
    "ç" * 30,
]
texts = st.one_of(
    st.text(max_size=400),
    st.text(alphabet=BASIC + EXTENSION, max_size=400),
    st.text(alphabet="aé€" + EMOJI, max_size=250),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
)


@given(texts, st.booleans())
@example("a" * 152 + "€" + "a" * 6, True)
@example("a" * 152 + "€" * 153, False)
@example("ł" * 66 + EMOJI * 40, False)
def test_measured_as_by_packing_one_character_at_a_time(body: str, stop: bool) -> None:
    encoding, units, parts = packed(body, stop=stop)
    assert measure(body, stop=stop) == Text(body, encoding, units, len(parts))
    assert splits(body, stop=stop) == tuple(parts)


@given(texts)
def test_a_body_travels_in_gsm7_unless_it_has_an_offender(body: str) -> None:
    assert (measure(body).encoding is UCS2) == bool(offenders(body))
    assert list(offenders(body)) == [
        c for place, c in enumerate(body) if c not in BASIC + EXTENSION and body.find(c) == place
    ]


def test_the_two_tables_are_the_standards() -> None:
    """3GPP TS 23.038 § 6.2.1: 127 characters beside the escape, and ten in the extension table."""
    assert len(set(BASIC)) == len(BASIC) == 127
    assert set(EXTENSION) == set("€[]{}\\^~|\f")
    places = {"@": 0, "_": 17, "Ξ": 26, "Æ": 27, " ": 31, "A": 64, "¿": 95, "a": 96, "à": 126}
    # Byte 27 is the escape itself, which BASIC leaves out.
    assert {c: BASIC.index(c) for c in places} == places


@pytest.mark.parametrize("character", BASIC)
def test_a_basic_character_is_one_septet(character: str) -> None:
    assert measure(character) == Text(character, GSM7, 1, 1)


@pytest.mark.parametrize("character", EXTENSION)
def test_an_extension_character_is_two_septets(character: str) -> None:
    assert measure(character) == Text(character, GSM7, 2, 1)


@pytest.mark.parametrize("character", "çêëâîïôûœÀÈłńśżąęŁ«»“”’–—…`\t\x1b\u00a0\u202f\u200b\ufeff")
def test_what_gsm7_lacks_makes_the_text_ucs2(character: str) -> None:
    assert measure("a" + character) == Text("a" + character, UCS2, 2, 1)
    assert offenders("a" + character) == (character,)


@pytest.mark.parametrize(
    ("body", "stop", "encoding", "units", "parts"),
    [
        ("", False, GSM7, 0, 0),
        ("", True, GSM7, 11, 1),
        ("a" * 160, False, GSM7, 160, 1),
        ("a" * 161, False, GSM7, 161, 2),
        ("a" * 306, False, GSM7, 306, 2),
        ("a" * 307, False, GSM7, 307, 3),
        ("Ω" * 160, False, GSM7, 160, 1),
        ("Ω" * 161, False, GSM7, 161, 2),
        ("a" * 149, True, GSM7, 160, 1),
        ("a" * 150, True, GSM7, 161, 2),
        ("a" * 295, True, GSM7, 306, 2),
        ("a" * 296, True, GSM7, 307, 3),
        ("€" * 80, False, GSM7, 160, 1),
        ("a" + "€" * 80, False, GSM7, 161, 2),
        # A € that would straddle septets 153 and 154 moves on whole: the second part then holds one less.
        ("a" * 152 + "€" + "a" * 152, False, GSM7, 306, 3),
        ("a" * 151 + "€" + "a" * 153, False, GSM7, 306, 2),
        ("a" * 152 + "€" + "a" * 151, False, GSM7, 305, 2),
        ("a" * 152 + "€" + "a" * 140, True, GSM7, 305, 2),
        ("a" * 152 + "€" + "a" * 141, True, GSM7, 306, 3),
        ("ł" * 70, False, UCS2, 70, 1),
        ("ł" * 71, False, UCS2, 71, 2),
        ("ł" * 134, False, UCS2, 134, 2),
        ("ł" * 135, False, UCS2, 135, 3),
        ("ł" * 59, True, UCS2, 70, 1),
        ("ł" * 60, True, UCS2, 71, 2),
        ("ł" * 123, True, UCS2, 134, 2),
        ("ł" * 124, True, UCS2, 135, 3),
        (EMOJI * 35, False, UCS2, 70, 1),
        (EMOJI * 36, False, UCS2, 72, 2),
        # The same at UTF-16 units 67 and 68.
        ("ł" * 66 + EMOJI + "ł" * 66, False, UCS2, 134, 3),
        ("ł" * 66 + EMOJI + "ł" * 65, False, UCS2, 133, 2),
        ("ł" * 65 + EMOJI + "ł" * 67, False, UCS2, 134, 2),
        ("ł" * 66 + EMOJI + "ł" * 54, True, UCS2, 133, 2),
        ("ł" * 66 + EMOJI + "ł" * 55, True, UCS2, 134, 3),
        # Extension characters weigh one unit in UCS-2.
        ("ł" + "€" * 69, False, UCS2, 70, 1),
    ],
)
def test_boundaries(body: str, stop: bool, encoding: Encoding, units: int, parts: int) -> None:
    assert measure(body, stop=stop) == Text(body, encoding, units, parts)
    assert len(splits(body, stop=stop)) == parts


def test_pairs_stay_together() -> None:
    assert splits("a" * 152 + "€" + "b" * 20) == ("a" * 152, "€" + "b" * 20)
    assert splits("ł" * 66 + EMOJI + "ż" * 20) == ("ł" * 66, EMOJI + "ż" * 20)


def test_the_stop_clause_follows_the_text() -> None:
    assert len(STOP_CLAUSE) == 11
    assert splits("Soldes", stop=True) == ("Soldes\nSTOP 36xxx",)
    assert splits("a" * 150, stop=True) == ("a" * 150 + "\nST", "OP 36xxx")


def test_offenders_are_distinct_and_in_order() -> None:
    assert offenders("Où êtes-vous ? L’été, êtes-vous…") == ("ê", "’", "…")


def test_half_a_surrogate_pair_is_counted_and_does_not_raise() -> None:
    assert measure("\ud83d") == Text("\ud83d", UCS2, 1, 1)
    assert len(splits("\ud83d" * 134)) == measure("\ud83d" * 134).parts == 2


@given(st.lists(texts, max_size=8), st.booleans())
@example(["a\0b", "c"], False)
@example(["\\u0142", "ł", "\\", ""], True)
@example(["\udc80", "x" * 160, "x" * 161], False)
def test_a_column_is_its_texts(bodies: list[str], stop: bool) -> None:
    column = measure_column(bodies, stop=stop)
    assert [column.at(place) for place in range(len(bodies))] == [measure(body, stop=stop) for body in bodies]
    assert list(map(len, column)) == [len(bodies)] * 4
