"""Results that tell of people whom no journal knows of."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smscampaign.campaign.old_results import tells_of_people, unexplained
from smscampaign.errors import FileProblem
from smscampaign.results import COLUMNS

SINCE = datetime(2026, 2, 1, tzinfo=UTC)

# Of a range that Germany's regulator keeps for films.
FIRST = 4917139200000


def asked(path, *, known=(), since=SINCE):
    return unexplained(path, known=known, since=since)


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
def test_who_was_sent_to_by_a_campaign_that_nobody_knows_is_found(results, delimiter, encoding):
    path = results(row(0), row(1), delimiter=delimiter, encoding=encoding, head=("prénom", *COLUMNS))
    assert asked(path)
    assert tells_of_people(path)


@pytest.mark.parametrize("status", ["rejected", "suppressed", "pending", "refused", "cancelled"])
def test_who_certainly_had_nothing_does_not_count(results, status):
    path = results(row(0, status))
    assert not asked(path)
    assert not tells_of_people(path)


@pytest.mark.parametrize("status", ["in-doubt", "running"])
def test_who_may_have_had_it_counts(results, status):
    assert asked(results(row(0, status)))


def test_what_a_journal_knows_needs_no_results(results):
    path = results(row(0, tag="mine-1a"))
    assert not asked(path, known={"mine"})
    assert asked(path, known={"min"})
    assert asked(results(row(0, tag="mine-1a"), row(1, tag="lost-1a")), known={"mine"})


def test_what_was_sent_long_ago_does_not_count_and_what_nobody_can_date_does(results):
    later = datetime(2026, 3, 3, tzinfo=UTC)
    assert not asked(results(row(0)), since=later)
    assert asked(results(row(0, at="02/03/2026")), since=later)


def test_other_files_and_no_file_tell_of_nobody(results, tmp_path):
    assert not asked(results(["Anna", "accepted"], head=("name", "sms_status")))
    assert not asked(tmp_path / "nowhere.csv")


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(FileProblem, match="cannot be read"):
        asked(tmp_path)


def test_our_columns_are_the_last_of_their_name(results):
    one = ["refused", *row(0)]
    assert asked(results(one, head=("sms_status", "name", *COLUMNS)))
