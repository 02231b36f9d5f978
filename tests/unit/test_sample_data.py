"""The sample campaigns: that they are what they are said to be, and that nobody's number is among them."""

from __future__ import annotations

import csv
import importlib.util
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.plans import Plan
from smscampaign.journal.store import open_journal
from smscampaign.message.parts import measure
from smscampaign.model import Encoding, Message, Purpose, Reason
from smscampaign.phone.normaliser import country, normalise_slowly
from smscampaign.phone.reading import NotANumber
from smscampaign.sandbox import Sandbox

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"

#: What depends on the message and the settings rather than on the file.
OF_THE_TEXT = {
    Reason.KEY_MISSING,
    Reason.VALUE_MISSING,
    Reason.TEXT_EMPTY,
    Reason.TEXT_FAILED,
    Reason.TEXT_TOO_LONG,
    Reason.NOT_SELECTED,
}
# Of another edition; and of countries that have no row here, such as Finland.
NOT_HERE = {Reason.ALREADY_SENT, Reason.SAME_TEXT_LATELY, Reason.NUMBER_AMBIGUOUS, Reason.DROPPED}
NOT_HERE |= {Reason.HELD_OUT, Reason.NOT_RETRIED, Reason.NOT_IN_PRIOR}


def _script() -> ModuleType:
    found = importlib.util.spec_from_file_location("make_samples", SAMPLES / "make_samples.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


SCRIPT = _script()


@contextmanager
def _planned(name: str, folder: Path) -> Iterator[Plan]:
    with closing(open_journal(folder / f"{name}.journal.sqlite")) as store:
        yield planned(Campaign.load(SAMPLES / name, options={}), store, gateway="nowhere")


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    with _planned("spring_sale.csv", tmp_path_factory.mktemp("spring")) as plan:
        yield plan


@pytest.fixture(scope="module")
def appointments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    with _planned("appointments.csv", tmp_path_factory.mktemp("appointments")) as plan:
        yield plan


def _messages(plan: Plan) -> list[Message]:
    return plan.sample(plan.summary.messages)


def _counts(plan: Plan) -> dict[Reason, int]:
    return {one.reason: one.count for one in plan.summary.not_sent}


@pytest.mark.parametrize("name", SCRIPT.FILES)
def test_the_committed_file_is_what_the_script_makes(name: str) -> None:
    assert (SAMPLES / name).read_bytes() == SCRIPT.FILES[name]()


def test_every_row_of_the_spring_sale_is_a_message_or_stands_under_its_reason(spring: Plan) -> None:
    summary = spring.summary
    assert (summary.rows, summary.messages, summary.blank) == (1241, 1158, 4)
    assert sum(_counts(spring).values()) == 83


def test_the_spring_sale_has_every_reason_a_file_can_produce(spring: Plan) -> None:
    assert set(_counts(spring)) == set(Reason) - OF_THE_TEXT - NOT_HERE


def test_the_spring_sale_goes_to_all_the_countries_it_names(spring: Plan) -> None:
    assert {one.country: one.messages for one in spring.summary.countries} == SCRIPT.SENDABLE


def test_the_spring_sale_is_one_text_of_one_part_with_its_stop_clause(spring: Plan) -> None:
    assert spring.campaign.settings.purpose is Purpose.MARKETING
    assert (spring.summary.texts, spring.summary.chunks) == (1, 3)
    text = _messages(spring)[0].text
    assert "{" not in (spring.campaign.settings.message or "")
    assert (text.encoding, text.parts) == (Encoding.GSM7, 1)
    assert text == measure(text.body, stop=True)


@pytest.mark.parametrize(
    ("reason", "number", "country_cell"),
    [(reason, *pair) for reason, pairs in SCRIPT.BAD_NUMBERS.items() for pair in pairs],
)
def test_each_bad_number_is_bad_for_the_reason_it_is_there_for(
    reason: str, number: str, country_cell: str
) -> None:
    region = country(country_cell)
    if country_cell and region is None:
        assert reason == Reason.COUNTRY_UNKNOWN
        return
    found = normalise_slowly(number, region or "FR")
    assert isinstance(found, NotANumber)
    assert found.reason == reason


def test_the_spring_sale_has_the_spellings_of_real_files() -> None:
    with (SAMPLES / "spring_sale.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if len(row) == 6]
    cells = [row[2] for row in rows]
    for mark in ("\u00a0", "\u202f", "\u200e", ".", "-", "/", "(0)", "tel:", "'0", "+33", "0033"):
        assert any(mark in cell for cell in cells), mark
    assert any(cell.startswith("799") and len(cell) == 9 for cell in cells), "a lost leading zero"
    assert {row[3] for row in rows} >= {"FR", "fr", "UK", "PL", ""}
    assert any("\n" in row[5] for row in rows)
    assert any(";" in row[5] for row in rows)


@pytest.mark.parametrize("name", SCRIPT.FILES)
def test_every_number_that_would_be_sent_to_is_of_a_block_held_by_nobody(name: str, tmp_path: Path) -> None:
    blocks = {
        place: (code, range(first, first + size))
        for place, (code, _, first, size, _) in SCRIPT.BLOCKS.items()
    }
    with _planned(name, tmp_path) as plan:
        messages = _messages(plan)
    for message in messages:
        code, numbers = blocks[message.recipient.country]
        assert message.recipient.msisdn.startswith(f"+{code}")
        assert int(message.recipient.msisdn.removeprefix(f"+{code}")) in numbers


@pytest.mark.parametrize("name", SCRIPT.FILES)
def test_the_sandbox_knows_the_sender(name: str) -> None:
    assert Campaign.load(SAMPLES / name, options={}).settings.sender in Sandbox().senders


def test_the_appointments_are_personal_and_in_both_encodings(appointments: Plan) -> None:
    summary = appointments.summary
    assert appointments.campaign.settings.purpose is Purpose.TRANSACTIONAL
    assert summary.texts == summary.messages == 56
    assert summary.gsm7 >= 10
    assert summary.ucs2 >= 10
    assert any("é" in one.text.body for one in _messages(appointments) if one.text.encoding is Encoding.GSM7)
    assert any(letter in one.text.body for one in _messages(appointments) for letter in "łśż")


def test_the_appointments_have_one_text_of_several_parts_in_gsm7(appointments: Plan) -> None:
    parts = Counter(one.text.parts for one in _messages(appointments) if one.text.encoding is Encoding.GSM7)
    assert parts[3] == 1


def test_two_appointments_on_one_phone_are_two_messages(appointments: Plan) -> None:
    numbers = Counter(one.recipient.msisdn for one in _messages(appointments))
    assert numbers["+33799009003"] == 2


def test_an_empty_place_has_a_default_and_an_empty_hour_rejects_its_row(appointments: Plan) -> None:
    assert sum("au cabinet habituel" in one.text.body for one in _messages(appointments)) == 1
    assert _counts(appointments) == {
        Reason.KEY_MISSING: 2,
        Reason.NUMBER_LANDLINE: 1,
        Reason.NUMBER_MISSING: 1,
        Reason.DUPLICATE: 1,
    }
