"""Pages: what is masked stays masked, what is not ours is escaped, and what is drawn can be read back."""

import re
import unicodedata
from datetime import date
from encodings.aliases import aliases
from html.parser import HTMLParser

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from smscampaign.campaign.changes import apart
from smscampaign.drawing import (
    Bubble,
    Sheet,
    Table,
    count,
    discreet,
    duration,
    figure,
    html,
    html_table,
    mask,
    masked,
    masked_body,
    text,
)
from smscampaign.model import Encoding, Message, Recipient, Text

SHAPES = {
    "national": phonenumbers.PhoneNumberFormat.NATIONAL,
    "international": phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    "bare": phonenumbers.PhoneNumberFormat.E164,
}

EXAMPLES = [
    example
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    if (example := phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE))
]


def digits(shown):
    return "".join(sign for sign in shown if sign.isdigit())


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+33639980078", "+33 • •• •• •• 78"),
        ("+447700900123", "+44 •• •• •• •• 23"),
        ("+12015550123", "+1 •• •• •• •• 23"),
        ("+262692123456", "+262 • •• •• •• 56"),
        ("+358412345671", "+358 • •• •• •• 71"),
    ],
)
def test_a_number_keeps_its_country_code_and_two_digits(number, shown):
    assert mask(number) == shown


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_masking_knows_every_country_code(example):
    number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    assert digits(mask(number)) == f"{example.country_code}{number[-2:]}"


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("“06 39 98 00 78” is too long", "“•• •• •• •• 78” is too long"),
        ("“+33 (0)6.39-98/00 78” is odd", "“+•• (•)•.••-••/•• 78” is odd"),
        ("“0639980078, 0639980079” holds 2 numbers", "“••••••••78, ••••••••79” holds 2 numbers"),
        ("the same number as row 1234567, which gets it", "the same number as row 1234567, which gets it"),
        ("“112” is a short code", "“112” is a short code"),
        (
            "the text takes 12 parts and at most 8 are allowed",
            "the text takes 12 parts and at most 8 are allowed",
        ),
    ],
)
def test_sentences_about_numbers_do_not_tell_them(sentence, shown):
    assert masked(sentence) == shown


@given(
    groups=st.lists(st.text("0123456789", min_size=1, max_size=4), min_size=2, max_size=6),
    between=st.sampled_from(["", " ", ".", "-", "/", "\N{NO-BREAK SPACE}", " - "]),
    plus=st.booleans(),
)
def test_no_more_than_two_digits_of_a_number_are_left(groups, between, plus):
    number = between.join(groups)
    shown = masked(f"“{'+' if plus else ''}{number}” is not a number")
    assert digits(shown) == (digits(number)[-2:] if len(digits(number)) >= 6 else digits(number))


def test_a_text_hides_its_receiver_and_keeps_the_senders_own_number():
    written = "Hello {{ name }}, call 01 99 00 56 78."
    body = "Hello 06 39 98 00 78, call 01 99 00 56 78."
    message = Message(2, Recipient("+33639980078", "FR"), Text(body, Encoding.GSM7, 40, 1))
    assert masked_body(message, written) == "Hello •• •• •• •• 78, call 01 99 00 56 78."


def test_a_text_hides_other_peoples_numbers_that_stand_in_cells_but_no_order_number():
    written = "Votre livreur : {{ livreur }}. Commande {{ commande }}. Flore, 01 99 00 56 78"
    body = "Votre livreur : 06 39 98 00 12. Commande 4711234. Flore, 01 99 00 56 78"
    message = Message(2, Recipient("+33639980078", "FR"), Text(body, Encoding.GSM7, 40, 1))
    assert masked_body(message, written) == (
        "Votre livreur : •• •• •• •• 12. Commande 4711234. Flore, 01 99 00 56 78"
    )


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (0.0, "under a minute"),
        (0.99, "under a minute"),
        (1.0, "1 minute"),
        (1.01, "2 minutes"),
        (59.0, "59 minutes"),
        (59.5, "1 h 00 min"),
        (166.7, "2 h 47 min"),
    ],
)
def test_a_time_is_never_less_than_it_takes(minutes, shown):
    assert duration(minutes) == shown


