"""What gets one message where that is not the number: how keys are spelled, and what that means for a plan."""

from __future__ import annotations

import csv
import hashlib
import unicodedata
import zlib
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.errors import ChangedInputs, SettingsProblem
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.answers import answers
from smscampaign.journal.laws import audit
from smscampaign.journal.store import open_journal
from smscampaign.keys import ALIKE_BYTES, Keys, loose, spelled
from smscampaign.model import EditionKind, Refused

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(20)]
THEN = datetime(2027, 3, 1, 18, 0, tzinfo=UTC)
OPTIONS = {
    "message": "{{ date }} {{ time }} {{ who }}",
    "purpose": "transactional",
    "region": "DE",
    "sender": "Sandbox",
    "once_per": ["Mobile", "Date", "Time"],
}
AMEND = EditionKind.AMENDMENT


def key(*cells, numbers=()):
    keys, missing = Keys(("c",) * len(cells), tuple(range(len(cells)))).of([[one] for one in cells], [1])
    assert not missing
    return keys[0]


def alike(one, other):
    return one != other and one[:ALIKE_BYTES] == other[:ALIKE_BYTES]


# Spelling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dr  Żak ", " dr Żak"),
        ("Élodie", "E\u0301lodie"),
        ("STRASSE", "straße"),
        ("14\u00a0avril", "14 avril"),
        ("a\tb", "A B"),
    ],
)
def test_spellings_of_one_key_are_one(one, other):
    assert key(one, "9:00") == key(other, "9:00")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("9:00", "09:00"),
        ("2027-03-01", "2027-3-1"),
        ("14.04", "14/4"),
        ("A-17", "A17"),
        ("9h00", "09h00"),
        ("n° 007", "N 7"),
        ("1001", "1001.0"),
        ("9:00", "9:00:00"),
        ("2026-12-01", "2026-12-01 00:00:00"),
        ("A1", "A1\u200b"),
        ("\ufeffA1", "A1"),
    ],
)
def test_keys_that_differ_by_zeros_and_punctuation_alone_are_told_to_be_alike(one, other):
    assert alike(key("x", one), key("x", other))


def test_the_order_in_which_once_per_names_columns_makes_no_other_key(tmp_path):
    path = tmp_path / "rdv.csv"
    path.write_text("Mobile,Date,Time\n0799009000,2027-03-06,9:00\n", "utf-8")
    made = [
        Campaign.load(path, message="Hi", purpose="transactional", region="FR", once_per=names)
        for names in (["Mobile", "Date", "Time"], ["Time", "Mobile", "Date"])
    ]
    keys = [one.recipe().keys.of([["0799009000"], ["2027-03-06"], ["9:00"]], [33799009000]) for one in made]
    assert keys[0] == keys[1]
    assert made[0].inputs("").fingerprint == made[1].inputs("").fingerprint


@pytest.mark.parametrize(
    ("one", "other"), [("1-12", "11-2"), ("10:00", "1:00"), ("9:00", "9:30"), ("A1", "A10"), ("", "0")]
)
def test_what_differs_otherwise_is_not_alike(one, other):
    keys, _ = Keys(("c",), (0,)).of([[one, other]], [1, 2])
    assert keys[0] != keys[1]
    assert not alike(*keys)


def test_cells_do_not_run_into_each_other():
    assert len({key("ab", "c"), key("a", "bc"), key("abc", "-"), key("c", "ab")}) == 4


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_key_is_the_same_however_it_is_composed_and_spaced(cells):
    wide = [f"\u3000{unicodedata.normalize('NFD', one)}  " for one in cells]
    (one,), _ = Keys(("c",) * len(cells), tuple(range(len(cells)))).of([[cell] for cell in cells], [1])
    (other,), _ = Keys(("c",) * len(cells), tuple(range(len(cells)))).of([[cell] for cell in wide], [1])
    assert one == other
    assert len(one) == 16


def test_keys_are_the_bytes_that_journals_hold():
    """Journals of before would not know their own people again."""
    columns = [["07 99 00 90 00", "x"], [" Dr  Żak ", "A-007"], ["09:00:00", "St. Émilion"]]
    keys, _ = Keys(("n", "who", "when"), (0, 1, 2), frozenset({0})).of(columns, [33799009000, 491713920000])
    assert [one.hex() for one in keys] == [
        "046d2bb7f63a36b0d5cbe9a97c2a98c9",
        "67d8347e95f5bd8444be7a837da5ea32",
    ]


CELL = st.text(st.sampled_from(" \u00a0\t\x1e\x1f\x1d-–·.:0019aBßéŻ名\u0301\u200b\ufeff\u00ad"), max_size=6)


