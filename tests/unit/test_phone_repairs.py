"""Rescue: what is put right, in numbers that leave one reading; what is refused, because there are two; what is suggested."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from smscampaign.model import Reason, Recipient, Repair, Rescued
from smscampaign.phone import normaliser as phone
from smscampaign.phone import repairs
from smscampaign.phone.normaliser import REGIONS, Normaliser, normalise_slowly
from smscampaign.phone.reading import NotANumber

SENDABLE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def both(cell: str, region: str = "FR", others: tuple[str, ...] = ()) -> Recipient | NotANumber:
    """The answer, which is the same fast and slowly, and when it is read for the second time."""
    slow = normalise_slowly(cell, region, others)
    column = Normaliser(region, others).column
    assert column([cell]) == column([cell]) == [slow]
    return slow


@pytest.mark.parametrize(
    ("cell", "region", "msisdn", "repair"),
    [
        ("612345678", "FR", "+33612345678", Repair.LEADING_ZERO),
        ("6 12 34 56 78", "FR", "+33612345678", Repair.LEADING_ZERO),
        ("7400 123456", "GB", "+447400123456", Repair.LEADING_ZERO),
        ("15123456789", "DE", "+4915123456789", Repair.LEADING_ZERO),
        # Ivorian numbers begin with a zero of their own.
        ("123456789", "CI", "+2250123456789", Repair.LEADING_ZERO),
        ("33612345678", "FR", "+33612345678", Repair.LEADING_PLUS),
        ("33 (0)6 12 34 56 78", "FR", "+33612345678", Repair.LEADING_PLUS),
        ("48512345678", "PL", "+48512345678", Repair.LEADING_PLUS),
        # A landline of some village too, but that is no mobile number.
        ("4915123456789", "DE", "+4915123456789", Repair.LEADING_PLUS),
        ("0033612345678", "FR", "+33612345678", Repair.DOUBLE_ZERO),
        ("0048 512 345 678", "FR", "+48512345678", Repair.DOUBLE_ZERO),
        ("011 33 6 12 34 56 78", "US", "+33612345678", Repair.DOUBLE_ZERO),
        ("+33 (0)6 12 34 56 78", "FR", "+33612345678", Repair.BRACKETED_ZERO),
        ("+330612345678", "FR", "+33612345678", Repair.BRACKETED_ZERO),
        ("0033 (0)6 12 34 56 78", "FR", "+33612345678", Repair.BRACKETED_ZERO),
        ("+44 (0)7400 123456", "FR", "+447400123456", Repair.BRACKETED_ZERO),
        ("612345678.0", "FR", "+33612345678", Repair.DECIMAL_ZERO),
        ("612345678,00", "FR", "+33612345678", Repair.DECIMAL_ZERO),
        ("33612345678.0", "FR", "+33612345678", Repair.DECIMAL_ZERO),
        ("+33612345678.0", "FR", "+33612345678", Repair.DECIMAL_ZERO),
        ("0612345678.0", "FR", "+33612345678", Repair.DECIMAL_ZERO),
        # Scientific notation with every digit, as Java and CRM exports have it.
        ("7.99000011E8", "FR", "+33799000011", Repair.DECIMAL_ZERO),
        ("7,99000011e+08", "FR", "+33799000011", Repair.DECIMAL_ZERO),
        ("3.3799000012E+10", "FR", "+33799000012", Repair.DECIMAL_ZERO),
        ("+3.3799000012E10", "FR", "+33799000012", Repair.DECIMAL_ZERO),
        ("7.9900001100E8", "FR", "+33799000011", Repair.DECIMAL_ZERO),
        ("0.799000011E9", "FR", "+33799000011", Repair.DECIMAL_ZERO),
        ("79900.0011E4", "FR", "+33799000011", Repair.DECIMAL_ZERO),
        ("+0799000023", "FR", "+33799000023", Repair.STRAY_SIGN),
        ("0+33799000023", "FR", "+33799000023", Repair.STRAY_SIGN),
        ("0 +33 7 99 00 00 23", "FR", "+33799000023", Repair.STRAY_SIGN),
        ("033 7 99 00 00 23", "FR", "+33799000023", Repair.STRAY_SIGN),
        ("048512345678", "PL", "+48512345678", Repair.STRAY_SIGN),
        # Plans that were changed: Mexico in 2019, Benin in 2024. These are the examples of phonenumbers, as they were before.
        ("+5212221234567", "MX", "+522221234567", Repair.RENUMBERED),
        ("+52 1 222 123 4567", "FR", "+522221234567", Repair.RENUMBERED),
        ("044 222 123 4567", "MX", "+522221234567", Repair.RENUMBERED),
        ("+229 95 12 34 56", "BJ", "+2290195123456", Repair.RENUMBERED),
        ("95123456", "BJ", "+2290195123456", Repair.RENUMBERED),
        ("+22995123456", "FR", "+2290195123456", Repair.RENUMBERED),
        # What E and 8 would be as digits of a Finnish number is no reading.
        ("4.12345678E8", "FI", "+358412345678", Repair.DECIMAL_ZERO),
    ],
)
def test_each_repair_has_its_label(cell: str, region: str, msisdn: str, repair: Repair) -> None:
    answer = both(cell, region)
    assert isinstance(answer, Rescued)
    assert (answer.msisdn, answer.repair) == (msisdn, repair)


@pytest.mark.parametrize(
    ("cell", "region"),
    [
        ("06 12 34 56 78", "FR"),
        ("+33 6 12 34 56 78", "FR"),
        ("512 345 678", "PL"),
        ("612 345 678", "ES"),
        ("312 345 6789", "IT"),
        ("201 555 0123", "US"),
        ("1 201 555 0123", "US"),
        ("01 23 45 67 89", "CI"),
        ("8 912 345-67-89", "RU"),
        ("011 15-2345-6789", "AR"),
    ],
)
def test_what_is_written_as_it_should_be_is_not_called_repaired(cell: str, region: str) -> None:
    assert type(both(cell, region)) is Recipient


@pytest.mark.parametrize(
    ("cell", "region", "first", "second"),
    [
        # Finnish mobiles have 6 to 12 digits.
        ("412345678.0", "FI", "+358412345678 in Finland (FI)", "+3584123456780 in Finland (FI)"),
        ("06641234567.0", "AT", "+436641234567 in Austria (AT)", "+4366412345670 in Austria (AT)"),
    ],
)
def test_two_readings_are_refused_and_both_named(cell: str, region: str, first: str, second: str) -> None:
    answer = both(cell, region)
    assert isinstance(answer, NotANumber)
    assert answer.reason is Reason.NUMBER_AMBIGUOUS
    assert first in answer.detail
    assert second in answer.detail


@pytest.mark.parametrize(
    "cell",
    [
        "7.99E8",
        "4.48E+11",
        "7.9900001E8",
        "7.990000115E8",
        "7.99000011E-8",
        "-7.99000011E8",
        "1.0E0",
        "799000011E0",
    ],
)
def test_scientific_notation_that_lacks_digits_or_is_no_whole_number_is_refused(cell: str) -> None:
    answer = both(cell)
    assert isinstance(answer, NotANumber)
    assert answer.reason is Reason.NUMBER_SPREADSHEET
    assert "digits of it are lost" in answer.detail


def test_of_a_landline_in_scientific_notation_no_digit_is_called_lost() -> None:
    answer = both("1.42000000E8")
    assert isinstance(answer, NotANumber)
    assert (answer.reason, "lost" in answer.detail) == (Reason.NUMBER_SPREADSHEET, False)


# Regions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "place", "code"),
    [
        ("0692123456", "Réunion (RE)", "RE"),
        ("0639012345", "Mayotte (YT)", "YT"),
        ("0690001234", "Guadeloupe (GP)", "GP"),
        ("0696201234", "Martinique (MQ)", "MQ"),
        ("0694201234", "French Guiana (GF)", "GF"),
    ],
)
def test_overseas_france_is_suggested_and_applied_only_where_it_is_allowed(
    cell: str, place: str, code: str
) -> None:
    answer = both(cell)
    assert isinstance(answer, NotANumber)
    assert answer.suggestion == f'It would be valid in {place}: set regions = ["FR", "{code}"].'
    allowed = both(cell, "FR", ("RE", "YT", "GP", "MQ", "GF"))
    assert isinstance(allowed, Recipient)
    assert allowed.country == code


def test_the_campaigns_own_region_comes_first_and_others_that_disagree_are_both_named() -> None:
    # In France 06 12… is a mobile; in Belgium and Italy the same digits are somebody else's or nobody's.
    assert both("0612345678", "FR", ("BE", "NL")) == Recipient("+33612345678", "FR")
    answer = both("0612345678", "RE", ("FR", "NL"))
    assert isinstance(answer, NotANumber)
    assert answer.reason is Reason.NUMBER_AMBIGUOUS
    assert "+33612345678 in France (FR) or +31612345678 in the Netherlands (NL)" in answer.detail
    assert both("0612345678", "RE", ("NL",)) == Recipient("+31612345678", "NL")


def test_one_number_of_two_regions_is_one_reading() -> None:
    """Guadeloupe, Saint-Martin and Saint-Barthélemy have one code."""
    assert both("0690001234", "FR", ("MF", "BL", "GP")) == Recipient("+590690001234", "GP")


def test_a_number_with_a_plus_or_of_a_row_with_a_foreign_country_is_read_for_no_other_region() -> None:
    assert isinstance(both("+33692123456", "FR", ("RE",)), NotANumber)
    column = Normaliser("FR", ("RE",)).column
    answers = column(["0692123456"] * 3, [None, "FR", "PL"])
    assert [isinstance(one, Recipient) for one in answers] == [True, True, False]


# Suggestions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "region", "suggestion"),
    [
        ("48512345678", "FR", "With a plus it would be +48512345678 in Poland (PL)."),
        ("06123456789", "FR", "1 digit too many?"),
        ("061234567890", "FR", "2 digits too many?"),
        ("061234567", "FR", "1 digit missing?"),
        ("06 12 34 56", "FR", "2 digits missing?"),
        ("07 99 00 0", "FR", ""),  # and not a number of Saint Pierre and Miquelon
        (
            "75 12 34",
            "FR",
            "It would be valid in Saint Pierre and Miquelon (PM) and in New Caledonia (NC): write it with + and its"
            " country code.",
        ),
        ("+3361234567", "FR", "1 digit missing?"),
        ("O6 12 34 56 78", "FR", "With digits for the letters it would be +33612345678."),
        ("O6 12 34 56 78 Marc", "FR", "With digits for the letters it would be +33612345678."),
        ("N° 0799000038", "FR", "Without the letters it would be +33799000038."),
        ("wa.me/33799000042", "FR", "Without the letters it would be +33799000042."),
        ("0799000043@sms.fr", "FR", "Without the letters it would be +33799000043."),
        ("07 99 00 00 15 (Paul)", "FR", "Without the letters it would be +33799000015."),
        ("07 99 00 00 16 - perso", "FR", "Without the letters it would be +33799000016."),
        ("Paul: +33 7 99 00 00 16", "FR", "Without the letters it would be +33799000016."),
        ("0799 000 024 ext 5", "FR", ""),
        # A letter beside a digit is one digit less, also where numbers may have one less.
        ("07 99 00 00 2З", "FR", ""),
        ("0664 1234567x", "AT", ""),
        ("2026-03-01", "FR", "It looks like a date; is this the column of the numbers?"),
        ("01/03/2026", "FR", "It looks like a date; is this the column of the numbers?"),
        ("12.31.2026", "FR", "It looks like a date; is this the column of the numbers?"),
        ("2026-03-01 00:00:00", "FR", "It looks like a date; is this the column of the numbers?"),
        ("2026-03-01T00:00:00Z", "FR", "It looks like a date; is this the column of the numbers?"),
        ("31/31/2026", "FR", "1 digit missing?"),
        ("01/03-2026", "FR", "2 digits missing?"),
        # One of home's with too many digits, or one of Russia's without its plus.
        (
            "799 00 00 48 00",
            "FR",
            "2 digits too many? With a plus it would be +79900004800 in Russia (RU).",
        ),
        ("0612345678", "RE", 'It would be valid in France (FR): set regions = ["RE", "FR"].'),
        ("0142685300", "FR", ""),
        ("0 512 345 678", "PL", "Without the zero it would be +48512345678."),
        (
            "07 12 34 56",
            "CI",
            "Numbers in Côte d'Ivoire (CI) have changed (by 2021): today it would be +2250707123456, if it is a mobile.",
        ),
        (
            "+55 11 9612 3456",
            "FR",
            "Numbers in Brazil (BR) have changed (by 2016): today it would be +5511996123456, if it is a mobile.",
        ),
        (
            "+54 11 2345 6789",
            "AR",
            "Numbers in Argentina (AR) have changed (by 1999): today it would be +5491123456789, if it is a mobile.",
        ),
        ("+229 21 12 34 56", "BJ", "2 digits missing?"),  # a landline, before and after
        ("", "FR", ""),
        ("call me", "FR", ""),
        ("0612345678/0612345679", "FR", ""),
        ("0600", "FR", ""),
        ("+48 112345678", "FR", ""),
    ],
)
def test_suggestions(cell: str, region: str, suggestion: str) -> None:
    answer = both(cell, region)
    assert isinstance(answer, NotANumber)
    assert answer.suggestion == suggestion


# Laws -------------------------------------------------------------------------------------------------------------

REGIONS_OF_INTEREST = st.sampled_from(
    ["FR", "RE", "DE", "GB", "PL", "ES", "IT", "US", "CI", "FI", "AT", "RU", "AR", "BR", "NL", "EE", "NO"]
)


def mobiles(spelling: str, region: str) -> set[str]:
    """What the library alone reads as a mobile number."""
    try:
        number = phonenumbers.parse(spelling, region)
    except NumberParseException:
        return set()
    good = phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in SENDABLE
    return {phonenumbers.format_number(number, PhoneNumberFormat.E164)} if good else set()


@st.composite
def misspelled(draw: st.DrawFn) -> tuple[str, str, str]:
    """A region's mobile number with another tail, one of the spellings that are put right, and the region."""
    region = draw(REGIONS_OF_INTEREST)
    number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    national = phonenumbers.national_significant_number(number)
    national = national[:-4] + draw(st.text("0123456789", min_size=4, max_size=4))
    code = str(number.country_code)
    cell = draw(
        st.sampled_from(
            [
                *(national, f"{code}{national}", f"00{code}{national}", f"+{code}(0){national}"),
                *(f"{national}.0", f"{code}{national}.0", f"0{national}.0"),
                *(f"0{national}", f"+{code}{national}"),
            ]
        )
    )
    return cell, region, f"+{code}{national}"