def test_figures():
    assert figure(1_234_567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"
    assert (count(0, "row"), count(1, "row"), count(2, "row")) == ("0 rows", "1 row", "2 rows")


class Reader(HTMLParser):
    """What a browser would see: the tags, and the text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.said, self.open = set(), set(), "", []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said += data


anything = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
sheets = st.builds(
    Sheet,
    anything,
    anything,
    facts=st.lists(st.tuples(anything, anything), max_size=2).map(tuple),
    tables=st.lists(
        st.builds(
            Table,
            anything,
            st.tuples(anything, anything),
            st.lists(st.tuples(anything, anything), max_size=2).map(tuple),
            st.sampled_from([frozenset(), frozenset({1})]),
        ),
        max_size=2,
    ).map(tuple),
    bubbles=st.lists(st.builds(Bubble, anything, anything, anything), max_size=2).map(tuple),
    notes=st.lists(anything, max_size=2).map(tuple),
    action=anything,
    code=anything,
)


def words(sheet):
    yield from (sheet.title, sheet.subtitle, *sheet.notes, sheet.action, sheet.code)
    for fact in sheet.facts:
        yield from fact
    for table in sheet.tables:
        yield from (table.caption, *table.heads)
        for row in table.rows:
            yield from row
    for bubble in sheet.bubbles:
        yield from (bubble.about, bubble.body, bubble.appendix)


@given(sheets)
def test_html_says_everything_and_is_nothing_but_ours(sheet):
    seen = Reader(html(sheet))
    assert not seen.open
    assert seen.tags <= {
        "div",
        "strong",
        "span",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "p",
        "pre",
    }
    assert seen.attributes <= {"style", "class", "scope", "dir"}
    for word in words(sheet):
        assert word in seen.said


def test_html_brings_nothing_from_elsewhere_and_no_colour_of_its_own():
    page = html(
        Sheet(
            "t",
            "s",
            (("a", "b"),),
            (Table("c", ("h",), (("x",),)),),
            (Bubble("a", "b", "c"),),
            ("n",),
            "a",
            "c",
        )
    )
    assert "http" not in page
    assert "url(" not in page
    assert "color:#" not in page
    assert "<script" not in page


@given(st.text(max_size=60))
def test_text_cannot_steer_the_terminal(words):
    sheet = Sheet(
        words, words, ((words, words),), (Table(words, (words,), ((words,),)),), (Bubble(words, words),)
    )
    assert all(sign == "\n" or unicodedata.category(sign) != "Cc" for sign in text(sheet))


def test_text_is_laid_out_in_columns():
    table = Table("Sent to", ("country", "messages"), (("FR", "930"), ("DE", "7")), frozenset({1}))
    page = text(
        Sheet(
            "Spring", "the plan", (("Rows", "3"), ("API calls", "1")), (table,), (Bubble("To you", "a\nb"),)
        )
    )
    assert page.splitlines() == [
        "Spring · the plan",
        "",
        "Rows       3",
        "API calls  1",
        "",
        "Sent to:",
        "  country  messages",
        "  FR            930",
        "  DE              7",
        "",
        "To you",
        "  │ a",
        "  │ b",
    ]


def test_a_table_alone_has_no_empty_caption():
    assert "<caption" not in html_table(Table("", ("a",), (("b",),)))


@pytest.mark.parametrize(
    "sentence",
    [
        "sent on 2026-11-23 01:32 UTC",
        "until 2026-11-24, then",
        "2026-11-23T01:32",
        "from 2026-11-23 to 2026-11-30",
    ],
)
def test_a_date_is_no_phone_number(sentence):
    assert masked(sentence) == sentence


FORMATS = (
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
)


@given(
    example=st.sampled_from(EXAMPLES),
    form=st.sampled_from(FORMATS),
    sign=st.sampled_from(
        [None, "", " ", "  ", ".", "-", "/", "_", "\u00a0", "\u202f", "\u2011", "\u2013", " - "]
    ),
    around=st.sampled_from(
        ["{}", "tel {} (home)", "12/03/2026 {}", "{} 12,50 €", "2026-03-12 10:30 {}", "'{}'"]
    ),
)
def test_a_phone_number_is_masked_however_it_is_written(example, form, sign, around):
    number = phonenumbers.format_number(example, form)
    if sign is not None:
        number = re.sub(r"(?<=\d)[\s().-]+(?=\d)", sign, number)
    runs = digits(masked(around.format(number))) if len(digits(number)) >= 6 else ""
    assert digits(number)[:-2] not in runs


@given(
    day=st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)),
    form=st.sampled_from(
        ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m/%d/%Y", "%Y-%m-%d", "%Y/%m/%d", "%d/%m/%y"]
    ),
    time=st.sampled_from(["", " 10:30", " 08:00:00"]),
)
def test_a_day_in_a_cell_stays(day, form, time):
    cell = f"{day:{form}}{time}"
    assert masked(cell) == cell
    assert discreet(cell) == cell


@given(
    cents=st.integers(min_value=1, max_value=99_999_999),
    thousands=st.sampled_from([" ", "\u00a0", "\u202f", "'", "."]),
)
def test_an_amount_and_a_postcode_in_a_cell_stay(cents, thousands):
    grouped = f"{cents // 100:,}".replace(",", thousands)
    for cell in (
        f"{grouped},{cents % 100:02d} €",
        f"{grouped} EUR",
        f"{grouped},{cents % 100:02d}",
        "69001 Lyon",
        "00-950",
    ):
        assert masked(cell) == cell
        assert discreet(cell) == cell


@pytest.mark.parametrize(
    "number",
    [
        "06-12-34-56-78",
        "(06) 12 34 56 78",
        "06/12/34/56/78",
        "06\u202f12\u202f34\u202f56\u202f78",
        "33612345678.0",
    ],
)
def test_logs_tell_no_number_however_it_is_written(number):
    assert len(digits(discreet(f"row 7: “{number}” is wrong"))) <= 3


@pytest.mark.parametrize("number", ["+2026-11-23 01", "2026-11-23-45", "2026-31-99 12", "12026-11-23"])
def test_what_only_looks_like_a_date_is_masked(number):
    assert masked(number) != number


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("Bonjour", "Bonsoir", ("Bonjour", "Bonsoir")),
        ("x" * 100 + "lundi.", "x" * 100 + "mardi.", (f"…{'x' * 10}lundi.", f"…{'x' * 10}mardi.")),
        ("x" * 100 + "Monday", "x" * 100, (f"…{'x' * 10}Monday", f"…{'x' * 10}")),
        ("a" + "x" * 30, "b" + "x" * 30, (f"a{'x' * 19}…", f"b{'x' * 19}…")),
        # A number is masked before it is cut, so that no piece of it is left unmasked.
        ("x" * 20 + "+33799000001!", "x" * 20 + "+33799000001?", ("…••••••••01!", "…••••••••01?")),
        ("a\nb", "a b", ("a\nb", "a b")),
    ],
)
def test_two_texts_are_cut_around_their_first_difference(one, other, shown):
    assert apart(one, other, 20) == shown


#: The names of encodings that people meet; a few rare ones, such as `ansi_x3.4-1968`, have as many digits as a number.
ENCODINGS = sorted(
    name for name in {*aliases, *aliases.values()} if "8859" in name or sum(map(str.isdigit, name)) < 6
)


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_name_of_an_encoding_is_no_number(name):
    for spelled in (name, name.upper(), name.replace("_", "-")):
        assert masked(f"it is read as {spelled}: a guess") == f"it is read as {spelled}: a guess"


@given(
    example=st.sampled_from(EXAMPLES),
    shape=st.sampled_from(list(SHAPES)),
    sign=st.sampled_from(["", " ", ".", "-", "/"]),
    before=st.sampled_from(["", "call ", "iso-", "iso 8859-15 ", "ISO-8859-1, ", "iso-8859-2-", "tel:"]),
)
def test_a_number_of_any_shape_is_masked_also_behind_the_name_of_an_encoding(example, shape, sign, before):
    written = re.sub(r"[ .\-/]+", sign, phonenumbers.format_number(example, SHAPES[shape]))
    assume(sum(map(str.isdigit, written)) >= 6 and not (sign == "" and before[-2:-1].isdigit()))
    shown = masked(f"{before}{written}")
    assert shown.startswith(before)
    assert sum(map(str.isdigit, shown[len(before) :])) <= 2