@given(st.lists(st.tuples(CELL, CELL, st.integers(10**9, 10**12)), min_size=1, max_size=12), st.booleans())
def test_a_block_has_the_keys_that_its_rows_have_one_by_one(rows, again):
    rows *= 1 + 2 * again  # what stands there several times is read once
    *columns, numbers = map(list, zip(*rows, strict=True))
    keys, missing = Keys(("one", "number", "other"), (0, 2, 1), frozenset({2})).of(columns, numbers)
    assert keys == [_slowly(one, str(number), other) for one, other, number in rows]
    empty = {at: 1 for at, row in enumerate(rows) if not spelled(row[1])}
    assert missing == empty | {at: 0 for at, row in enumerate(rows) if not spelled(row[0])}


def _slowly(*cells):
    """The key of one row, cell by cell."""
    compared = [spelled(cell) for cell in cells]
    common = zlib.crc32(b"\x1f".join(map(loose, compared))).to_bytes(ALIKE_BYTES, "big")
    return common + hashlib.blake2b("\x1f".join(compared).encode(), digest_size=16 - ALIKE_BYTES).digest()


def test_an_empty_cell_is_told_by_the_first_column_that_has_one():
    columns = [["a", " ", "c"], ["", "", "z"]]
    _, missing = Keys(("first", "second"), (0, 1)).of(columns, [1, 2, 3])
    assert missing == {0: 1, 1: 0}


def test_number_columns_count_as_the_number_they_are_read_as():
    columns = [["07 99 00 90 00", "+33799009000"], ["x", "x"]]
    (one, other), missing = Keys(("Mobile", "Date"), (0, 1), frozenset({0})).of(columns, [33799009000] * 2)
    assert one == other
    assert not missing


# Plans --------------------------------------------------------------------------------------------------------------


class World:
    """Nights of one campaign, with the same file name and another content."""

    def __init__(self, folder):
        self.folder, self.now, self.gateway = folder, THEN, FakeGateway()
        self.results = folder / "rdv.results.csv"

    def run(self, rows, *, kind=AMEND, gateway=None, limit=None, **options):
        path = self.folder / "rdv.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([("Mobile", "Date", "Time", "who"), *rows])
        with closing(open_journal(self.folder / "rdv.journal.sqlite", clock=lambda: self.now)) as store:
            begun = store.find("rdv")
            kind = EditionKind.FIRST if begun is None or begun.begun_at is None else kind
            plan = planned(
                Campaign.load(path, options={**OPTIONS, **options}), store, gateway="fake", kind=kind
            )
            how = LaunchOptions(pace=Pace(0), settle=timedelta(0), first_wait=0.001, limit=limit)
            launch.deliver(plan, gateway or self.gateway, how, confirm=plan.yes)
            record = store.find("rdv")
            assert [one.first for one in audit(store, record) if not one.ok] == []
            told = list(answers(store, record))
            assert len(told) == plan.summary.rows == sum(plan.tally().messages.values())
            return [f"{one.status} {one.reason}".strip() for one in told]

    def sent(self):
        return sorted((number, chunk.body) for chunk in self.gateway.taken for number in chunk.receivers)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def row(n, date, time, who="A"):
    return (NUMBERS[n], date, time, who)


def test_two_appointments_on_one_phone_are_two_messages_and_one_written_twice_is_one(world):
    told = world.run(
        [
            row(0, "1 March", "9:00"),
            row(0, "1 march", "10:00"),
            (NUMBERS[0].replace("+49", "0"), "1  MARCH ", "9:00", "B"),
            row(1, "1 March", "9:00"),
        ]
    )
    assert told == [
        "accepted",
        "accepted",
        "suppressed duplicate: the same by once_per as row 2, which gets the message",
        "accepted",
    ]
    assert len(world.sent()) == 3


def test_an_appointment_without_its_hour_is_rejected(world):
    told = world.run([row(0, "1 March", " "), row(1, "1 March", "9:00")], message="Come")
    assert told[0].startswith("rejected key-missing: The cell of Time is empty")
    assert told[1] == "accepted"


def test_a_key_that_was_had_is_not_had_again_and_another_one_is(world):
    world.run([row(0, "1 March", "9:00"), row(1, "1 March", "9:00")])
    world.now += timedelta(days=1)
    told = world.run([row(0, "2 March", "9:00"), row(1, "1 March", "9:00", "another doctor")])
    assert told[0] == "accepted"
    assert told[1].startswith(
        "accepted already-sent: the same Mobile, Date, Time had its message on 2027-03-01 18:00 UTC"
    )
    assert len(world.sent()) == 3


