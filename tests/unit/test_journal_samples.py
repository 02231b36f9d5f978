"""Messages worth looking at are found by what makes them so."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from smscampaign.journal.facts import keep_rates
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.samples import KINDS, at_row, costly, pick, shapes
from smscampaign.message.parts import measure
from smscampaign.model import Message, Recipient

BODIES = ["Hello Anna", "Hi", "word " * 60, "Cześć", "Zażółć " * 20, "Hello Anna"]
COUNTRIES = ["FR", "FR", "PL", "PL", "FR", "FR"]


@pytest.fixture
def record(journal, inputs):
    writer = PlanWriter(journal, journal.begin(inputs(), tag="tagtagtagt"))
    writer.add(
        [
            Message(line, Recipient(f"+3363998{line:04d}", country), measure(body))
            for line, (body, country) in enumerate(zip(BODIES, COUNTRIES, strict=True), 2)
        ]
    )
    writer.seal(receivers_per_call=500, width=2, blank=0)
    return journal.find("spring")


@pytest.mark.parametrize(("kind", "row"), [("first", 2), ("shortest", 3), ("longest", 6), ("costliest", 6)])
def test_a_message_is_picked_by_what_it_is(journal, record, kind, row):
    assert pick(journal, record, kind).line == row


def test_the_costliest_is_so_by_its_destination(journal, record):
    keep_rates(journal, record, {"FR": Decimal(1), "PL": Decimal("2.5")})
    assert pick(journal, record, "costliest").line == 4  # 2 parts at 2.5 against 3 at 1


def test_any_message_may_be_picked_by_chance(journal, record):
    lines = {pick(journal, record, "random", chance=random.Random(seed)).line for seed in range(60)}
    assert lines == set(range(2, 8))


def test_a_row_of_the_file(journal, record):
    assert at_row(journal, record, 5).text.body == "Cześć"
    assert at_row(journal, record, 99) is None


def test_one_message_for_each_shape_of_text(journal, record):
    found = shapes(journal, record)
    assert [(one.line, one.text.encoding, one.text.parts) for one in found] == [
        (2, "GSM-7", 1),
        (4, "GSM-7", 2),
        (5, "UCS-2", 1),
        (6, "UCS-2", 3),
    ]


def test_what_could_be_cheaper_streams_in_the_files_order(journal, record):
    assert [(line, country, text.parts) for line, country, text in costly(journal, record)] == [
        (4, "PL", 2),
        (5, "PL", 1),
        (6, "FR", 3),
    ]


def test_an_empty_plan_has_nothing_to_show(journal, inputs):
    writer = PlanWriter(journal, journal.begin(inputs(), tag="tagtagtagt"))
    writer.seal(receivers_per_call=500, width=2, blank=0)
    empty = journal.find("spring")
    assert [pick(journal, empty, kind) for kind in KINDS] == [None] * len(KINDS)
    assert shapes(journal, empty) == []