@settings(deadline=None)
@given(misspelled())
def test_a_repaired_number_is_what_the_library_reads_in_its_right_spelling(
    drawn: tuple[str, str, str],
) -> None:
    cell, region, right = drawn
    answer = both(cell, region)
    if isinstance(answer, Rescued):
        assert mobiles(right, region) | mobiles(answer.msisdn, region) == {answer.msisdn}


cells = st.one_of(
    misspelled().map(lambda drawn: drawn[0]),
    st.text("0123456789", min_size=5, max_size=14),
    st.builds(lambda digits: f"{digits}.0", st.text("0123456789", min_size=6, max_size=13)),
)


@settings(deadline=None)
@given(cells, REGIONS_OF_INTEREST)
def test_nothing_is_repaired_when_two_readings_are_valid(cell: str, region: str) -> None:
    answer = both(cell, region)
    whole = cell.removesuffix(".0")
    code = str(phonenumbers.country_code_for_region(region))
    readings = mobiles(whole, region) | (mobiles(f"+{whole}", region) if whole.startswith(code) else set())
    if cell != whole:
        readings |= mobiles(cell, region)
    if isinstance(answer, Rescued) and not cell.startswith("00"):
        assert readings <= {answer.msisdn}
    if len(readings) > 1:
        assert type(answer) is not Rescued


