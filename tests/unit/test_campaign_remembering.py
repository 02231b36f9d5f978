"""Results that tell of people whom the journal knows nothing of."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smscampaign.campaign import remembering
from smscampaign.campaign.remembering import Memory, Remembered, remembered
from smscampaign.errors import FileProblem
from smscampaign.results import COLUMNS

THEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SINCE = datetime(2026, 2, 1, tzinfo=UTC)

# Of a range that Germany's regulator keeps for films.
FIRST = 4917139200000


def memory(*planned, known=(), elsewhere=None, since=SINCE):
    return Memory(lambda numbers: set(numbers) & {FIRST + n for n in planned}, known, elsewhere or {}, since)


def row(n, status="accepted", tag="lost-1", at="2026-03-02T09:00:00Z"):
    cells = dict.fromkeys(COLUMNS, "") | {
        "sms_row": str(n + 2),
        "sms_number": f"+{FIRST + n}",
        "sms_status": status,
        "sms_tag": tag,
        "sms_sent_at": at,
    }
    return [f"Name {n}, junior", *cells.values()]


@pytest.fixture
def results(tmp_path):
    path = tmp_path / "spring.results.csv"

    def write(*rows, delimiter=",", encoding="utf-8", head=("name", *COLUMNS)):
        lines = (
            delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in one)
            for one in (head, *rows)
        )
        path.write_text("".join(f"{line}\r\n" for line in lines), encoding, newline="")
        return path

    return write


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_it_tells_how_many_of_these_people_had_it_and_when_last(results, delimiter, encoding):
    path = results(
        row(0),
        row(1, at="2026-03-02T09:30:00Z"),
        row(2),
        delimiter=delimiter,
        encoding=encoding,
        head=("prénom", *COLUMNS),
    )
    last = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert remembered(path, memory(0, 1)) == Remembered("spring.results.csv", 2, last, None)


@pytest.mark.parametrize("portion", [1, 2, 500])
def test_it_is_read_in_portions(results, monkeypatch, portion):
    monkeypatch.setattr(remembering, "PORTION", portion)
    found = remembered(results(*map(row, range(5))), memory(*range(4)))
    assert found.people == 4


@pytest.mark.parametrize("status", ["rejected", "suppressed", "pending", "refused", "cancelled"])
def test_who_certainly_had_nothing_does_not_count(results, status):
    assert remembered(results(row(0, status)), memory(0)) is None


def test_who_may_have_had_it_counts(results):
    assert remembered(results(row(0, "in-doubt")), memory(0)).people == 1


def test_what_the_journal_knows_needs_no_results(results):
    assert remembered(results(row(0, tag="mine-1a")), memory(0, known={"mine"})) is None
    assert remembered(results(row(0, tag="mine-1a")), memory(0, known={"min"})).people == 1


def test_the_journal_that_knows_is_named_if_it_is_one(results):
    path = results(row(0, tag="a-1"), row(1, tag="b-1"))
    assert remembered(path, memory(0, elsewhere={"a": "other.sqlite"})).journal == "other.sqlite"
    assert remembered(path, memory(0, 1, elsewhere={"a": "other.sqlite"})).journal is None


def test_what_was_sent_long_ago_does_not_count_and_what_nobody_can_date_does(results):
    assert remembered(results(row(0)), memory(0, since=datetime(2026, 3, 3, tzinfo=UTC))) is None
    assert remembered(results(row(0, at="02/03/2026")), memory(0)) == Remembered(
        "spring.results.csv", 1, None, None
    )


def test_a_number_that_a_spreadsheet_spoiled_may_be_anybodys(results):
    spoiled = row(7)
    spoiled[2] = "4,91714E+12"
    assert remembered(results(spoiled), memory(0)).people == 1


def test_other_people_other_files_and_no_file_are_nobody(results, tmp_path):
    assert remembered(results(row(0)), memory(1)) is None
    assert remembered(results(["Anna", "accepted"], head=("name", "sms_status")), memory(0)) is None
    assert remembered(tmp_path / "nowhere.csv", memory(0)) is None


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(FileProblem, match="cannot be read"):
        remembered(tmp_path, memory(0))


def test_our_columns_are_the_last_of_their_name(results):
    one = ["refused", *row(0)]
    assert remembered(results(one, head=("sms_status", "name", *COLUMNS)), memory(0)).people == 1
