"""The cost adviser: every character traced to where it stands, and savings that are exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smscampaign.advice.savings import Origins, advise
from smscampaign.advice.typography import TYPOGRAPHIC, plain_letter, swap_table, swapped
from smscampaign.errors import SettingsProblem
from smscampaign.message.parts import measure
from smscampaign.model import Encoding, Row

RATES = {"FR": Decimal(1), "PL": Decimal("0.4")}


def advice(message, rows, *, country="FR", rates=RATES, stop=False, header=("name", "city")):
    """The advice for rows of (name, city) under a message with {0} and {1} in it."""
    file = [Row(line, cells) for line, cells in enumerate(rows, 2)]
    texts = [(row.line, country, measure(message.format(*row.fields), stop=stop)) for row in file]
    costly = [one for one in texts if one[2].encoding is Encoding.UCS2 or one[2].parts > 1]
    literal = message.replace("{0}", "").replace("{1}", "")
    return advise(costly, file, Origins(literal, dict(enumerate(header))), stop=stop, rates=rates)


def test_a_character_of_the_message_is_traced_to_it():
    found = advice("It’s " + "time " * 20 + "{0}", [("Anna", ""), ("Bob", "")])
    (sign,) = found.characters
    assert (sign.character, sign.instead, sign.typographic) == ("’", "'", True)
    assert sign.origins == (("the message", 2),)
    assert (sign.messages, sign.line) == (2, 2)
    assert sign.alone.parts == found.typography.parts == 2
    assert found.typography.credits == Decimal(2)
    assert found.ucs2 == 2


def test_a_character_of_a_cell_is_traced_to_its_column():
    body = "Dear {0} of {1}, " + "word " * 20
    found = advice(body, [("Zoë", "Łódź"), ("Anna", "Köln"), ("Ewa", "Łódź")])
    origins = {one.character: dict(one.origins) for one in found.characters}
    assert origins == {"ë": {"name": 1}, "Ł": {"city": 2}, "ó": {"city": 2}, "ź": {"city": 2}}
    assert found.letters == {"ë": "e", "Ł": "L", "ó": "o", "ź": "z"}
    # Of several characters in one text, none saves anything by itself.
    assert all(one.alone.parts == 0 for one in found.characters)
    assert found.typography.parts == 0
    assert found.everything.parts == 2
    assert [one.messages for one in found.characters] == [2, 2, 2, 1]


def test_a_short_text_is_ucs2_and_costs_nothing_more():
    found = advice("Hej {0}", [("Łucja", "")])
    assert found.ucs2 == 1
    assert found.characters[0].alone.parts == 0
    assert found.everything.parts == 0


def test_what_no_swap_can_mend_is_told_all_the_same():
    (emoji,) = advice("Sale 🎉 " + "word " * 20, [("", "")]).characters
    assert (emoji.instead, emoji.alone.parts) == (None, 0)


def test_a_rate_that_is_not_known_leaves_credits_unknown():
    saving = advice("It’s " + "time " * 20, [("", "")], rates={}).typography
    assert (saving.parts, saving.credits) == (1, None)


@pytest.mark.parametrize(("over", "told"), [(1, True), (10, True), (11, False), (100, False)])
def test_texts_that_spill_by_a_little(over, told):
    found = advice("{0}", [("x" * (160 + over), "")])
    assert [(one.parts, one.messages, one.most, one.line) for one in found.spills] == (
        [(2, 1, over, 2)] if told else []
    )


def test_spills_are_gathered_by_part_with_the_worst_row():
    found = advice("{0}", [("x" * 161, ""), ("x" * 164, ""), ("x" * 308, ""), ("x" * 300, "")])
    assert [(one.parts, one.messages, one.most, one.line, one.saving.credits) for one in found.spills] == [
        (2, 2, 4, 3, Decimal(2)),
        (3, 1, 2, 4, Decimal(1)),
    ]


def test_a_sample_shows_the_text_before_and_after():
    (sample,) = advice("It’s " + "time " * 20, [("", "")]).samples
    assert (sample.before.parts, sample.after.parts) == (2, 1)
    assert sample.after.body.startswith("It's")


def test_every_typographic_swap_is_gsm7_and_needed():
    for sign, instead in TYPOGRAPHIC.items():
        assert measure(sign).encoding is Encoding.UCS2, sign
        assert not instead or measure(instead).encoding is Encoding.GSM7


@given(st.characters())
def test_a_plain_letter_is_gsm7_and_only_for_letters_outside_it(character):
    plain = plain_letter(character)
    if plain is not None:
        assert measure(plain).encoding is Encoding.GSM7
        assert character.isalpha()
        assert measure(character).encoding is Encoding.UCS2


@pytest.mark.parametrize("letter", ["é", "a", "ñ", "ü", "Ç", "1", "🎉", "漢", "Ж", "ب"])
def test_no_swap_is_proposed_for_what_gsm7_has_or_latin_lacks(letter):
    assert plain_letter(letter) is None


@pytest.mark.parametrize("swaps", [{"ab": "c"}, {"": "x"}, {"ê": "ě"}])
def test_swaps_that_are_none_are_refused(swaps):
    with pytest.raises(SettingsProblem, match="is not a swap"):
        swap_table(typography=False, swaps=swaps)


def test_swaps_of_ones_own_come_on_top():
    table = swap_table(typography=True, swaps={"’": "`"[:0], "ł": "l"})
    assert "It’s łowić".translate(table) == "Its lowić"
    assert swap_table(typography=False, swaps={}) == {}


@given(
    bodies=st.lists(st.text(alphabet="ab é’“…łż🎉€\n", min_size=1, max_size=200), min_size=1, max_size=8),
    stop=st.booleans(),
)
def test_the_saving_is_exactly_the_difference(bodies, stop):
    found = advice("{0}", [(body, "") for body in bodies], stop=stop, country="PL")
    table = swap_table(typography=True, swaps={})
    before = sum(measure(body, stop=stop).parts for body in bodies)
    after = sum(swapped(measure(body, stop=stop), table, stop=stop).parts for body in bodies)
    assert found.typography.parts == before - after >= 0
    assert found.typography.credits == (before - after) * Decimal("0.4")


@given(
    bodies=st.lists(st.text(alphabet="ab é’“…łżœ🎉𝐀𝐁\n", min_size=1, max_size=200), min_size=1, max_size=8),
    stop=st.booleans(),
)
@settings(max_examples=400)
def test_a_swap_is_proposed_only_where_something_is_saved(bodies, stop):
    """All that is proposed saves what was said, and each letter is needed for it in one of the texts; so are the signs."""
    found = advice("{0}", [(body, "") for body in bodies], stop=stop)
    texts = [measure(body, stop=stop) for body in bodies]

    def parts(text, *, typography, swaps):
        return swapped(text, swap_table(typography=typography, swaps=swaps), stop=stop).parts

    proposed = [parts(text, typography=found.signs, swaps=found.letters) for text in texts]
    assert sum(text.parts for text in texts) - sum(proposed) == found.everything.parts
    for letter in found.letters:
        rest = {sign: instead for sign, instead in found.letters.items() if sign != letter}
        less = [parts(text, typography=found.signs, swaps=rest) for text in texts]
        # One of two letters may do for a text that stays UCS-2; both are proposed where another text needs both.
        assert any(one > with_it for one, with_it in zip(less, proposed, strict=True)), letter
    if found.signs:
        plain = [parts(text, typography=False, swaps=found.letters) for text in texts]
        assert any(one > with_them for one, with_them in zip(plain, proposed, strict=True))
    assert bool(found.letters or found.signs) == bool(found.everything.parts)


def test_a_letter_that_saves_nothing_is_not_proposed_beside_one_that_does():
    found = advice("{0}", [("ł" + "x" * 80, ""), ("ż", ""), ("ę🎉" + "x" * 80, "")])
    assert found.letters == {"ł": "l"}
    assert not found.signs