@settings(deadline=None)
@given(st.one_of(cells, st.text("0123456789 +-./()", max_size=18)), REGIONS_OF_INTEREST)
def test_what_the_library_takes_is_never_made_another_number(cell: str, region: str) -> None:
    """The rescue adds numbers and labels; what was accepted before is what it was, or two readings now."""
    text = phone.plain(cell)
    if phone.refused_unread(text, region) is not None:
        return
    before, after = phone.read(text, region), both(cell, region)
    if isinstance(before, Recipient):
        named = isinstance(after, NotANumber) and after.reason is Reason.NUMBER_AMBIGUOUS
        assert named or (after.msisdn, after.country) == (before.msisdn, before.country)
    elif isinstance(after, Recipient):
        assert isinstance(after, Rescued)
        assert after.repair in {
            Repair.LEADING_ZERO,
            Repair.LEADING_PLUS,
            Repair.STRAY_SIGN,
            Repair.RENUMBERED,
        }


@settings(deadline=None)
@given(
    cells,
    st.sampled_from(["FR", "NL"]),
    st.lists(st.sampled_from(["RE", "GP", "BE", "NL", "FR", "CW"]), max_size=3),
)
def test_other_regions_only_add(cell: str, region: str, others: list[str]) -> None:
    alone, together = both(cell, region), both(cell, region, tuple(others))
    if isinstance(alone, Recipient):
        assert together == alone
    elif isinstance(together, Recipient):
        assert {
            one.msisdn for place in others if isinstance(one := normalise_slowly(cell, place), Recipient)
        } == {together.msisdn}


def test_the_labels_of_families_are_the_labels_of_their_numbers() -> None:
    tried = 0
    for region in sorted(REGIONS):
        number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if number is None:
            continue
        national, code = phonenumbers.national_significant_number(number), number.country_code
        spellings = (national, f"{code}{national}", f"00{code}{national}", f"+{code}0{national}")
        first = Normaliser(region).column(spellings)
        assert first == Normaliser(region).column(spellings)
        assert first == [normalise_slowly(one, region) for one in spellings]
        tried += sum(bool(one and one[2]) for one in phone._reader(region).families.values())
    assert tried > 100


def test_the_spellings_of_a_cell() -> None:
    assert [repairs.bare(one) for one in ("+33 (0)6", "(+33) 6", "٠٦-12", "＋48 5", "6+1", "", "x")] == [
        "+3306",
        "+336",
        "0612",
        "+485",
        "61",
        "",
        "",
    ]