def test_a_key_whose_number_changed_is_had_and_a_person_has_to_look(world):
    world.run([row(0, "1 March", "9:00", "order 1")], once_per=["who"])
    world.now += timedelta(days=1)
    told = world.run([row(1, "1 March", "9:00", "Order 1")], once_per=["who"])
    assert "this had its message on 2027-03-01 18:00 UTC at another number" in told[0]
    assert len(world.sent()) == 1


def test_a_held_key_wins_before_twins_in_the_file(world):
    world.run([row(0, "1 March", "9:00")])
    world.now += timedelta(days=1)
    told = world.run([row(0, "1 March", "9:00", "x"), row(0, "1 March", "9:00", "y")])
    assert "already-sent" in told[0]
    assert told[1] == ("suppressed duplicate: the same by once_per as row 2, which had the campaign already")
    assert len(world.sent()) == 1


@pytest.mark.parametrize("many", [1, 9000])
def test_the_same_text_goes_to_a_number_once_in_an_edition_whatever_the_keys(world, many):
    others = [(NUMBERS[1], f"day {n}", "9:00", "A") for n in range(many)]
    told = world.run(
        [row(0, "1 March", "9:00"), *others, row(0, "2 March", "9:00"), row(0, "2 March", "10:00", "B")],
        message="Come, {{ who }}, {{ date if 'day' in date else '' }}",
        **{"limits.parts": 8},
    )
    assert told[0] == "accepted"
    assert told[-2] == (
        "suppressed duplicate: the same text to the same number as row 2, which gets the message"
    )
    assert told[-1] == "accepted"


def test_of_a_row_that_is_a_twin_by_its_key_the_text_is_still_free(world):
    told = world.run(
        [
            row(0, "1 March", "9:00", "one"),
            row(1, "1 March", "9:00", "one"),
            row(1, "1 March", "9:00", "two"),
        ],
        once_per=["who"],
        message="{{ date }}",
    )
    assert [one.split()[0] for one in told] == ["accepted", "suppressed", "accepted"]
    assert len(world.sent()) == 2


def test_what_gets_one_message_is_fixed_by_the_first_edition(world):
    world.run([row(0, "1 March", "9:00")])
    for once_per in ([], ["Mobile"], ["Mobile", "Date"]):
        with pytest.raises(ChangedInputs, match="one message per Mobile and Date and Time, and not per"):
            world.run([row(1, "1 March", "9:00")], once_per=once_per)
    assert world.run([row(1, "1 March", "9:00")], once_per=["mobile", "date", "time"]) == ["accepted"]


def test_a_column_that_is_not_there_is_named(world):
    with pytest.raises(SettingsProblem, match="the file has no column 'Hour'"):
        world.run([row(0, "1 March", "9:00")], once_per=["Hour"])


def test_a_refused_key_is_free_again(world):
    refusing = FakeGateway([Refused("NO", "no")])
    assert world.run([row(0, "1 March", "9:00")], gateway=refusing)[0].startswith("refused")
    world.now += timedelta(days=1)
    assert world.run([row(0, "1 March", "9:00"), row(2, "2 March", "9:00")]) == ["accepted", "accepted"]
    assert len(world.sent()) == 2


def lint(world, rows, **options):
    from smscampaign.campaign.lint import check

    path = world.folder / "rdv.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("Mobile", "Date", "Time", "who"), *rows])
    with closing(open_journal(world.folder / "rdv.journal.sqlite", clock=lambda: world.now)) as store:
        begun = store.find("rdv") is not None
        campaign = Campaign.load(path, options={**OPTIONS, **options})
        plan = planned(campaign, store, gateway="fake", kind=AMEND if begun else EditionKind.FIRST)
        return [(one.severity.value, one.what) for one in check(plan) if one.code == "SMS018"]


def test_keys_of_one_number_that_look_alike_are_an_error_of_the_linter(world):
    rows = [row(0, "1-3", "9:00"), row(0, "1/3", "09:00"), row(1, "1-3", "09:00"), row(0, "11-3", "9:00")]
    ((severity, what),) = lint(world, rows)
    assert severity == "error"
    assert what.startswith(("row 2 and row 3 are to one number", "row 3 and row 2 are to one number"))
    assert lint(world, rows, **{"lint.ignore": ["SMS018"]}) == []
    assert lint(world, [row(0, "1-3", "9:00"), row(0, "1-3", "10:00"), row(1, "01-3", "9:00")]) == []


def test_so_is_one_that_looks_like_a_key_that_was_had(world):
    world.run([row(0, "1-3", "9:00"), row(1, "1-3", "9:00")])
    world.now += timedelta(days=1)
    ((_, what),) = lint(world, [row(0, "1-3", "09:00"), row(1, "1-3", "9:00")])
    assert what.startswith("row 2 and row 2 of edition 1 are to one number")
